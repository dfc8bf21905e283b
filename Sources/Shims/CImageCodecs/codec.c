// What the codec files share. See codec.h.

#include "codec.h"

#include <stdio.h>
#include <string.h>

#include <gif_lib.h>
#include <jpeglib.h>
#include <lcms2.h>
#include <png.h>
#include <tiffio.h>
#include <webp/decode.h>

fovea_codec_status fovea_codec_fail(fovea_codec_error *error, fovea_codec_status status, const char *text) {
    error->status = status;
    size_t length = strlen(text);
    if (length >= sizeof error->text) length = sizeof error->text - 1;
    memcpy(error->text, text, length);
    error->text[length] = 0;
    return status;
}

void fovea_codec_composite(const uint8_t *in, int in_channels, size_t count, int channels, const uint8_t *background,
                           uint8_t *out) {
    for (size_t i = 0; i < count; i++) {
        unsigned alpha = in[in_channels - 1];
        for (int c = 0; c < channels; c++) {
            out[c] = fovea_codec_blend(in[in_channels == 2 ? 0 : c], alpha, background[c]);
        }
        in += in_channels;
        out += channels;
    }
}

void fovea_codec_fill(uint8_t *pixels, size_t count, int channels, const uint8_t *background) {
    for (size_t i = 0; i < count; i++) memcpy(pixels + i * (size_t)channels, background, (size_t)channels);
}

#define FOVEA_TEXT(x) #x
#define FOVEA_VALUE(x) FOVEA_TEXT(x)

const char *fovea_codec_versions(void) {
    static _Thread_local char text[250];
    int webp = WebPGetDecoderVersion();
    int colours = cmsGetEncodedCMMversion();
#ifdef LIBJPEG_TURBO_VERSION
    const char *jpeg = "libjpeg-turbo " FOVEA_VALUE(LIBJPEG_TURBO_VERSION);
#else
    const char *jpeg = "libjpeg " FOVEA_VALUE(JPEG_LIB_VERSION);
#endif
    // TIFFGetVersion is "LIBTIFF, Version 4.5.0" and a copyright on further lines.
    const char *tiff = strstr(TIFFGetVersion(), "Version ");
    int tiff_length = tiff ? (int)strcspn(tiff + 8, "\n") : 0;
    snprintf(text, sizeof text,
             "%s, libpng %s, libwebp %d.%d.%d, giflib %d.%d.%d, libtiff %.*s, lcms2 %d.%d", jpeg,
             png_get_libpng_ver(NULL), webp >> 16, webp >> 8 & 255, webp & 255, GIFLIB_MAJOR, GIFLIB_MINOR,
             GIFLIB_RELEASE, tiff_length, tiff ? tiff + 8 : "", colours / 1000, colours % 1000 / 10);
    return text;
}
