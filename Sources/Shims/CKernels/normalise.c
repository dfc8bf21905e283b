// Table look-up from samples to floats, RGB to gray, turning. See include/normalise.h.

#include "include/normalise.h"

#include <string.h>

#include "clones.h"

FOVEA_BODY fovea_normalise_body(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width,
                                int32_t in_channels, int32_t out_channels, const float *tables, int32_t mirrored,
                                float *out, ptrdiff_t out_stride, ptrdiff_t out_plane) {
    for (int32_t c = 0; c < out_channels; c++) {
        const float *table = tables + c * 256;
        for (int64_t y = 0; y < height; y++) {
            const uint8_t *source = in + y * in_stride + (in_channels == 1 ? 0 : c);
            float *target = out + c * out_plane + y * out_stride;
            if (mirrored) {
                const uint8_t *last = source + (width - 1) * in_channels;
                for (int64_t x = 0; x < width; x++) target[x] = table[last[-x * in_channels]];
            } else if (in_channels == 1) {
                for (int64_t x = 0; x < width; x++) target[x] = table[source[x]];
            } else {
                for (int64_t x = 0; x < width; x++) target[x] = table[source[x * 3]];
            }
        }
    }
}
FOVEA_CLONES(, fovea_normalise, (const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width,
             int32_t in_channels, int32_t out_channels, const float *tables, int32_t mirrored, float *out,
             ptrdiff_t out_stride, ptrdiff_t out_plane),
             (in, in_stride, height, width, in_channels, out_channels, tables, mirrored, out, out_stride, out_plane))

FOVEA_BODY fovea_gray_from_colour_body(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width,
                                       uint8_t *out, ptrdiff_t out_stride) {
    for (int64_t y = 0; y < height; y++) {
        const uint8_t *source = in + y * in_stride;
        uint8_t *target = out + y * out_stride;
        for (int64_t x = 0; x < width; x++) {
            uint32_t sum = 19595u * source[x * 3] + 38470u * source[x * 3 + 1] + 7471u * source[x * 3 + 2] + 32768u;
            target[x] = (uint8_t)(sum >> 16);
        }
    }
}
FOVEA_CLONES(, fovea_gray_from_colour, (const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width,
             uint8_t *out, ptrdiff_t out_stride),
             (in, in_stride, height, width, out, out_stride))

// Tiles, because a quarter turn walks down the columns of the input.
enum { TILE = 32 };

void fovea_turn(const uint8_t *in, ptrdiff_t origin, ptrdiff_t step_y, ptrdiff_t step_x, int64_t height, int64_t width,
                int32_t channels, uint8_t *out) {
    for (int64_t top = 0; top < height; top += TILE) {
        int64_t bottom = top + TILE < height ? top + TILE : height;
        for (int64_t left = 0; left < width; left += TILE) {
            int64_t right = left + TILE < width ? left + TILE : width;
            for (int64_t y = top; y < bottom; y++) {
                const uint8_t *source = in + origin + y * step_y + left * step_x;
                uint8_t *target = out + (y * width + left) * channels;
                for (int64_t x = left; x < right; x++, source += step_x, target += channels) {
                    target[0] = source[0];
                    if (channels == 3) {
                        target[1] = source[1];
                        target[2] = source[2];
                    }
                }
            }
        }
    }
}
