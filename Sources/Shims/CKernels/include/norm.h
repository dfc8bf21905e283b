// Batch normalisation in training together with the activation behind it, forward and backward. The activation's slope is
// computed again from x in the backward pass, so that nothing is kept but x and two numbers a channel.

#ifndef FOVEA_NORM_H
#define FOVEA_NORM_H

#include <stddef.h>
#include <stdint.h>

enum fovea_norm_activation {
    FOVEA_NORM_IDENTITY,
    FOVEA_NORM_RELU,
    FOVEA_NORM_RELU6,
    FOVEA_NORM_SILU,
    FOVEA_NORM_HARD_SWISH
};

// How maps lie: row-major (N, C, positions), in blocks of 8 or 16 channels (N, C / block, positions, block) whose last block
// is filled up with zeros, or with channels last (N, positions, C).
enum fovea_norm_layout { FOVEA_NORM_PLAIN, FOVEA_NORM_BLOCKS_OF_8, FOVEA_NORM_BLOCKS_OF_16, FOVEA_NORM_CHANNELS_LAST };

struct fovea_norm {
    int64_t n, c, positions;
    enum fovea_norm_layout layout;
    enum fovea_norm_activation activation;
    int32_t is_bf16;  // else f32: the elements of x, y, dy and dx; everything else is f32
    float epsilon;
};

// Bytes of scratch of either pass.
size_t fovea_norm_scratch(const struct fovea_norm *norm);

// mean, variance (c) of x, biased; y = f(z), z = scale (x - mean) / sqrt(variance + epsilon) + shift. The result does not
// depend on the number of threads.
void fovea_norm_forward(const struct fovea_norm *norm, const void *x, const float *scale, const float *shift, void *y,
                        float *mean, float *variance, void *scratch);

// With g = f'(z) dy, h = (x - mean) / sqrt(variance + epsilon) and M values a channel: dshift = sum g, dscale = sum g h,
// dx = scale / sqrt(variance + epsilon) (g - dshift / M - h dscale / M). dx may be dy.
void fovea_norm_backward(const struct fovea_norm *norm, const void *x, const void *dy, const float *mean,
                         const float *variance, const float *scale, const float *shift, void *dx, float *dscale,
                         float *dshift, void *scratch);

// The same with mean and variance given: y = f(z).
void fovea_norm_fixed_forward(const struct fovea_norm *norm, const void *x, const float *mean, const float *variance,
                              const float *scale, const float *shift, void *y, void *scratch);

// The gradients of that: dshift and dscale as above, dx = scale / sqrt(variance + epsilon) g. dx may be dy.
void fovea_norm_fixed_backward(const struct fovea_norm *norm, const void *x, const void *dy, const float *mean,
                               const float *variance, const float *scale, const float *shift, void *dx, float *dscale,
                               float *dshift, void *scratch);

#endif
