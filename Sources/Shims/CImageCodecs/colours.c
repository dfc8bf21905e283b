// From a picture's own colours to sRGB, by Little CMS: perceptual intent, 8 bits in and out, as Pillow's ImageCms. Keeps
// the conversions of the last few profiles, since making one takes a millisecond and pictures of a camera share theirs.

#include "codec.h"

#include <stdlib.h>
#include <string.h>

#include <lcms2.h>

enum { KEPT = 4, LARGEST_PROFILE = 1 << 24 };

struct fovea_conversion {
    uint8_t *profile;  // the bytes it was made from; NULL: an empty place
    size_t count;
    fovea_samples samples;
    int idle;  // the profile is of no use here, or is sRGB
    cmsHTRANSFORM opaque, with_alpha;
    uint8_t grays[256];
};

struct fovea_colours {
    cmsContext context;
    cmsHPROFILE srgb;
    fovea_conversion kept[KEPT];
    unsigned next;
};

static void forget(fovea_conversion *conversion) {
    free(conversion->profile);
    if (conversion->opaque) cmsDeleteTransform(conversion->opaque);
    if (conversion->with_alpha) cmsDeleteTransform(conversion->with_alpha);
    memset(conversion, 0, sizeof *conversion);
}

fovea_colours *fovea_colours_open(void) {
    fovea_colours *colours = calloc(1, sizeof *colours);
    if (!colours) return NULL;
    colours->context = cmsCreateContext(NULL, NULL);
    if (colours->context) colours->srgb = cmsCreate_sRGBProfileTHR(colours->context);
    if (colours->srgb) return colours;
    fovea_colours_close(colours);
    return NULL;
}

void fovea_colours_close(fovea_colours *colours) {
    if (!colours) return;
    for (int i = 0; i < KEPT; i++) forget(&colours->kept[i]);
    if (colours->srgb) cmsCloseProfile(colours->srgb);
    if (colours->context) cmsDeleteContext(colours->context);
    free(colours);
}

// Whether a conversion moves no colour of a coarse grid by more than one step: then the picture is sRGB already, and
// converting would only round it.
static int changes_nothing(cmsHTRANSFORM transform) {
    enum { SIDE = 9, STEP = 255 / (SIDE - 1) };
    uint8_t in[SIDE * SIDE * SIDE * 3], out[SIDE * SIDE * SIDE * 3];
    for (int i = 0; i < SIDE * SIDE * SIDE; i++) {
        in[3 * i] = (uint8_t)(i / (SIDE * SIDE) * STEP);
        in[3 * i + 1] = (uint8_t)(i / SIDE % SIDE * STEP);
        in[3 * i + 2] = (uint8_t)(i % SIDE * STEP);
    }
    cmsDoTransform(transform, in, out, SIDE * SIDE * SIDE);
    for (size_t i = 0; i < sizeof in; i++) {
        if (abs(in[i] - out[i]) > 1) return 0;
    }
    return 1;
}

static cmsHTRANSFORM transform_from(fovea_colours *colours, cmsHPROFILE profile, cmsUInt32Number in,
                                    cmsUInt32Number out) {
    return cmsCreateTransformTHR(colours->context, profile, in, colours->srgb, out, INTENT_PERCEPTUAL, 0);
}

// A gray profile's conversion is a table; it is made from the green of what each gray becomes.
static int make_grays(fovea_colours *colours, fovea_conversion *conversion, cmsHPROFILE profile) {
    cmsHTRANSFORM transform = transform_from(colours, profile, TYPE_GRAY_8, TYPE_RGB_8);
    if (!transform) return 0;
    uint8_t in[256], out[256 * 3];
    for (int i = 0; i < 256; i++) in[i] = (uint8_t)i;
    cmsDoTransform(transform, in, out, 256);
    for (int i = 0; i < 256; i++) conversion->grays[i] = out[3 * i + 1];
    cmsDeleteTransform(transform);
    return 1;
}

static int make(fovea_colours *colours, fovea_conversion *conversion, cmsHPROFILE profile) {
    cmsColorSpaceSignature space = cmsGetColorSpace(profile);
    switch (conversion->samples) {
        case FOVEA_SAMPLES_GRAY: return space == cmsSigGrayData && make_grays(colours, conversion, profile);
        case FOVEA_SAMPLES_INKS:
            if (space != cmsSigCmykData) return 0;
            conversion->opaque = transform_from(colours, profile, TYPE_CMYK_8_REV, TYPE_RGB_8);
            return conversion->opaque != NULL;
        case FOVEA_SAMPLES_RGB:
            if (space != cmsSigRgbData) return 0;
            conversion->opaque = transform_from(colours, profile, TYPE_RGB_8, TYPE_RGB_8);
            if (!conversion->opaque || changes_nothing(conversion->opaque)) return 0;
            conversion->with_alpha = transform_from(colours, profile, TYPE_RGBA_8, TYPE_RGBA_8);
            return conversion->with_alpha != NULL;
    }
    return 0;
}

const fovea_conversion *fovea_colours_find(fovea_colours *colours, const uint8_t *bytes, size_t count,
                                           fovea_samples samples) {
    if (!colours || !bytes || count == 0 || count > LARGEST_PROFILE) return NULL;
    for (int i = 0; i < KEPT; i++) {
        fovea_conversion *kept = &colours->kept[i];
        if (kept->profile && kept->count == count && kept->samples == samples && memcmp(kept->profile, bytes, count) == 0) {
            return kept->idle ? NULL : kept;
        }
    }
    fovea_conversion *conversion = &colours->kept[colours->next++ % KEPT];
    forget(conversion);
    conversion->profile = malloc(count);
    if (!conversion->profile) return NULL;
    memcpy(conversion->profile, bytes, count);
    conversion->count = count;
    conversion->samples = samples;
    cmsHPROFILE profile = cmsOpenProfileFromMemTHR(colours->context, bytes, (cmsUInt32Number)count);
    conversion->idle = !profile || !make(colours, conversion, profile);
    if (profile) cmsCloseProfile(profile);
    return conversion->idle ? NULL : conversion;
}

void fovea_colours_convert(const fovea_conversion *conversion, const uint8_t *in, uint8_t *out, size_t count,
                           int step) {
    if (!conversion) return;
    if (conversion->samples == FOVEA_SAMPLES_GRAY) {
        for (size_t i = 0; i < count; i++) out[i * (size_t)step] = conversion->grays[in[i * (size_t)step]];
        return;
    }
    int has_alpha = conversion->samples == FOVEA_SAMPLES_RGB && step == 4;
    cmsHTRANSFORM transform = has_alpha ? conversion->with_alpha : conversion->opaque;
    enum { AT_A_TIME = 1 << 20 };  // the library counts in 32 bits
    size_t width = conversion->samples == FOVEA_SAMPLES_INKS ? 4 : (size_t)step;
    size_t out_width = conversion->samples == FOVEA_SAMPLES_INKS ? 3 : (size_t)step;
    for (size_t done = 0; done < count; done += AT_A_TIME) {
        size_t part = count - done < AT_A_TIME ? count - done : AT_A_TIME;
        cmsDoTransform(transform, in + done * width, out + done * out_width, (cmsUInt32Number)part);
    }
}
