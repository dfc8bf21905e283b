// What the codec files share. See codec.h.

#include "codec.h"

#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>
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

#define FOVEA_TEXT(x) #x
#define FOVEA_VALUE(x) FOVEA_TEXT(x)

const char *fovea_codec_versions(void) {
    static _Thread_local char text[120];
    int webp = WebPGetDecoderVersion();
#ifdef LIBJPEG_TURBO_VERSION
    const char *jpeg = "libjpeg-turbo " FOVEA_VALUE(LIBJPEG_TURBO_VERSION);
#else
    const char *jpeg = "libjpeg " FOVEA_VALUE(JPEG_LIB_VERSION);
#endif
    snprintf(text, sizeof text, "%s, libpng %s, libwebp %d.%d.%d", jpeg, png_get_libpng_ver(NULL), webp >> 16,
             webp >> 8 & 255, webp & 255);
    return text;
}
