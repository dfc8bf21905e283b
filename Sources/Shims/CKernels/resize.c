// Antialiased resize of 8-bit samples in two passes. See include/resize.h.
//
// The arithmetic is Pillow's (src/libImaging/Resample.c): integer sums, so any order of adding gives the same bytes.
// The horizontal pass gathers 16 samples that share their weights, four rows of RGBx or sixteen rows of gray, next to
// each other, so that one vector multiplication serves them all.

#include "include/resize.h"

#include <math.h>
#include <string.h>

#include "clones.h"

#pragma STDC FP_CONTRACT OFF

enum { PRECISION = 32 - 8 - 2, HALF = 1 << (PRECISION - 1), LANES = 16, BLOCK = 256 };

static double bilinear(double x) {
    x = fabs(x);
    return x < 1 ? 1 - x : 0;
}

// Keys 1981 with a = -0.5.
static double bicubic(double x) {
    const double a = -0.5;
    x = fabs(x);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
    return 0;
}

static double reach(float lower, float upper, int64_t output, int32_t kernel, double *scale, double *stretch) {
    *scale = (double)(upper - lower) / (double)output;
    *stretch = *scale < 1 ? 1 : *scale;
    return (kernel == FOVEA_BICUBIC ? 2.0 : 1.0) * *stretch;
}

int64_t fovea_resize_taps(float lower, float upper, int64_t output, int32_t kernel) {
    double scale, stretch;
    return (int64_t)ceil(reach(lower, upper, output, kernel, &scale, &stretch)) * 2 + 1;
}

void fovea_resize_weights(int64_t input, float lower, float upper, int64_t output, int64_t first, int64_t count,
                          int32_t kernel, int64_t taps, int32_t *starts, int32_t *lengths, int32_t *weights) {
    double scale, stretch;
    double support = reach(lower, upper, output, kernel, &scale, &stretch);
    double unit = 1.0 / stretch;
    for (int64_t i = 0; i < count; i++) {
        double centre = lower + ((double)(first + i) + 0.5) * scale;
        int64_t from = (int64_t)(centre - support + 0.5);
        int64_t to = (int64_t)(centre + support + 0.5);
        if (from < 0) from = 0;
        if (to > input) to = input;
        if (to - from > taps) to = from + taps;
        int32_t *row = weights + i * taps;
        double sum = 0;
        for (int64_t k = from; k < to; k++) {
            double x = ((double)k - centre + 0.5) * unit;
            sum += kernel == FOVEA_BICUBIC ? bicubic(x) : bilinear(x);
        }
        for (int64_t k = from; k < to; k++) {
            double x = ((double)k - centre + 0.5) * unit;
            double weight = kernel == FOVEA_BICUBIC ? bicubic(x) : bilinear(x);
            if (sum != 0) weight /= sum;
            row[k - from] = (int32_t)((weight < 0 ? -0.5 : 0.5) + weight * (1 << PRECISION));
        }
        starts[i] = (int32_t)from;
        lengths[i] = (int32_t)(to - from);
    }
}

size_t fovea_resize_scratch(int64_t width) { return (size_t)width * LANES; }

// Four rows of RGB as (width, 4 rows, RGBx). A row's last pixel is read byte by byte: nothing lies behind it for sure.
static inline __attribute__((always_inline)) void gather_colour(const uint8_t *const *rows, int64_t width, uint8_t *out) {
    for (int64_t x = 0; x < width - 1; x++) {
        for (int r = 0; r < 4; r++) memcpy(out + x * LANES + r * 4, rows[r] + x * 3, 4);
    }
    for (int r = 0; r < 4; r++) {
        uint8_t *last = out + (width - 1) * LANES + r * 4;
        memcpy(last, rows[r] + (width - 1) * 3, 3);
        last[3] = 0;
    }
}

// Sixteen rows of gray as (width, 16 rows).
static inline __attribute__((always_inline)) void gather_gray(const uint8_t *const *rows, int64_t width, uint8_t *out) {
    for (int64_t x = 0; x < width; x++) {
        for (int r = 0; r < LANES; r++) out[x * LANES + r] = rows[r][x];
    }
}

typedef int32_t lanes_i32 __attribute__((vector_size(64)));
typedef uint8_t lanes_u8 __attribute__((vector_size(16)));

