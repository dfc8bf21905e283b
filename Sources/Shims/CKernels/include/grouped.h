// Convolutions whose groups are narrow, and those of single channels with large windows, with their gradients. Activations
// lie in blocks of channels (n, c / block, h, w, block) with c rounded up, or with channels last, in f32 or bf16; sums are
// f32. Each group has as many channels on either side. Results do not depend on the number of threads.

#ifndef FOVEA_GROUPED_H
#define FOVEA_GROUPED_H

#include <stddef.h>
#include <stdint.h>

#include "instructions.h"

// The most elements of a filter's window, and the largest steps.
enum { FOVEA_GROUPED_TAPS = 64, FOVEA_GROUPED_STEP = 4 };

// The convolution x (n, c, h, w) -> y (n, c, y_h, y_w) in groups of `width` channels. before: border above and at the left.
// block: fovea_grouped_block(); channels_last: instead of blocks. threads: how many parts the work is cut into.
struct fovea_grouped {
    int64_t n, c, width, h, w, y_h, y_w;
    int64_t kernel[2], stride[2], dilation[2], before[2];
    int32_t block, channels_last, is_bf16, threads;
    enum fovea_instruction_set instructions;
};

// Which of the three is computed.
enum fovea_grouped_kind { FOVEA_GROUPED_FORWARD, FOVEA_GROUPED_INPUT_GRADIENT, FOVEA_GROUPED_FILTER_GRADIENT };

// Channels in a block: 16 with AVX-512, 8 with AVX2 or NEON; 0 where these kernels cannot run, as in bf16 on a processor that
// does not multiply it.
int32_t fovea_grouped_block(int is_bf16, enum fovea_instruction_set instructions);

// True if the kernels below can do it: windows of at most FOVEA_GROUPED_TAPS, steps of at most FOVEA_GROUPED_STEP without
// gaps in the window or of 1 with them, and in bf16 groups of an even number of channels, or of one.
int fovea_grouped_suits(const struct fovea_grouped *shape);

// Bytes of scratch.
size_t fovea_grouped_scratch(const struct fovea_grouped *shape, enum fovea_grouped_kind kind);

// y = x * w [+ bias], no less than `least` and no more than `most`. w (c, width, kh, kw) in the type of x; bias (c) in f32
// or NULL.
void fovea_grouped_convolve(const struct fovea_grouped *shape, const void *x, const void *w, const float *bias,
                            float least, float most, void *y, void *scratch);

// dx from dy.
void fovea_grouped_input_gradient(const struct fovea_grouped *shape, const void *dy, const void *w, void *dx,
                                  void *scratch);

// dw (c, width, kh, kw), f32, from x and dy.
void fovea_grouped_filter_gradient(const struct fovea_grouped *shape, const void *x, const void *dy, float *dw,
                                   void *scratch);

#endif
