// Convolutions in narrow groups and the gradients of their inputs: the choice of the kernel, how they walk over a map, and
// the cutting of the work. Kernels stand in grouped_kernels.h, compiled here for AVX-512 with blocks of 16 channels, in f32
// and bf16, and for AVX2 or NEON with blocks of 8 in f32. Gradients of filters are cut in grouped_gradient.c.

#include "include/grouped.h"

#include <math.h>

#include "grouped_parts.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define BLOCK 16
#define NAME(name) name##_avx512
#define BF16 0
#pragma clang attribute push(                                                                                         \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"), min_vector_width(512))), apply_to = function)
#include "grouped_kernels.h"
#pragma clang attribute pop
#undef NAME
#undef BF16
#define NAME(name) name##_bf16
#define BF16 1
#pragma clang attribute push(                                                                                         \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16,avx2,fma"), min_vector_width(512))),          \
    apply_to = function)
#include "grouped_kernels.h"
#pragma clang attribute pop
#undef BLOCK
#undef NAME
#undef BF16
#pragma clang attribute push(__attribute__((target("avx2,fma"), min_vector_width(256))), apply_to = function)
#endif
#define BLOCK 8
#define NAME(name) name##_eight
#define BF16 0
#include "grouped_kernels.h"
#if defined(__x86_64__)
#pragma clang attribute pop
#endif

int32_t fovea_grouped_block(int is_bf16, enum fovea_instruction_set instructions) {
#if defined(__aarch64__)
    (void)instructions;
    return is_bf16 ? 0 : 8;
#else
    switch (instructions) {
    case FOVEA_INSTRUCTIONS_ANY: return 0;
    case FOVEA_INSTRUCTIONS_AVX2: return is_bf16 ? 0 : 8;
    case FOVEA_INSTRUCTIONS_AVX512: return is_bf16 ? 0 : 16;
    case FOVEA_INSTRUCTIONS_AVX512_BF16: return 16;
    }
    return 0;
#endif
}

const struct grouped_code *fovea_grouped_code(const struct fovea_grouped *s) {
#if defined(__x86_64__)
    if (s->is_bf16) return &code_bf16;
    if (s->block == 16) return &code_avx512;
#endif
    (void)s;
    return &code_eight;
}

int fovea_grouped_suits(const struct fovea_grouped *s) {
    const int32_t block = fovea_grouped_block(s->is_bf16, s->instructions);
    if (!block || s->block > block || (s->is_bf16 && s->block != 16)) return 0;
    for (int axis = 0; axis < 2; axis++)
        if (s->stride[axis] > FOVEA_GROUPED_STEP || (s->stride[axis] > 1 && s->dilation[axis] > 1)) return 0;
    // A block's lanes read the channels of at most four blocks.
    if (s->width > s->block * 2 || (s->is_bf16 && s->width > 1 && s->width % 2)) return 0;
    return s->kernel[0] * s->kernel[1] <= FOVEA_GROUPED_TAPS && s->c % s->width == 0;
}

// What one axis of a phase reads: outputs begin at `start`.
static void walk_axis(struct walk *walk, struct phase *phase, int axis, int64_t start) {
    const struct fovea_grouped *s = walk->shape;
    const int64_t step = s->stride[axis], extent = axis ? walk->out.w : walk->out.h;
    phase->start[axis] = start;
    phase->count[axis] = (extent - start + walk->out_step[axis] - 1) / walk->out_step[axis];
    phase->taps[axis] = 0;
    for (int64_t k = 0; k < s->kernel[axis]; k++) {
        // In ascending order of what is read.
        const int64_t element = walk->turned ? s->kernel[axis] - 1 - k : k;
        const int64_t reach = element * s->dilation[axis] - s->before[axis];
        if (walk->turned && (start - reach) % step) continue;
        const int64_t offset = walk->turned ? (start - reach) / step : reach, tap = phase->taps[axis]++;
        phase->offset[axis][tap] = offset;
        phase->element[axis][tap] = (int32_t)element;
        walk->least_offset[axis] = smaller(walk->least_offset[axis], offset);
        walk->most_offset[axis] = larger(walk->most_offset[axis], offset);
    }
    walk->most_count[axis] = larger(walk->most_count[axis], phase->count[axis]);
}

static struct walk walk_of(const struct fovea_grouped *s, int turned, void *scratch) {
    struct walk walk = {.shape = s, .turned = turned, .blocks = (s->c + s->block - 1) / s->block};
    walk.in = turned ? map_of(s, NULL, s->y_h, s->y_w) : map_of(s, NULL, s->h, s->w);
    walk.out = turned ? map_of(s, NULL, s->h, s->w) : map_of(s, NULL, s->y_h, s->y_w);
    walk.pairing = !s->is_bf16 ? SINGLE : s->width == 1 ? PIXELS : CHANNELS;
    walk.depth = walk.pairing == CHANNELS ? s->width / 2 : s->width;
    walk.apart = s->dilation[1];
    for (int axis = 0; axis < 2; axis++) {
        walk.in_step[axis] = turned ? 1 : s->stride[axis];
        walk.out_step[axis] = turned ? s->stride[axis] : 1;
        walk.least_offset[axis] = INT64_MAX;
        walk.most_offset[axis] = INT64_MIN;
    }
    for (int64_t row = 0; row < walk.out_step[0]; row++)
        for (int64_t column = 0; column < walk.out_step[1]; column++) {
            struct phase *phase = &walk.phase[walk.phases++];
            walk_axis(&walk, phase, 0, row);
            walk_axis(&walk, phase, 1, column);
            const int64_t entries = walk.pairing == PIXELS ? (phase->taps[1] + 1) / 2 : phase->taps[1];
            phase->block_weights = phase->taps[0] * entries * walk.depth * s->block;
            phase->weights = walk.packed_units;
            walk.packed_units += phase->block_weights * walk.blocks;
        }
    walk.rows = walk.most_offset[0] - walk.least_offset[0] + 1;
    const int64_t line = walk.depth * s->block, reach = walk.most_offset[1] - walk.least_offset[1];
    const int64_t fitting = (RING / 4 / line / walk.rows - reach - 1) / walk.in_step[1] + 1;
    walk.strip = smaller(larger(fitting / 14 * 14, 14), larger(walk.most_count[1], 1));
    walk.ring_units = rounded(walk.rows * ((walk.strip - 1) * walk.in_step[1] + reach + 1) * line);
    walk.fixed_units = rounded(walk.packed_units) + rounded(walk.blocks * s->block);
    walk.packed = aligned(scratch);
    walk.biases = walk.packed + rounded(walk.packed_units);
    walk.rings = walk.packed + walk.fixed_units;
    return walk;
}

