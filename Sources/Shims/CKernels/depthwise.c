// Gradients of depthwise filters: the choice of the kernel, and the cutting of the work. Kernels stand in
// depthwise_kernels.h, compiled here for AVX-512 with blocks of 16 channels and for AVX2 or NEON with blocks of 8, and in
// depthwise_three.c. Planes (a block of channels of one picture) are worked through as they lie in memory.

#include "include/depthwise.h"

#include <string.h>

#include "depthwise_parts.h"
#include "include/parallel.h"

#if defined(__x86_64__)
#define BLOCK 16
#define NAME(name) name##_avx512
#pragma clang attribute push(                                                                                         \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"), min_vector_width(512))), apply_to = function)
#include "depthwise_kernels.h"
#pragma clang attribute pop
#undef BLOCK
#undef NAME
#pragma clang attribute push(__attribute__((target("avx2,fma"), min_vector_width(256))), apply_to = function)
#endif
#define BLOCK 8
#define NAME(name) name##_eight
#include "depthwise_kernels.h"
#if defined(__x86_64__)
#pragma clang attribute pop
#endif

int32_t fovea_depthwise_block(enum fovea_instructions instructions) {
#if defined(__aarch64__)
    (void)instructions;
    return 8;
#else
    switch (instructions) {
    case FOVEA_INSTRUCTIONS_ANY: return 0;
    case FOVEA_INSTRUCTIONS_AVX2: return 8;
    case FOVEA_INSTRUCTIONS_AVX512:
    case FOVEA_INSTRUCTIONS_AVX512_BF16: return 16;
    }
    return 0;
#endif
}

// One call, with what lies in scratch: for each thread its ring and row, and its sums (blocks, taps, block).
struct call {
    const struct fovea_depthwise *shape;
    const char *x, *dy;
    float *dw, *own, *sums;
    struct ring ring;
    int64_t blocks, taps, own_step, sums_step;
    filter_gradient kernel;
};

static struct call call_of(const struct fovea_depthwise *s, void *scratch) {
    struct call call = {.shape = s, .blocks = (s->c + s->block - 1) / s->block, .taps = s->kernel[0] * s->kernel[1]};
    const int64_t reach = (s->y_w - 1) * s->stride[1] + (s->kernel[1] - 1) * s->dilation[1] + 1;
    call.ring.count = (s->kernel[0] - 1) * s->dilation[0] + 1;
    call.ring.width = larger(reach, s->before[1] + s->w);
    call.ring.left = s->before[1];
    call.own_step = (call.ring.count * call.ring.width + s->y_w + call.taps + 1) * s->block;
    call.sums_step = call.blocks * call.taps * s->block;
    call.own = scratch;
    call.sums = call.own + s->threads * call.own_step;
    call.kernel = fovea_depthwise_three(s);
    if (!call.kernel) call.kernel = filter_gradient_eight;
#if defined(__x86_64__)
    if (call.kernel == filter_gradient_eight && s->block == 16) call.kernel = filter_gradient_avx512;
#endif
    return call;
}

size_t fovea_depthwise_scratch(const struct fovea_depthwise *s) {
    const struct call call = call_of(s, NULL);
    return (size_t)(s->threads * (call.own_step + call.sums_step)) * 4;
}

// Slots first ..< last of the threads: a part of the planes, to sums of their own. Each plane is summed for itself first.
static void slots(int64_t first, int64_t last, const void *context) {
    const struct call *call = context;
    const struct fovea_depthwise *s = call->shape;
    const int64_t planes = call->blocks * s->n, size = call->taps * s->block, pixel = s->block * (s->is_bf16 ? 2 : 4);
    for (int64_t slot = first; slot < last; slot++) {
        struct ring ring = call->ring;
        ring.rows = call->own + slot * call->own_step;
        ring.row = ring.rows + ring.count * ring.width * s->block;
        float *const plane_sums = ring.row + s->y_w * s->block, *const sums = call->sums + slot * call->sums_step;
        memset(ring.rows, 0, (size_t)(ring.count * ring.width * s->block) * 4);
        memset(sums, 0, (size_t)call->sums_step * 4);
        for (int64_t plane = planes * slot / s->threads; plane < planes * (slot + 1) / s->threads; plane++) {
            memset(plane_sums, 0, (size_t)size * 4);
            call->kernel(s, call->x + plane * s->h * s->w * pixel, call->dy + plane * s->y_h * s->y_w * pixel, plane_sums,
                         &ring);
            float *const total = sums + plane % call->blocks * size;
            for (int64_t k = 0; k < size; k++) total[k] += plane_sums[k];
        }
    }
}

// Blocks first ..< last: the sums of all threads, to dw.
static void gather(int64_t first, int64_t last, const void *context) {
    const struct call *call = context;
    const struct fovea_depthwise *s = call->shape;
    const int64_t size = call->taps * s->block;
    for (int64_t b = first; b < last; b++) {
        float *const total = call->sums + b * size;
        for (int64_t slot = 1; slot < s->threads; slot++)
            for (int64_t k = 0; k < size; k++) total[k] += total[slot * call->sums_step + k];
        for (int64_t lane = 0; lane < s->block && b * s->block + lane < s->c; lane++)
            for (int64_t t = 0; t < call->taps; t++)
                call->dw[(b * s->block + lane) * call->taps + t] = total[t * s->block + lane];
    }
}

void fovea_depthwise_filter_gradient(const struct fovea_depthwise *s, const void *x, const void *dy, float *dw,
                                     void *scratch) {
    struct call call = call_of(s, scratch);
    call.x = x;
    call.dy = dy;
    call.dw = dw;
    fovea_parallel(s->threads, 1, slots, &call);
    fovea_parallel(call.blocks, 8, gather, &call);
}
