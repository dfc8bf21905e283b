// Picture files behind plain C functions: bytes in, 8-bit interleaved samples out, errors as status and text.
// Stands below FoveaPictures, which alone may call it. Knows nothing of limits, orientation or resizing.

#ifndef FOVEA_CODECS_H
#define FOVEA_CODECS_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
    FOVEA_CODEC_OK = 0,
    FOVEA_CODEC_DAMAGED = 1,      // the bytes break the rules of their format
    FOVEA_CODEC_TRUNCATED = 2,    // the bytes end too early
    FOVEA_CODEC_UNSUPPORTED = 3,  // a legal variant that is not read
    FOVEA_CODEC_NO_MEMORY = 4,
    FOVEA_CODEC_NO_LIBRARY = 5,   // the library that reads the format is not installed
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

// Conversions from the ICC profiles met so far to sRGB. Belongs to one thread at a time.
typedef struct fovea_colours fovea_colours;
fovea_colours *fovea_colours_open(void);  // NULL if there is no memory
void fovea_colours_close(fovea_colours *colours);

// What is wanted of the pixels.
typedef struct {
    int32_t channels;        // of the result: 1 (only for gray files) or 3
    uint8_t background[3];   // what transparent pixels are laid over, `channels` values
    int32_t denominator;     // the picture is made smaller by it while decoding: 1; for JPEG also 2, 4 and 8
    int64_t x, y;            // corner of the part that is wanted, in pixels of the picture so made smaller, which has
    int64_t width, height;   // ceil(width / denominator) columns. Only JPEG decodes less than everything.
    fovea_colours *colours;  // to convert by the embedded ICC profile; NULL leaves the samples as they are stored
} fovea_codec_request;

// Each format has two functions. `..._header` fills `header` from `count` bytes, which belong to the caller and are not
// kept. `..._decode` writes (request.height, request.width, channels) samples to `pixels`; `header` must come from the
// same bytes.
#define FOVEA_CODEC(format)                                                                                     \
    fovea_codec_status fovea_##format##_header(const uint8_t *bytes, size_t count, fovea_codec_header *header,  \
                                               fovea_codec_error *error);                                       \
    fovea_codec_status fovea_##format##_decode(const uint8_t *bytes, size_t count, const fovea_codec_header *header, \
                                               const fovea_codec_request *request, uint8_t *pixels,             \
                                               fovea_codec_error *error);

FOVEA_CODEC(jpeg)
FOVEA_CODEC(png)
FOVEA_CODEC(webp)
FOVEA_CODEC(gif)
FOVEA_CODEC(bmp)
FOVEA_CODEC(tiff)
FOVEA_CODEC(heif)  // HEIC and AVIF

// The version of each library in use, as "libjpeg-turbo 2.1.5, libpng 1.6.39, ...".
const char *fovea_codec_versions(void);

#endif