size_t fovea_grouped_scratch(const struct fovea_grouped *s, enum fovea_grouped_kind kind) {
    if (kind == FOVEA_GROUPED_FILTER_GRADIENT) return fovea_grouped_gradient_scratch(s);
    const struct walk walk = walk_of(s, kind == FOVEA_GROUPED_INPUT_GRADIENT, NULL);
    return (size_t)(walk.fixed_units + s->threads * walk.ring_units) * 4 + 64;
}

// The weight that an output channel's lane meets in register `deep`.
static float weight(const struct walk *walk, int64_t c, int64_t deep, int64_t row, int64_t column) {
    const struct fovea_grouped *s = walk->shape;
    const int64_t group = c / s->width * s->width;
    const int64_t o = walk->turned ? group + deep : c, i = walk->turned ? c - group : deep;
    const int64_t at = ((o * s->width + i) * s->kernel[0] + row) * s->kernel[1] + column;
    if (!s->is_bf16) return ((const float *)walk->w)[at];
    const uint32_t bits = (uint32_t)((const uint16_t *)walk->w)[at] << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

// Two weights as a pair of bf16, which they are.
static float pair(float first, float second) {
    uint32_t low, high;
    memcpy(&low, &first, 4);
    memcpy(&high, &second, 4);
    const uint32_t both = low >> 16 | (high & 0xFFFF0000);
    float value;
    memcpy(&value, &both, 4);
    return value;
}

// Blocks first ..< last of the weights, in the order in which they are multiplied: (rows, columns, depth, lanes).
static void pack(int64_t first, int64_t last, const void *context) {
    const struct walk *walk = context;
    const struct fovea_grouped *s = walk->shape;
    for (int64_t f = 0; f < walk->phases; f++) {
        const struct phase *phase = &walk->phase[f];
        float *out = walk->packed + phase->weights + first * phase->block_weights;
        const int64_t step = walk->pairing == PIXELS ? 2 : 1;
        for (int64_t b = first; b < last; b++)
            for (int64_t i = 0; i < phase->taps[0]; i++)
                for (int64_t j = 0; j < phase->taps[1]; j += step)
                    for (int64_t k = 0; k < walk->depth; k++)
                        for (int64_t lane = 0; lane < s->block; lane++, out++) {
                            const int64_t c = b * s->block + lane, row = phase->element[0][i];
                            const int64_t column = phase->element[1][j];
                            if (c >= s->c) *out = 0;
                            else if (walk->pairing == SINGLE) *out = weight(walk, c, k, row, column);
                            else if (walk->pairing == CHANNELS)
                                *out = pair(weight(walk, c, 2 * k, row, column), weight(walk, c, 2 * k + 1, row, column));
                            else
                                *out = pair(weight(walk, c, 0, row, column),
                                            j + 1 < phase->taps[1] ? weight(walk, c, 0, row, phase->element[1][j + 1]) : 0);
                        }
    }
}

// Slots first ..< last of the threads: a part of the planes.
static void slots(int64_t first, int64_t last, const void *context) {
    const struct walk *walk = context;
    const struct fovea_grouped *s = walk->shape;
    const int64_t planes = walk->blocks * s->n;
    for (int64_t slot = first; slot < last; slot++)
        for (int64_t plane = planes * slot / s->threads; plane < planes * (slot + 1) / s->threads; plane++)
            fovea_grouped_code(s)->plane(walk, plane / walk->blocks, plane % walk->blocks,
                                         walk->rings + slot * walk->ring_units);
}

static void run(struct walk *walk, const void *in, const void *w, const float *bias, float least, float most, void *out) {
    const struct fovea_grouped *s = walk->shape;
    walk->in.start = (char *)in;
    walk->out.start = out;
    walk->w = w;
    walk->least = least;
    walk->most = most;
    memset(walk->biases, 0, (size_t)(walk->blocks * s->block * 4));
    if (bias) memcpy(walk->biases, bias, (size_t)s->c * 4);
    fovea_parallel(walk->blocks, 4, pack, walk);
    fovea_parallel(s->threads, 1, slots, walk);
}

void fovea_grouped_convolve(const struct fovea_grouped *s, const void *x, const void *w, const float *bias, float least,
                            float most, void *y, void *scratch) {
    struct walk walk = walk_of(s, 0, scratch);
    run(&walk, x, w, bias, least, most, y);
}

void fovea_grouped_input_gradient(const struct fovea_grouped *s, const void *dy, const void *w, void *dx, void *scratch) {
    struct walk walk = walk_of(s, 1, scratch);
    run(&walk, dy, w, NULL, -INFINITY, INFINITY, dx);
}
