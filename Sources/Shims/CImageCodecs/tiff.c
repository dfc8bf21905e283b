// TIFF by libtiff: the first page, of any of the layouts and compressions that the library turns into RGBA. 16-bit samples
// keep their high byte. Refused: samples of another meaning (floats, spectral bands), and the JPEG of TIFF 5, whose
// reading has always been guesswork.

#include "codec.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

#if TIFFLIB_VERSION >= 20221213
#define FOVEA_TIFF_OPTIONS 1
#endif

typedef struct {
    const uint8_t *bytes;
    size_t count;
    toff_t position;
    fovea_codec_error *error;
} tiff_input;

static tsize_t on_read(thandle_t handle, tdata_t out, tsize_t size) {
    tiff_input *input = handle;
    if (size <= 0 || input->position >= input->count) return 0;
    size_t left = input->count - (size_t)input->position;
    size_t given = (size_t)size < left ? (size_t)size : left;
    memcpy(out, input->bytes + input->position, given);
    input->position += given;
    return (tsize_t)given;
}

static tsize_t on_write(thandle_t handle, tdata_t in, tsize_t size) {
    (void)handle, (void)in, (void)size;
    return 0;
}

static toff_t on_seek(thandle_t handle, toff_t offset, int whence) {
    tiff_input *input = handle;
    input->position = whence == SEEK_SET ? offset : whence == SEEK_CUR ? input->position + offset : input->count + offset;
    return input->position;
}

static int on_close(thandle_t handle) {
    (void)handle;
    return 0;
}

static toff_t on_size(thandle_t handle) { return ((tiff_input *)handle)->count; }

static int on_map(thandle_t handle, tdata_t *base, toff_t *size) {
    tiff_input *input = handle;
    *base = (tdata_t)(uintptr_t)input->bytes;
    *size = input->count;
    return 1;
}

static void on_unmap(thandle_t handle, tdata_t base, toff_t size) { (void)handle, (void)base, (void)size; }

// The first thing that the library complains of is the cause of what follows.
#ifdef FOVEA_TIFF_OPTIONS
static int on_error(TIFF *tiff, void *data, const char *module, const char *format, va_list arguments) {
    (void)tiff, (void)module;
    fovea_codec_error *error = data;
    if (!error || error->text[0]) return 1;
    vsnprintf(error->text, sizeof error->text, format, arguments);
    if (!error->text[0]) snprintf(error->text, sizeof error->text, "libtiff does not say what");
    return 1;
}
static int on_warning(TIFF *tiff, void *data, const char *module, const char *format, va_list arguments) {
    (void)tiff, (void)data, (void)module, (void)format, (void)arguments;
    return 1;
}
#else
static void be_silent(void) {
    TIFFSetErrorHandler(NULL);
    TIFFSetWarningHandler(NULL);
}
#endif

// `limit` bounds each piece of memory that the library asks for on the file's word.
static TIFF *open_file(tiff_input *input, int64_t limit) {
    fovea_codec_begin(input->error);
#ifdef FOVEA_TIFF_OPTIONS
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options) return NULL;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)limit);
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, input->error);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, NULL);
    TIFF *tiff = TIFFClientOpenExt("picture", "r", input, on_read, on_write, on_seek, on_close, on_size, on_map,
                                   on_unmap, options);
    TIFFOpenOptionsFree(options);
    return tiff;
#else
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, be_silent);
    (void)limit;
    return TIFFClientOpen("picture", "r", input, on_read, on_write, on_seek, on_close, on_size, on_map, on_unmap);
#endif
}

// The library's complaint becomes our error. What names an end of the data is a file cut short.
static fovea_codec_status fail(fovea_codec_error *error, fovea_codec_status status) {
    static const char *const cut[] = {"Not enough data", "not enough data", "Read error", "Can not read", "Cannot read",
                                      "beyond end of file", "short", "EOF", "end of file", "Premature"};
    if (!error->text[0]) snprintf(error->text, sizeof error->text, "libtiff does not say what");
    for (size_t i = 0; status == FOVEA_CODEC_DAMAGED && i < sizeof cut / sizeof *cut; i++) {
        if (strstr(error->text, cut[i])) status = FOVEA_CODEC_TRUNCATED;
    }
    return error->status = status;
}

static fovea_codec_status read_header(TIFF *tiff, fovea_codec_header *header, fovea_codec_error *error) {
    uint32_t width = 0, height = 0;
    uint16_t bits = 1, photometric = PHOTOMETRIC_MINISBLACK, compression = COMPRESSION_NONE, samples = 1, extra = 0;
    uint16_t *kinds = NULL;
    char text[200] = "";
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extra, &kinds);
    int known = TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    header->width = width;
    header->height = height;
    int gray = photometric == PHOTOMETRIC_MINISBLACK || photometric == PHOTOMETRIC_MINISWHITE;
    header->channels = known && gray ? 1 : 3;
    // As the library has it: an extra sample that says nothing of itself is alpha where there are four or more.
    header->alpha = extra > 0 && kinds && (kinds[0] != EXTRASAMPLE_UNSPECIFIED || samples > 3);
    header->depth = bits;
    if (compression == COMPRESSION_OJPEG) {
        return fovea_codec_fail(error, FOVEA_CODEC_UNSUPPORTED, "JPEG as TIFF 5 had it");
    }
    fovea_codec_begin(error);
    if (!TIFFRGBAImageOK(tiff, text)) {
        return fovea_codec_fail(error, FOVEA_CODEC_UNSUPPORTED, text[0] ? text : "samples that are no colours");
    }
    return error->status;
}

