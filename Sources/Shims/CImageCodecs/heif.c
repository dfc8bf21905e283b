// HEIC and AVIF by libheif, which is opened at first use: most pictures are of other formats, and the library brings video
// decoders with it. Where it is missing the file is refused with a status of its own. The primary picture, turned as the
// container says; EXIF's orientation does not count here (ISO/IEC 23008-12).

#include "codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(<libheif/heif.h>)

#include <dlfcn.h>
#include <pthread.h>

#include <libheif/heif.h>

// The functions of the library that are used, by their own names.
#define FOVEA_HEIF_FUNCTIONS(each)                                                                                   \
    each(context_alloc) each(context_free) each(context_read_from_memory_without_copy)                               \
    each(context_get_primary_image_handle) each(image_handle_release) each(image_handle_get_width)                   \
    each(image_handle_get_height) each(image_handle_has_alpha_channel) each(image_handle_get_luma_bits_per_pixel)    \
    each(image_handle_get_raw_color_profile_size) each(image_handle_get_raw_color_profile)                           \
    each(decode_image) each(decoding_options_alloc)                        \
    each(decoding_options_free) each(image_get_plane_readonly) each(image_get_width) each(image_get_height)          \
    each(image_release)

#define FOVEA_DECLARE(name) __typeof__(&heif_##name) name;
static struct {
    FOVEA_HEIF_FUNCTIONS(FOVEA_DECLARE)
    int is_there;
} heif;

static void open_library(void) {
    static const char *const names[] = {
#ifdef __APPLE__
        "libheif.1.dylib", "/opt/homebrew/lib/libheif.1.dylib", "/usr/local/lib/libheif.1.dylib",
#else
        "libheif.so.1",
#endif
    };
    // A library in another place can be named; an empty name means to do without.
    const char *named = getenv("FOVEA_LIBHEIF");
    void *library = named && named[0] ? dlopen(named, RTLD_NOW | RTLD_LOCAL) : NULL;
    if (named && !library) return;
    for (size_t i = 0; !library && i < sizeof names / sizeof *names; i++) {
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    }
    if (!library) return;
    heif.is_there = 1;
#define FOVEA_FIND(name)                                             \
    {                                                                \
        void *found = dlsym(library, "heif_" #name);                 \
        memcpy(&heif.name, &found, sizeof found);                    \
        if (!found) heif.is_there = 0;                               \
    }
    FOVEA_HEIF_FUNCTIONS(FOVEA_FIND)
}

// Whether the library could be opened. Tried once, for all threads.
static int is_there(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_library);
    return heif.is_there;
}

static fovea_codec_status no_library(fovea_codec_error *error) {
    return fovea_codec_fail(error, FOVEA_CODEC_NO_LIBRARY, "libheif");
}

static fovea_codec_status fail(fovea_codec_error *error, struct heif_error problem) {
    fovea_codec_status status = FOVEA_CODEC_DAMAGED;
    switch (problem.code) {
        case heif_error_Unsupported_filetype:
        case heif_error_Unsupported_feature: status = FOVEA_CODEC_UNSUPPORTED; break;
        case heif_error_Memory_allocation_error: status = FOVEA_CODEC_NO_MEMORY; break;
        default: break;
    }
    if (problem.subcode == heif_suberror_End_of_data) status = FOVEA_CODEC_TRUNCATED;
    return fovea_codec_fail(error, status, problem.message ? problem.message : "libheif does not say what");
}

// Finds the primary picture and what it says of itself. Both must be freed, also after an error.
static fovea_codec_status open_file(const uint8_t *bytes, size_t count, struct heif_context **context,
                                    struct heif_image_handle **handle, fovea_codec_header *header,
                                    fovea_codec_error *error) {
    fovea_codec_begin(error);
    *context = NULL;
    *handle = NULL;
    if (!is_there()) return no_library(error);
    *context = heif.context_alloc();
    if (!*context) return fovea_codec_fail(error, FOVEA_CODEC_NO_MEMORY, "out of memory");
    struct heif_error problem = heif.context_read_from_memory_without_copy(*context, bytes, count, NULL);
    if (problem.code == heif_error_Ok) problem = heif.context_get_primary_image_handle(*context, handle);
    if (problem.code != heif_error_Ok) return fail(error, problem);
    header->width = heif.image_handle_get_width(*handle);
    header->height = heif.image_handle_get_height(*handle);
    header->channels = 3;
    header->alpha = heif.image_handle_has_alpha_channel(*handle) != 0;
    header->depth = heif.image_handle_get_luma_bits_per_pixel(*handle);
    return FOVEA_CODEC_OK;
}

