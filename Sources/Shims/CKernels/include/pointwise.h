// The gradient of the filters of a 1 x 1 convolution in bf16: a product of two narrow matrices over all pixels, which is
// a matter of reading them once. x (n, c / 16, positions, 16) and dy (n, o / 16, positions, 16), channels rounded up.
// Results depend on shapes, instruction set and the number of threads alone.

#ifndef FOVEA_POINTWISE_H
#define FOVEA_POINTWISE_H

#include <stddef.h>
#include <stdint.h>

#include "instructions.h"

// threads: how many parts the work is cut into. instructions: what kernels may use.
struct fovea_pointwise {
    int64_t n, c, o, positions;
    int32_t threads;
    enum fovea_instructions instructions;
};

// Bytes of scratch.
size_t fovea_pointwise_scratch(const struct fovea_pointwise *shape);

// dw (o, c), f32: the sum over all pixels of dy times x.
void fovea_pointwise_filter_gradient(const struct fovea_pointwise *shape, const uint16_t *x, const uint16_t *dy, float *dw,
                                     void *scratch);

#endif