enum { SMALLEST_LIMIT = 1 << 26 };

fovea_codec_status fovea_tiff_header(const uint8_t *bytes, size_t count, fovea_codec_header *header,
                                     fovea_codec_error *error) {
    tiff_input input = {bytes, count, 0, error};
    TIFF *tiff = open_file(&input, SMALLEST_LIMIT);
    if (!tiff) return fail(error, FOVEA_CODEC_DAMAGED);
    read_header(tiff, header, error);
    TIFFClose(tiff);
    return error->status;
}

// A row of the library's raster (0xAABBGGRR, colours multiplied by alpha) becomes a row of the result.
static void deliver(const uint32_t *raster, const fovea_codec_header *header, const fovea_codec_request *request,
                    const fovea_conversion *conversion, uint8_t *out) {
    size_t width = (size_t)header->width, channels = (size_t)request->channels;
    for (size_t x = 0; x < width; x++) {
        uint32_t pixel = raster[x];
        uint8_t colour[3] = {(uint8_t)TIFFGetR(pixel), (uint8_t)TIFFGetG(pixel), (uint8_t)TIFFGetB(pixel)};
        unsigned alpha = header->alpha ? TIFFGetA(pixel) : 255;
        if (alpha == 0) {
            memcpy(out + x * channels, request->background, channels);
            continue;
        }
        if (alpha < 255) {
            for (size_t c = 0; c < channels; c++) {
                unsigned own = (colour[c] * 255 + alpha / 2) / alpha;
                colour[c] = (uint8_t)(own > 255 ? 255 : own);
            }
            fovea_colours_convert(conversion, colour, colour, 1, (int)channels);
            for (size_t c = 0; c < channels; c++) {
                colour[c] = fovea_codec_blend(colour[c], alpha, request->background[c]);
            }
        } else if (header->alpha) {
            fovea_colours_convert(conversion, colour, colour, 1, (int)channels);
        }
        memcpy(out + x * channels, colour, channels);
    }
    if (!header->alpha) fovea_colours_convert(conversion, out, out, width, (int)channels);
}

static void read_pixels(TIFF *tiff, const fovea_codec_header *header, const fovea_codec_request *request,
                        uint8_t *pixels, fovea_codec_error *error) {
    TIFFRGBAImage image;
    char text[1024] = "";
    if (!TIFFRGBAImageBegin(&image, tiff, 1, text)) {
        fovea_codec_fail(error, FOVEA_CODEC_UNSUPPORTED, text[0] ? text : "samples that are no colours");
        return;
    }
    // Rows as they are stored; the caller turns pictures itself.
    image.req_orientation = image.orientation;
    for (uint32_t i = 0; image.Bitdepth16To8 && i < 65536; i++) image.Bitdepth16To8[i] = (uint8_t)(i >> 8);
    size_t width = (size_t)header->width, height = (size_t)header->height;
    uint32_t *raster = calloc(width * height, sizeof *raster);
    if (!raster) {
        fovea_codec_fail(error, FOVEA_CODEC_NO_MEMORY, "out of memory");
    } else if (!TIFFRGBAImageGet(&image, raster, image.width, image.height) || error->text[0]) {
        fail(error, FOVEA_CODEC_DAMAGED);
    } else {
        void *profile = NULL;
        uint32_t length = 0;
        const fovea_conversion *conversion = NULL;
        if (request->colours && TIFFGetField(tiff, TIFFTAG_ICCPROFILE, &length, &profile)) {
            conversion = fovea_colours_find(request->colours, profile, length, (fovea_samples)request->channels);
        }
        for (size_t y = 0; y < height; y++) {
            deliver(raster + y * width, header, request, conversion, pixels + y * width * (size_t)request->channels);
        }
    }
    free(raster);
    TIFFRGBAImageEnd(&image);
}

fovea_codec_status fovea_tiff_decode(const uint8_t *bytes, size_t count, const fovea_codec_header *header,
                                     const fovea_codec_request *request, uint8_t *pixels, fovea_codec_error *error) {
    tiff_input input = {bytes, count, 0, error};
    fovea_codec_header found;
    int64_t limit = header->width * header->height * 16;
    TIFF *tiff = open_file(&input, limit > SMALLEST_LIMIT ? limit : SMALLEST_LIMIT);
    if (!tiff) return fail(error, FOVEA_CODEC_DAMAGED);
    if (read_header(tiff, &found, error) == FOVEA_CODEC_OK) {
        if (found.width != header->width || found.height != header->height || found.channels != header->channels
            || request->channels < found.channels) {
            fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "the size is not what the header says");
        } else {
            read_pixels(tiff, header, request, pixels, error);
        }
    }
    TIFFClose(tiff);
    return error->status;
}
