// Affine and perspective warps, sample for sample as Pillow's `Image.transform` with bilinear interpolation (Geometry.c);
// and Gaussian blur, as torchvision's. See include/augment.h.

#include <math.h>
#include <string.h>

#include "clones.h"
#include "include/augment.h"

#pragma STDC FP_CONTRACT OFF

static inline int64_t clamped(int64_t value, int64_t count) { return value < 0 ? 0 : value < count ? value : count - 1; }

void fovea_warp(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, int32_t channels,
                const double *k, const uint8_t *fill, uint8_t *out) {
    const int isAffine = k[6] == 0 && k[7] == 0;
    for (int64_t y = 0; y < height; y++) {
        for (int64_t x = 0; x < width; x++) {
            const double column = (double)x + 0.5, row = (double)y + 0.5;
            double across = k[0] * column + k[1] * row + k[2], down = k[3] * column + k[4] * row + k[5];
            if (!isAffine) {
                const double depth = k[6] * column + k[7] * row + 1;
                across /= depth;
                down /= depth;
            }
            uint8_t *target = out + (y * width + x) * channels;
            // Not a number fails both comparisons.
            if (!(across >= 0 && across < (double)width && down >= 0 && down < (double)height)) {
                memcpy(target, fill, (size_t)channels);
                continue;
            }
            across -= 0.5;
            down -= 0.5;
            const int64_t left = (int64_t)floor(across), top = (int64_t)floor(down);
            const double dx = across - (double)left, dy = down - (double)top;
            const int64_t x0 = clamped(left, width) * channels, x1 = clamped(left + 1, width) * channels;
            const uint8_t *upper = in + clamped(top, height) * in_stride;
            const uint8_t *lower = in + clamped(top + 1, height) * in_stride;
            for (int32_t c = 0; c < channels; c++) {
                double first = upper[x0 + c] + (upper[x1 + c] - upper[x0 + c]) * dx;
                double second = lower[x0 + c] + (lower[x1 + c] - lower[x0 + c]) * dx;
                target[c] = (uint8_t)(first + (second - first) * dy);
            }
        }
    }
}

size_t fovea_blur_scratch(int64_t height, int64_t width, int32_t channels) {
    return (size_t)(height * width * channels);
}

static inline int64_t reflected(int64_t place, int64_t count) {
    if (place < 0) return -place;
    return place < count ? place : 2 * (count - 1) - place;
}

FOVEA_BODY fovea_blur_body(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, int32_t channels,
                           const float *weights, int64_t radius, float *scratch, uint8_t *out) {
    const int64_t row = width * channels;
    // Down first, whole rows at a time; then across.
    for (int64_t y = 0; y < height; y++) {
        float *sums = scratch + y * row;
        for (int64_t i = 0; i < row; i++) sums[i] = 0;
        for (int64_t k = -radius; k <= radius; k++) {
            const uint8_t *source = in + reflected(y + k, height) * in_stride;
            const float weight = weights[k + radius];
            for (int64_t i = 0; i < row; i++) sums[i] += weight * source[i];
        }
    }
    for (int64_t y = 0; y < height; y++) {
        const float *sums = scratch + y * row;
        uint8_t *target = out + y * row;
        for (int64_t x = 0; x < width; x++) {
            for (int32_t c = 0; c < channels; c++) {
                float sum = 0;
                for (int64_t k = -radius; k <= radius; k++) {
                    sum += weights[k + radius] * sums[reflected(x + k, width) * channels + c];
                }
                sum = rintf(sum);
                target[x * channels + c] = sum <= 0 ? 0 : sum >= 255 ? 255 : (uint8_t)sum;
            }
        }
    }
}

FOVEA_CLONES(, fovea_blur, (const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, int32_t channels,
                          const float *weights, int64_t radius, float *scratch, uint8_t *out),
             (in, in_stride, height, width, channels, weights, radius, scratch, out))
