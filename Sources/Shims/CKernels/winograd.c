// Winograd's convolutions: the choice of the instruction set, and the cutting of forward passes. The kernels stand in
// winograd_transforms.h, winograd_products.h and winograd_tiles.h, which are compiled here for AVX-512 with blocks of 16
// channels and for AVX2 or NEON with blocks of 8.

#include "include/instructions.h"
#include "include/parallel.h"
#include "winograd_parts.h"

// The points of evaluation are 0, +-A1, +-B1 and infinity, with squares A2 and B2. These round 3 to 4 times less than +-1
// and +-2, and A2 * B2 = 1 saves multiplications.
#define A1 0.70710678f
#define B1 1.41421356f
#define A2 0.5f
#define B2 2.0f
#define K0 (1 / (A2 * B2))
#define KA (1 / (2 * A2 * (A2 - B2)))
#define KB (1 / (2 * B2 * (B2 - A2)))

#if defined(__x86_64__)
#define BLOCK 16
#define ROWS 14
#define NAME(name) name##_avx512
#pragma clang attribute push(                                                                                         \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"), min_vector_width(512))), apply_to = function)
#include "winograd_transforms.h"
#include "winograd_products.h"
#define BF16 0
#include "winograd_tiles.h"
#undef BF16
#define BF16 1
#include "winograd_tiles.h"
#undef BF16
#undef VECTOR
#undef LOAD
#undef STORE
#undef INLINE
#undef UNROLL
#pragma clang attribute pop
#undef BLOCK
#undef ROWS
#undef NAME
#pragma clang attribute push(__attribute__((target("avx2,fma"), min_vector_width(256))), apply_to = function)
#endif
#define BLOCK 8
#define ROWS 6
#define NAME(name) name##_eight
#include "winograd_transforms.h"
#include "winograd_products.h"
#define BF16 0
#include "winograd_tiles.h"
#if defined(__x86_64__)
#pragma clang attribute pop
#endif

int32_t fovea_winograd_block(int32_t bf16) {
#if defined(__aarch64__)
    return bf16 ? 0 : 8;
#else
    switch (fovea_instructions()) {
    case FOVEA_INSTRUCTIONS_ANY: return 0;
    case FOVEA_INSTRUCTIONS_AVX2: return bf16 ? 0 : 8;
    case FOVEA_INSTRUCTIONS_AVX512:
    case FOVEA_INSTRUCTIONS_AVX512_BF16: return 16;
    }
    return 0;
#endif
}

const struct code *fovea_winograd_code(const struct fovea_winograd *shape) {
#if defined(__x86_64__)
    if (shape->block == 16) return shape->bf16 ? &code_bf16_avx512 : &code_f32_avx512;
#endif
    (void)shape;
    return &code_f32_eight;
}

static ptrdiff_t filter_stride(const struct fovea_winograd *s) { return apart(s->c * 2 * s->block); }

size_t fovea_winograd_filter_bytes(const struct fovea_winograd *s) {
    return (size_t)(groups_of(s) * 36 * filter_stride(s) * 4);
}

static void filters_part(int64_t first, int64_t last, const void *context) {
    const struct convolve *call = context;
    const struct fovea_winograd *s = call->shape;
    const int64_t slices = (s->c + FILTER_SLICE - 1) / FILTER_SLICE;
    for (int64_t item = first; item < last; item++) {
        const int64_t g = item / slices, start = item % slices * FILTER_SLICE;
        fovea_winograd_code(s)->filters(call, g, start, smaller(start + FILTER_SLICE, s->c),
                                        call->u + g * 36 * call->u_stride);
    }
}

static void transform_filters(const struct convolve *call) {
    const struct fovea_winograd *s = call->shape;
    fovea_parallel(groups_of(s) * ((s->c + FILTER_SLICE - 1) / FILTER_SLICE), 1, filters_part, call);
}

void fovea_winograd_filters(const struct fovea_winograd *s, const float *w, enum fovea_winograd_filters_kind kind,
                            float *transformed) {
    const struct convolve call = {
        .shape = s, .w = w, .filters = kind, .u = transformed, .u_stride = filter_stride(s)};
    transform_filters(&call);
}

