// JPEG, PNG and WebP behind plain C functions: bytes in, 8-bit interleaved samples out, errors as status and text.
// Stands below FoveaPictures, which alone may call it. Knows nothing of limits, orientation or resizing.

#ifndef FOVEA_CODECS_H
#define FOVEA_CODECS_H

#include <stddef.h>
#include <stdint.h>

#include "fovea_encode.h"

typedef enum {
    FOVEA_CODEC_OK = 0,
    FOVEA_CODEC_DAMAGED = 1,      // the bytes break the rules of their format
    FOVEA_CODEC_TRUNCATED = 2,    // the bytes end too early
    FOVEA_CODEC_UNSUPPORTED = 3,  // a legal variant that is not read
    FOVEA_CODEC_NO_MEMORY = 4,
} fovea_codec_status;

// What went wrong; `text` is filled unless the status is FOVEA_CODEC_OK.
typedef struct {
    fovea_codec_status status;
    char text[200];
} fovea_codec_error;

// What a file says of itself before its pixels are touched.
typedef struct {
    int64_t width;   // columns as stored, before any turning
    int64_t height;  // rows as stored
    int32_t channels;  // 1 gray, 3 colour
    int32_t alpha;     // 1 if some pixel may be transparent
    int32_t depth;     // bits a sample in the file
} fovea_codec_header;

// Each fills `header` from `count` bytes. The bytes belong to the caller and are not kept.
fovea_codec_status fovea_jpeg_header(const uint8_t *bytes, size_t count, fovea_codec_header *header,
                                     fovea_codec_error *error);
fovea_codec_status fovea_png_header(const uint8_t *bytes, size_t count, fovea_codec_header *header,
                                    fovea_codec_error *error);
fovea_codec_status fovea_webp_header(const uint8_t *bytes, size_t count, fovea_codec_header *header,
                                     fovea_codec_error *error);

// Each writes (height, width, channels) samples to `pixels`, where `channels` is 1 (only for gray files) or 3, and
// transparent pixels are laid over `background` (of `channels` values). `header` must come from the same bytes.
fovea_codec_status fovea_jpeg_decode(const uint8_t *bytes, size_t count, const fovea_codec_header *header,
                                     int32_t channels, const uint8_t *background, uint8_t *pixels,
                                     fovea_codec_error *error);
fovea_codec_status fovea_png_decode(const uint8_t *bytes, size_t count, const fovea_codec_header *header,
                                    int32_t channels, const uint8_t *background, uint8_t *pixels,
                                    fovea_codec_error *error);
fovea_codec_status fovea_webp_decode(const uint8_t *bytes, size_t count, const fovea_codec_header *header,
                                     int32_t channels, const uint8_t *background, uint8_t *pixels,
                                     fovea_codec_error *error);

// The version of each library in use, as "libjpeg-turbo 2.1.5, libpng 1.6.39, libwebp 1.2.4".
const char *fovea_codec_versions(void);

#endif
