// Changes that look at one sample at a time, and what their tables are made from. See include/augment.h.

#include <string.h>

#include "clones.h"
#include "include/augment.h"

void fovea_lookup(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, int32_t channels,
                  const uint8_t *tables, uint8_t *out) {
    for (int64_t y = 0; y < height; y++) {
        const uint8_t *source = in + y * in_stride;
        uint8_t *target = out + y * width * channels;
        if (channels == 1) {
            for (int64_t x = 0; x < width; x++) target[x] = tables[source[x]];
        } else {
            for (int64_t x = 0; x < width * 3; x += 3) {
                target[x] = tables[source[x]];
                target[x + 1] = tables[256 + source[x + 1]];
                target[x + 2] = tables[512 + source[x + 2]];
            }
        }
    }
}

void fovea_histogram(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, int32_t channels,
                     int64_t *counts) {
    memset(counts, 0, (size_t)channels * 256 * sizeof *counts);
    for (int64_t y = 0; y < height; y++) {
        const uint8_t *source = in + y * in_stride;
        for (int64_t x = 0; x < width; x++) {
            for (int32_t c = 0; c < channels; c++) counts[c * 256 + source[x * channels + c]]++;
        }
    }
}

FOVEA_BODY luma_sum_body(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, int32_t channels,
                         int64_t *total) {
    *total = 0;
    for (int64_t y = 0; y < height; y++) {
        const uint8_t *source = in + y * in_stride;
        uint32_t sum = 0;
        for (int64_t x = 0; x < width; x++) {
            const uint8_t *pixel = source + x * channels;
            sum += channels == 1 ? pixel[0]
                                 : (19595u * pixel[0] + 38470u * pixel[1] + 7471u * pixel[2] + 32768u) >> 16;
        }
        *total += sum;
    }
}

FOVEA_CLONES(static, luma_sum, (const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, int32_t channels,
                                int64_t *total),
             (in, in_stride, height, width, channels, total))

int64_t fovea_luma_sum(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, int32_t channels) {
    int64_t total;
    luma_sum(in, in_stride, height, width, channels, &total);
    return total;
}
