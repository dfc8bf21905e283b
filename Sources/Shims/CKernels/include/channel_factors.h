// Products of maps with one number a channel or a picture, forward and backward: squeeze and excitation, layer scale and
// stochastic depth. Maps may lie in every layout that norm.h knows, in f32 or bf16; the numbers are f32.

#ifndef FOVEA_CHANNEL_FACTORS_H
#define FOVEA_CHANNEL_FACTORS_H

#include <stdint.h>

#include "norm.h"

struct fovea_maps {
    int64_t n, c, positions;
    enum fovea_norm_layout layout;
    int32_t is_bf16;
};

// y = x factors, with factors (n, c), or (c) where they are the same for all pictures. y may be x.
void fovea_channel_factors(const struct fovea_maps *maps, const void *x, const float *factors, int same_for_all, void *y);

// y (n, c) = sum over positions of dy a; of dy alone if a is NULL.
void fovea_channel_products(const struct fovea_maps *maps, const void *dy, const void *a, float *y);

// y[i] = sums[i] / of, in f32 or bf16.
void fovea_means(const float *sums, int64_t count, float of, int is_bf16, void *y);

// y = x with each of n pictures, `count` elements of whatever layout, times its factor. y may be x.
void fovea_picture_factors(const void *x, const float *factors, int64_t n, int64_t count, int is_bf16, void *y);

// y[i] = min(max(x[i] + 3, 0), 6) / 6, and dx[i] = dy[i] / 6 between -3 and 3, else 0.
void fovea_hard_sigmoid(const float *x, int64_t count, float *y);
void fovea_hard_sigmoid_backward(const float *dy, const float *x, int64_t count, float *dx);

#endif
