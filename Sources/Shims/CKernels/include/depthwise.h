// Convolutions that give each channel filters of its own, and their gradients. Activations are blocked as
// (n, c / block, h, w, block) with c rounded up, in f32 or bf16; sums are f32. Results depend on shapes, instruction set
// and the number of threads alone.

#ifndef FOVEA_DEPTHWISE_H
#define FOVEA_DEPTHWISE_H

#include <stddef.h>
#include <stdint.h>

#include "instructions.h"

// The most elements of a channel's filter.
enum { FOVEA_DEPTHWISE_TAPS = 64 };

// The convolution x (n, c, h, w) -> y (n, c, y_h, y_w). block: 16 or 8, no greater than fovea_depthwise_block(). before:
// border above and at the left. threads: how many parts the work is cut into. instructions: what kernels may use.
struct fovea_depthwise {
    int64_t n, c, h, w, y_h, y_w;
    int64_t kernel[2], stride[2], dilation[2], before[2];
    int32_t block, is_bf16, threads;
    enum fovea_instructions instructions;
};

// Channels in the largest block: 16 with AVX-512, 8 with AVX2 or NEON, 0 where these kernels cannot run.
int32_t fovea_depthwise_block(enum fovea_instructions instructions);

// Bytes of scratch.
size_t fovea_depthwise_scratch(const struct fovea_depthwise *shape);

// dw (c, 1, kh, kw), f32, from x and dy.
void fovea_depthwise_filter_gradient(const struct fovea_depthwise *shape, const void *x, const void *dy, float *dw,
                                     void *scratch);

// True if the two below can do it: bf16 in blocks of 16, windows of 3 x 3 with a border of 1 all around and steps of 1 or
// 2, on a processor that multiplies bf16.
int fovea_depthwise_has_maps(const struct fovea_depthwise *shape);

// Bytes of scratch of the two below.
size_t fovea_depthwise_maps_scratch(const struct fovea_depthwise *shape);

// y = x * w [+ bias], no less than `least` and no more than `most`. w (c, 1, 3, 3) in bf16; bias (c) in f32 or NULL.
void fovea_depthwise_convolve(const struct fovea_depthwise *shape, const void *x, const uint16_t *w, const float *bias,
                              float least, float most, void *y, void *scratch);

// dx from dy.
void fovea_depthwise_input_gradient(const struct fovea_depthwise *shape, const void *dy, const uint16_t *w, void *dx,
                                    void *scratch);

#endif
