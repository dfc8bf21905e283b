// What depthwise.c and its kernels share. Not for others: include/depthwise.h is.

#ifndef FOVEA_DEPTHWISE_PARTS_H
#define FOVEA_DEPTHWISE_PARTS_H

#include "include/depthwise.h"

// Rows of x that a window still needs, in f32, with zeros on both sides: `count` of `width` pixels, the first `left` of
// them before the picture. Row r stands at place r modulo count. `row` has place for a row of dy.
struct ring {
    int64_t count, width, left;
    float *rows, *row;
};

static inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

// Adds what one plane, a block of channels of one picture, gives to dw: (taps, block).
typedef void (*filter_gradient)(const struct fovea_depthwise *s, const char *x, const char *dy, float *dw,
                                const struct ring *ring);

// Windows of 3 x 3 with a border of 1, bf16, steps of 1 or 2; NULL where the processor does not multiply bf16.
filter_gradient fovea_depthwise_three(const struct fovea_depthwise *s);

#endif
