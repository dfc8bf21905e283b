// Layer norm over the channels of every position, forward and backward, in every layout that norm.h knows, in f32 or bf16.

#ifndef FOVEA_LAYER_NORM_H
#define FOVEA_LAYER_NORM_H

#include <stddef.h>

#include "channel_factors.h"

// Bytes of scratch of the backward pass.
size_t fovea_layer_norm_scratch(const struct fovea_maps *maps);

// With mean m and biased variance v of the channels at a position: y = scale (x - m) / sqrt(v + epsilon) + shift.
void fovea_layer_norm_forward(const struct fovea_maps *maps, const void *x, const float *scale, const float *shift,
                              float epsilon, void *y);

// With h = (x - m) / sqrt(v + epsilon) and g = scale dy: dx = (g - mean g - h mean(g h)) / sqrt(v + epsilon); dscale = sum of
// dy h and dshift = sum of dy over pictures and positions, in an order that does not depend on the number of threads.
void fovea_layer_norm_backward(const struct fovea_maps *maps, const void *x, const void *dy, const float *scale,
                               float epsilon, void *dx, float *dscale, float *dshift, void *scratch);

#endif
