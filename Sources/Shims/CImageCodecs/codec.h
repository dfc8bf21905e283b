// What the codec files share: how an error is written down, how a transparent sample is laid over a background, and how
// a row of samples is converted to sRGB.

#ifndef FOVEA_CODEC_H
#define FOVEA_CODEC_H

#include "include/fovea_codecs.h"

// Writes status and text, cut to fit, and returns the status.
fovea_codec_status fovea_codec_fail(fovea_codec_error *error, fovea_codec_status status, const char *text);

// No error yet.
static inline void fovea_codec_begin(fovea_codec_error *error) {
    error->status = FOVEA_CODEC_OK;
    error->text[0] = 0;
}

// The sample `over` with opacity `alpha` on `under`, rounded as Pillow's paste does: (over a + under (255 - a)) / 255.
static inline uint8_t fovea_codec_blend(unsigned over, unsigned alpha, unsigned under) {
    unsigned sum = over * alpha + under * (255 - alpha) + 128;
    return (uint8_t)((sum + (sum >> 8)) >> 8);
}

// Lays `count` pixels of `in` (in_channels 2: gray + alpha, 4: RGB + alpha) over the background.
void fovea_codec_composite(const uint8_t *in, int in_channels, size_t count, int channels, const uint8_t *background,
                           uint8_t *out);

// Fills `count` pixels with the background.
void fovea_codec_fill(uint8_t *pixels, size_t count, int channels, const uint8_t *background);

// One profile's conversion to sRGB.
typedef struct fovea_conversion fovea_conversion;

// What samples a conversion takes.
typedef enum {
    FOVEA_SAMPLES_GRAY = 1,  // gray to gray
    FOVEA_SAMPLES_RGB = 3,
    FOVEA_SAMPLES_INKS = 4,  // four inverted inks, as JPEG files hold them, to RGB
} fovea_samples;

// The conversion for a profile; NULL if `colours` is NULL, if the profile is unreadable or of other samples (it is then
// passed over, as every viewer does), or if it is sRGB already to within one step. Lives as long as `colours`, or until
// this is called again.
const fovea_conversion *fovea_colours_find(fovea_colours *colours, const uint8_t *profile, size_t count,
                                           fovea_samples samples);

// Converts `count` pixels, of `step` samples each (more than the conversion's own: alpha, left alone). May be in place,
// except for inks, which become `out` of three samples. NULL converts nothing.
void fovea_colours_convert(const fovea_conversion *conversion, const uint8_t *in, uint8_t *out, size_t count, int step);

#endif
