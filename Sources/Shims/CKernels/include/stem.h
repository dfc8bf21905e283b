// The gradient of the filters of a network's first convolution, in bf16: few channels, row-major as pictures come, to many,
// in blocks of 16 as (n, o / 16, h, w, 16) with o rounded up. Sums are f32. Results do not depend on the number of threads.

#ifndef FOVEA_STEM_H
#define FOVEA_STEM_H

#include <stddef.h>
#include <stdint.h>

// The convolution x (n, c, h, w) -> y (n, o, y_h, y_w) without gaps in its windows. before: border above and at the left.
// threads: how many parts the work is cut into.
struct fovea_stem {
    int64_t n, c, o, h, w, y_h, y_w;
    int64_t kernel[2], stride[2], before[2];
    int32_t threads;
};

// True if the kernel can do it: up to 4 channels, windows 3, 4, 5, 7 or 11 wide, and a processor that multiplies bf16.
int fovea_stem_suits(const struct fovea_stem *shape);

// Bytes of scratch.
size_t fovea_stem_scratch(const struct fovea_stem *shape);

// dw (o, c, kh, kw), f32, from x and dy.
void fovea_stem_filter_gradient(const struct fovea_stem *shape, const uint16_t *x, const uint16_t *dy, float *dw,
                                void *scratch);

#endif