static void close_file(struct heif_context *context, struct heif_image_handle *handle) {
    if (handle) heif.image_handle_release(handle);
    if (context) heif.context_free(context);
}

fovea_codec_status fovea_heif_header(const uint8_t *bytes, size_t count, fovea_codec_header *header,
                                     fovea_codec_error *error) {
    struct heif_context *context;
    struct heif_image_handle *handle;
    open_file(bytes, count, &context, &handle, header, error);
    close_file(context, handle);
    return error->status;
}

static const fovea_conversion *conversion_of(struct heif_image_handle *handle, fovea_colours *colours) {
    size_t length = colours ? heif.image_handle_get_raw_color_profile_size(handle) : 0;
    uint8_t *profile = length ? malloc(length) : NULL;
    const fovea_conversion *conversion = NULL;
    if (profile && heif.image_handle_get_raw_color_profile(handle, profile).code == heif_error_Ok) {
        conversion = fovea_colours_find(colours, profile, length, FOVEA_SAMPLES_RGB);
    }
    free(profile);
    return conversion;
}

// Decodes to interleaved samples. The image must be freed, also after an error.
static struct heif_error decode_image(struct heif_image_handle *handle, int alpha, struct heif_image **image) {
    struct heif_decoding_options *options = heif.decoding_options_alloc();
    if (options) options->convert_hdr_to_8bit = 1;
    enum heif_chroma chroma = alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB;
    struct heif_error problem = heif.decode_image(handle, image, heif_colorspace_RGB, chroma, options);
    if (options) heif.decoding_options_free(options);
    return problem;
}

fovea_codec_status fovea_heif_decode(const uint8_t *bytes, size_t count, const fovea_codec_header *header,
                                     const fovea_codec_request *request, uint8_t *pixels, fovea_codec_error *error) {
    struct heif_context *context;
    struct heif_image_handle *handle;
    struct heif_image *image = NULL;
    fovea_codec_header found;
    if (open_file(bytes, count, &context, &handle, &found, error) == FOVEA_CODEC_OK) {
        struct heif_error problem = decode_image(handle, found.alpha, &image);
        int stride = 0;
        const uint8_t *plane = NULL;
        if (problem.code != heif_error_Ok) {
            fail(error, problem);
        } else {
            plane = heif.image_get_plane_readonly(image, heif_channel_interleaved, &stride);
        }
        if (error->status == FOVEA_CODEC_OK
            && (!plane || found.width != header->width || found.height != header->height || request->channels != 3
                || found.alpha != header->alpha || heif.image_get_width(image, heif_channel_interleaved) != found.width
                || heif.image_get_height(image, heif_channel_interleaved) != found.height)) {
            fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "the size is not what the header says");
        }
        const fovea_conversion *conversion = error->status ? NULL : conversion_of(handle, request->colours);
        size_t width = (size_t)found.width, samples = found.alpha ? 4 : 3;
        uint8_t *row = error->status ? NULL : malloc(width * samples);
        if (!error->status && !row) fovea_codec_fail(error, FOVEA_CODEC_NO_MEMORY, "out of memory");
        for (int64_t y = 0; row && y < found.height; y++) {
            uint8_t *out = pixels + (size_t)y * width * 3;
            memcpy(row, plane + (size_t)y * (size_t)stride, width * samples);
            fovea_colours_convert(conversion, row, row, width, (int)samples);
            if (samples == 4) {
                fovea_codec_composite(row, 4, width, 3, request->background, out);
            } else {
                memcpy(out, row, width * 3);
            }
        }
        free(row);
        if (image) heif.image_release(image);
    }
    close_file(context, handle);
    return error->status;
}

#else

fovea_codec_status fovea_heif_header(const uint8_t *bytes, size_t count, fovea_codec_header *header,
                                     fovea_codec_error *error) {
    (void)bytes, (void)count, (void)header;
    return fovea_codec_fail(error, FOVEA_CODEC_NO_LIBRARY, "libheif");
}

fovea_codec_status fovea_heif_decode(const uint8_t *bytes, size_t count, const fovea_codec_header *header,
                                     const fovea_codec_request *request, uint8_t *pixels, fovea_codec_error *error) {
    (void)request, (void)pixels;
    return fovea_heif_header(bytes, count, (fovea_codec_header *)header, error);
}

#endif
