// Max pooling, forward and backward, of maps in blocks of 16 channels or with channels last, in f32 or bf16.

#ifndef FOVEA_MAX_POOLING_H
#define FOVEA_MAX_POOLING_H

#include <stdint.h>

struct fovea_max_pooling {
    // Pictures and channels; rows and columns of x and of y.
    int64_t n, c, height, width, rows, columns;
    // Of rows and columns: a window's extent, at most 256 elements in all; its steps; and the border above and at the left.
    int64_t kernel[2], stride[2], padding[2];
    int32_t has_channels_last, is_bf16;
};

// Bytes of winners: 16 for every position of y and 16 channels.
int64_t fovea_max_pooling_winners(const struct fovea_max_pooling *s);

// y = the largest x in each window, a NaN before all others. winners, where they are wanted, tell which element it was, the
// first one if several were.
void fovea_max_pool(const struct fovea_max_pooling *s, const void *x, void *y, uint8_t *winners);

// dx = the sum of dy over the windows that each x won.
void fovea_max_pool_backward(const struct fovea_max_pooling *s, const void *dy, const uint8_t *winners, void *dx);

#endif
