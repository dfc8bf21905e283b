// Samples in, the bytes of a PNG file out: for pictures that people look at. Stands below FoveaPictures, as decoding does.

#ifndef FOVEA_ENCODE_H
#define FOVEA_ENCODE_H

#include <stddef.h>
#include <stdint.h>

// Encodes (height, width, channels) samples; channels is 1 or 3. Returns memory that the caller frees, and its size; or
// NULL with a reason in `text` (of 64 bytes).
uint8_t *fovea_png_encode(const uint8_t *pixels, int64_t width, int64_t height, int32_t channels, size_t *count,
                          char *text);

#endif
