// GELU, y = x P(X < x) for a normally distributed X, and its gradient, number by number in f32 or bf16.

#ifndef FOVEA_GELU_H
#define FOVEA_GELU_H

#include <stdint.h>

// y may be x.
void fovea_gelu(const void *x, int64_t count, int is_bf16, void *y);

// dx = dy (P(X < x) + x p(x)). dx may be dy.
void fovea_gelu_backward(const void *dy, const void *x, int64_t count, int is_bf16, void *dx);

#endif
