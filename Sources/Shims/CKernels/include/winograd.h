// 3 x 3 convolutions of stride 1 and padding 1, and their gradients, by Winograd's algorithm F(4x4, 3x3): 36
// multiplications in place of 144 for every 4 x 4 tile of outputs (Lavin and Gray 2016). Activations are f32 or bf16,
// blocked as (n, c / block, h, w, block) or with channels last as (n, h, w, c). Filters are plain (o, c, 3, 3) and f32,
// as all arithmetic is. Results depend on shapes, layout and the number of threads alone.

#ifndef FOVEA_WINOGRAD_H
#define FOVEA_WINOGRAD_H

#include <stddef.h>
#include <stdint.h>

// The convolution x (n, c, h, w) -> y (n, o, h, w). block: 16, or 8 for f32, no greater than fovea_winograd_block(); c
// and o are multiples of it. threads: how many parts the work is cut into. bf16: activations are, else f32.
// channels_last: they lie so, else blocked.
struct fovea_winograd {
    int64_t n, c, o, h, w;
    int32_t block, threads, bf16, channels_last;
};

// Channels in a block on this processor: 16 with AVX-512, 8 with AVX2 or NEON and f32, 0 where these kernels cannot
// run.
int32_t fovea_winograd_block(int32_t bf16);

// Bytes of the transformed filters: (o / 2 block, 36, c, 2 block).
size_t fovea_winograd_filter_bytes(const struct fovea_winograd *shape);

// What is handed in as filters: w (o, c, 3, 3); w (c, o, 3, 3) of another convolution, each turned by 180 degrees,
// which makes this one the gradient of that one's input; or what fovea_winograd_filters made of either.
enum fovea_winograd_filters_kind { FOVEA_WINOGRAD_PLAIN, FOVEA_WINOGRAD_TURNED, FOVEA_WINOGRAD_TRANSFORMED };

// Transforms filters once for many calls.
void fovea_winograd_filters(const struct fovea_winograd *shape, const float *w, enum fovea_winograd_filters_kind kind,
                            float *transformed);

// Bytes of scratch of fovea_winograd_convolve, and of fovea_winograd_filter_gradient.
size_t fovea_winograd_convolve_scratch(const struct fovea_winograd *shape, enum fovea_winograd_filters_kind kind);
size_t fovea_winograd_gradient_scratch(const struct fovea_winograd *shape);

// y = x * filters [+ bias (o)] [+ residual, as y], then ReLU if `relu`. bias and residual may be NULL; residual may be
// y itself.
void fovea_winograd_convolve(const struct fovea_winograd *shape, const void *x, const float *w,
                             enum fovea_winograd_filters_kind kind, const float *bias, const void *residual, int relu,
                             void *y, void *scratch);

// dw (o, c, 3, 3), and db (o) unless NULL, from x and dy (n, o, h, w).
void fovea_winograd_filter_gradient(const struct fovea_winograd *shape, const void *x, const void *dy, float *dw,
                                    float *db, void *scratch);

#endif