// How a convolution is cut, with the scratch laid out from `scratch` on; returns its floats.
static int64_t cut(struct convolve *call, float *scratch) {
    const struct fovea_winograd *s = call->shape;
    const int64_t rows = fovea_winograd_code(s)->rows, count = grid_of(s).count;
    call->chunk = 32 / rows * rows;
    call->round = call->filters != FOVEA_WINOGRAD_TRANSFORMED && s->c * s->o >= 512 * 512 && count <= 512 ? count : 0;
    call->round = smaller(call->round, count);
    const int64_t held = call->round ? call->round : call->chunk, holders = call->round ? 1 : s->threads;
    call->v_stride = apart(held * s->c);
    call->m_stride = apart(call->chunk * 2 * s->block);
    call->v_step = 36 * call->v_stride;
    call->m_step = 36 * call->m_stride;
    call->u_stride = filter_stride(s);
    call->u_step = 36 * call->u_stride;
    call->v = scratch;
    call->m = call->v + holders * call->v_step;
    float *const end = call->m + s->threads * call->m_step;
    if (call->filters == FOVEA_WINOGRAD_TRANSFORMED) {
        call->u = (float *)call->w;
        return end - scratch;
    }
    call->u = end;
    return end - scratch + (call->round ? s->threads : groups_of(s)) * call->u_step;
}

size_t fovea_winograd_convolve_scratch(const struct fovea_winograd *s, enum fovea_winograd_filters_kind kind) {
    struct convolve call = {.shape = s, .filters = kind};
    return (size_t)cut(&call, NULL) * 4;
}

// Slots first ..< last of the threads: a part of the tiles, chunk after chunk.
static void convolve_slots(int64_t first, int64_t last, const void *context) {
    const struct convolve *call = context;
    const struct fovea_winograd *s = call->shape;
    const struct code *code = fovea_winograd_code(s);
    const int64_t count = grid_of(s).count, groups = groups_of(s);
    for (int64_t slot = first; slot < last; slot++) {
        const int64_t from = count * slot / s->threads, to = count * (slot + 1) / s->threads;
        const int64_t chunks = (to - from + call->chunk - 1) / call->chunk;
        float *const v = call->v + slot * call->v_step, *const m = call->m + slot * call->m_step;
        for (int64_t chunk = 0; chunk < chunks; chunk++) {
            const int64_t start = from + (to - from) * chunk / chunks, end = from + (to - from) * (chunk + 1) / chunks;
            code->convolve_tiles(call, start, end, start, end - start, v);
            for (int64_t g = 0; g < groups; g++)
                code->convolve_group(call, g, 0, (end - start + code->rows - 1) / code->rows, start, end - start, v,
                                     call->u + g * call->u_step, m);
        }
    }
}

static void round_tiles(int64_t first, int64_t last, const void *context) {
    const struct convolve *call = context;
    fovea_winograd_code(call->shape)
        ->convolve_tiles(call, call->origin + first, call->origin + last, call->origin, call->tiles, call->v);
}

// Slots first ..< last of the threads: a part of the groups of outputs for all tiles of the round.
static void round_slots(int64_t first, int64_t last, const void *context) {
    const struct convolve *call = context;
    const struct fovea_winograd *s = call->shape;
    const struct code *code = fovea_winograd_code(s);
    const int64_t groups = groups_of(s), panels = (call->tiles + code->rows - 1) / code->rows;
    const int64_t step = call->chunk / code->rows;
    for (int64_t slot = first; slot < last; slot++) {
        for (int64_t g = groups * slot / s->threads; g < groups * (slot + 1) / s->threads; g++) {
            float *u = call->u + (call->filters == FOVEA_WINOGRAD_TRANSFORMED ? g : slot) * call->u_step;
            if (call->filters != FOVEA_WINOGRAD_TRANSFORMED)
                for (int64_t c = 0; c < s->c; c += FILTER_SLICE)
                    code->filters(call, g, c, smaller(c + FILTER_SLICE, s->c), u);
            for (int64_t panel = 0; panel < panels; panel += step)
                code->convolve_group(call, g, panel, smaller(panel + step, panels), call->origin, call->tiles, call->v,
                                     u, call->m + slot * call->m_step);
        }
    }
}

void fovea_winograd_convolve(const struct fovea_winograd *s, const void *x, const float *w,
                             enum fovea_winograd_filters_kind kind, const float *bias, const void *residual, int relu,
                             void *y, void *scratch) {
    struct convolve call = {
        .shape = s, .x = x, .w = w, .bias = bias, .residual = residual, .filters = kind, .relu = relu, .y = y};
    cut(&call, scratch);
    if (call.round == 0) {
        if (kind != FOVEA_WINOGRAD_TRANSFORMED) transform_filters(&call);
        fovea_parallel(s->threads, 1, convolve_slots, &call);
        return;
    }
    const int64_t count = grid_of(s).count, rounds = (count + call.round - 1) / call.round;
    for (int64_t round = 0; round < rounds; round++) {
        call.origin = count * round / rounds;
        call.tiles = count * (round + 1) / rounds - call.origin;
        fovea_parallel(call.tiles, 1, round_tiles, &call);
        fovea_parallel(s->threads, 1, round_slots, &call);
    }
}

