#include "include/winograd.h"

#include "include/parallel.h"

// Winograd's convolutions: the cutting of the work and the choice of the instruction set. The kernels stand in
// winograd_transforms.h and winograd_kernels.h, which are compiled here for AVX-512 with blocks of 16 channels and for AVX2 or
// NEON with blocks of 8.

// The points of evaluation are 0, +-A1, +-B1 and infinity; any other than +-1 and +-2 with a product near 1 lose fewer bits.
#ifndef A1
#define A1 0.70710678f
#define B1 1.41421356f
#define A2 0.5f
#define B2 2.0f
#endif
#define K0 (1 / (A2 * B2))
#define KA (1 / (2 * A2 * (A2 - B2)))
#define KB (1 / (2 * B2 * (B2 - A2)))

// FILTER_SLICE: channels whose filters one thread transforms at a time. SPAN: channels that lie side by side in the
// transformed tiles of a gradient, few enough for many tiles to stay in the first cache.
enum { FILTER_SLICE = 8, SPAN = 64 };

// The tiles of all pictures, in order.
struct grid {
    int64_t h, w, rows, columns, count;
};

struct place {
    int64_t n, row, column;
};

static struct grid grid_of(const struct fovea_winograd *s) {
    const int64_t rows = (s->h + 3) / 4, columns = (s->w + 3) / 4;
    return (struct grid){s->h, s->w, rows, columns, s->n * rows * columns};
}

static struct place place_of(const struct grid *grid, int64_t tile) {
    const int64_t row = tile / grid->columns, n = row / grid->rows;
    return (struct place){n, row - n * grid->rows, tile - row * grid->columns};
}

// parts: how many parts the tiles are cut into; threads / parts shares of the outputs' channels do each of them.
// chunk: tiles that are transformed at a time.
struct convolve {
    const struct fovea_winograd *shape;
    const float *x, *u, *bias, *residual;
    int relu;
    float *y;
    void *scratch;
    size_t slot_bytes;
    int64_t parts, chunk;
};

struct filters {
    const struct fovea_winograd *shape;
    const float *w;
    int turned;
    float *transformed;
};

struct gradient {
    const struct fovea_winograd *shape;
    const float *x, *dy;
    float *dw, *db;
    void *scratch;
    size_t slot_bytes;
    int64_t chunk;
};

// The kernels of one instruction set.
struct code {
    void (*convolve_slot)(const struct convolve *call, int64_t slot);
    void (*filters)(const struct filters *call, int64_t first, int64_t last);
    void (*gradient_slot)(const struct gradient *call, int64_t slot);
    void (*gradient_sum)(const struct gradient *call, int64_t first, int64_t last);
};

#if defined(__x86_64__)
#define BLOCK 16
#define ROWS 14
#define NAME(name) name##_avx512
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"), min_vector_width(512))), \
                             apply_to = function)
#include "winograd_transforms.h"
#include "winograd_kernels.h"
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
#include "winograd_kernels.h"
#if defined(__x86_64__)
#pragma clang attribute pop
#endif

int32_t fovea_winograd_block(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw"))
        return 16;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 8 : 0;
#elif defined(__aarch64__)
    return 8;
#else
    return 0;
#endif
}

static const struct code *code_for(const struct fovea_winograd *shape) {
#if defined(__x86_64__)
    if (shape->block == 16) return &code_avx512;
#endif
    (void)shape;
    return &code_eight;
}

static int64_t rounded(int64_t bytes) { return (bytes + 127) & ~(int64_t)127; }

size_t fovea_winograd_filter_bytes(const struct fovea_winograd *s) { return (size_t)(36 * s->c * s->o * 4); }

static void filters_part(int64_t first, int64_t last, const void *context) {
    const struct filters *call = context;
    code_for(call->shape)->filters(call, first, last);
}

void fovea_winograd_filters(const struct fovea_winograd *s, const float *w, int turned, float *transformed) {
    const struct filters call = {s, w, turned, transformed};
    const int64_t groups = (s->o + 2 * s->block - 1) / (2 * s->block);
    fovea_parallel(groups * ((s->c + FILTER_SLICE - 1) / FILTER_SLICE), 1, filters_part, &call);
}

#ifdef FOVEA_TUNE
int64_t tune_chunk, tune_gradient_chunk, tune_parts;
#endif

// How a convolution is cut.
static struct convolve cut(const struct fovea_winograd *s) {
    struct convolve call = {.shape = s, .parts = s->threads};
    const int64_t rows = s->block == 16 ? 14 : 6;
    call.chunk = 28 / rows * rows;
#ifdef FOVEA_TUNE
    if (tune_chunk) call.chunk = tune_chunk;
    if (tune_parts) call.parts = tune_parts;
#endif
    call.slot_bytes = (size_t)rounded(36 * 4 * (call.chunk * s->c + 16 + call.chunk * 2 * s->block + 16));
    return call;
}

size_t fovea_winograd_convolve_scratch(const struct fovea_winograd *s) { return cut(s).slot_bytes * (size_t)s->threads; }

static void convolve_part(int64_t first, int64_t last, const void *context) {
    const struct convolve *call = context;
    for (int64_t slot = first; slot < last; slot++) code_for(call->shape)->convolve_slot(call, slot);
}

void fovea_winograd_convolve(const struct fovea_winograd *s, const float *x, const float *transformed, const float *bias,
                             const float *residual, int relu, float *y, void *scratch) {
    struct convolve call = cut(s);
    call.x = x, call.u = transformed, call.bias = bias, call.residual = residual, call.relu = relu, call.y = y;
    call.scratch = scratch;
    fovea_parallel(s->threads, 1, convolve_part, &call);
}

static struct gradient cut_gradient(const struct fovea_winograd *s) {
    struct gradient call = {.shape = s, .chunk = 64};
#ifdef FOVEA_TUNE
    if (tune_gradient_chunk) call.chunk = tune_gradient_chunk;
#endif
    const int64_t floats = 36 * s->c * s->o + s->o + 36 * (call.chunk * (s->c + s->o) + 32);
    call.slot_bytes = (size_t)rounded(floats * 4);
    return call;
}

size_t fovea_winograd_gradient_scratch(const struct fovea_winograd *s) {
    return cut_gradient(s).slot_bytes * (size_t)s->threads;
}

static void gradient_part(int64_t first, int64_t last, const void *context) {
    const struct gradient *call = context;
    for (int64_t slot = first; slot < last; slot++) code_for(call->shape)->gradient_slot(call, slot);
}

static void gradient_sum_part(int64_t first, int64_t last, const void *context) {
    const struct gradient *call = context;
    code_for(call->shape)->gradient_sum(call, first, last);
}

void fovea_winograd_filter_gradient(const struct fovea_winograd *s, const float *x, const float *dy, float *dw, float *db,
                                    void *scratch) {
    struct gradient call = cut_gradient(s);
    call.x = x, call.dy = dy, call.dw = dw, call.db = db, call.scratch = scratch;
    fovea_parallel(s->threads, 1, gradient_part, &call);
    fovea_parallel(s->o / s->block * ((s->c + FILTER_SLICE - 1) / FILTER_SLICE), 1, gradient_sum_part, &call);
}