FOVEA_BODY fovea_resize_horizontal_body(const uint8_t *in, ptrdiff_t in_stride, int64_t rows, int32_t channels,
                                        int64_t from, int64_t to, const int32_t *starts, const int32_t *lengths,
                                        const int32_t *weights, int64_t taps, int64_t count, uint8_t *out,
                                        ptrdiff_t out_stride, uint8_t *scratch) {
    int together = channels == 3 ? 4 : LANES;
    const lanes_i32 half = (lanes_i32){} + HALF;
    const lanes_i32 zero = {}, full = (lanes_i32){} + 255;
    for (int64_t y = 0; y < rows; y += together) {
        const uint8_t *sources[LANES];
        int valid = rows - y < together ? (int)(rows - y) : together;
        for (int r = 0; r < together; r++) {
            sources[r] = in + (y + (r < valid ? r : valid - 1)) * in_stride + from * channels;
        }
        if (channels == 3) {
            gather_colour(sources, to - from, scratch);
        } else {
            gather_gray(sources, to - from, scratch);
        }
        uint8_t *target = out + y * out_stride;
        for (int64_t x = 0; x < count; x++) {
            const uint8_t *samples = scratch + (starts[x] - from) * LANES;
            const int32_t *weight = weights + x * taps;
            lanes_i32 sum = half;
            for (int32_t k = 0; k < lengths[x]; k++) {
                lanes_u8 loaded;
                memcpy(&loaded, samples + k * LANES, LANES);
                sum += __builtin_convertvector(loaded, lanes_i32) * weight[k];
            }
            sum >>= PRECISION;
            sum = __builtin_elementwise_min(__builtin_elementwise_max(sum, zero), full);
            lanes_u8 bytes = __builtin_convertvector(sum, lanes_u8);
            uint8_t plain[LANES];
            memcpy(plain, &bytes, LANES);
            if (channels == 3) {
                for (int r = 0; r < valid; r++) memcpy(target + r * out_stride + x * 3, plain + r * 4, 4);
            } else {
                for (int r = 0; r < valid; r++) target[r * out_stride + x] = plain[r];
            }
        }
    }
}
FOVEA_CLONES(, fovea_resize_horizontal, (const uint8_t *in, ptrdiff_t in_stride, int64_t rows, int32_t channels,
             int64_t from, int64_t to, const int32_t *starts, const int32_t *lengths, const int32_t *weights,
             int64_t taps, int64_t count, uint8_t *out, ptrdiff_t out_stride, uint8_t *scratch),
             (in, in_stride, rows, channels, from, to, starts, lengths, weights, taps, count, out, out_stride,
              scratch))

FOVEA_BODY fovea_resize_vertical_body(const uint8_t *in, ptrdiff_t in_stride, int64_t samples,
                                      const int32_t *starts, const int32_t *lengths, const int32_t *weights,
                                      int64_t taps, int64_t count, uint8_t *out, ptrdiff_t out_stride) {
    int32_t sums[BLOCK];
    for (int64_t y = 0; y < count; y++) {
        const int32_t *weight = weights + y * taps;
        for (int64_t x = 0; x < samples; x += BLOCK) {
            int64_t size = samples - x < BLOCK ? samples - x : BLOCK;
            const uint8_t *source = in + starts[y] * in_stride + x;
            for (int64_t i = 0; i < size; i++) sums[i] = HALF;
            for (int32_t k = 0; k < lengths[y]; k++) {
                int32_t factor = weight[k];
                const uint8_t *row = source + k * in_stride;
                for (int64_t i = 0; i < size; i++) sums[i] += row[i] * factor;
            }
            uint8_t *target = out + y * out_stride + x;
            for (int64_t i = 0; i < size; i++) {
                int32_t value = sums[i] >> PRECISION;
                target[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
            }
        }
    }
}
FOVEA_CLONES(, fovea_resize_vertical, (const uint8_t *in, ptrdiff_t in_stride, int64_t samples,
             const int32_t *starts, const int32_t *lengths, const int32_t *weights, int64_t taps, int64_t count,
             uint8_t *out, ptrdiff_t out_stride),
             (in, in_stride, samples, starts, lengths, weights, taps, count, out, out_stride))
