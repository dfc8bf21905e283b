// The kernels of grouped convolutions, compiled by grouped.c for each instruction set and type: BLOCK channels side by side,
// NAME for what must differ by name, BF16 whether numbers are multiplied in pairs of bf16 (with AVX-512 alone).

typedef float NAME(vector) __attribute__((ext_vector_type(BLOCK), aligned(4)));
#define VECTOR NAME(vector)
#define LOAD(from) (*(const VECTOR *)(from))
#define STORE(to, value) (*(VECTOR *)(to) = (value))
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#if BF16
#define PRODUCT(sum, a, b) ((VECTOR)_mm512_dpbf16_ps((__m512)(sum), (__m512bh)(a), (__m512bh)(b)))
#else
#define PRODUCT(sum, a, b) ((sum) + (a) * (b))
#endif

#include "grouped_lines.h"

INLINE void NAME(write_pixel)(char *to, VECTOR value, int64_t lanes) {
#if BF16
    const __m256i halves = (__m256i)_mm512_cvtneps_pbh((__m512)value);
    if (lanes == BLOCK) _mm256_storeu_si256((__m256i *)to, halves);
    else _mm256_mask_storeu_epi16(to, (__mmask16)((1u << lanes) - 1), halves);
#else
    if (lanes == BLOCK) STORE(to, value);
    else memcpy(to, &value, (size_t)lanes * 4);
#endif
}

// Where one row of outputs reads: rows of the window at the first output, NULL where they are not in the picture, and floats
// from there to its columns.
struct NAME(reads) {
    const float *rows[FOVEA_GROUPED_TAPS];
    int64_t columns[FOVEA_GROUPED_TAPS], entries, count;
    const float *w, *bias;
    int64_t lanes;
};

// `count` outputs of one row from the `at`th on: products of lines with packed weights. depth: registers of a pixel; step:
// floats from what one output reads to the next one's.
INLINE void NAME(outputs)(int count, int64_t depth, int64_t step, const struct walk *walk, const struct NAME(reads) *reads,
                          int64_t at, char *out) {
    const float *w = reads->w;
    VECTOR sums[14];
    UNROLL for (int p = 0; p < count; p++) sums[p] = LOAD(reads->bias);
    for (int64_t i = 0; i < reads->count; i++) {
        if (!reads->rows[i]) {
            w += reads->entries * depth * BLOCK;
            continue;
        }
        const float *const row = reads->rows[i] + at * step;
        for (int64_t j = 0; j < reads->entries; j++) {
            const float *from = row + reads->columns[j];
            for (int64_t k = 0; k < depth; k++, w += BLOCK, from += BLOCK) {
                const VECTOR filter = LOAD(w);
                UNROLL for (int p = 0; p < count; p++) sums[p] = PRODUCT(sums[p], LOAD(from + p * step), filter);
            }
        }
    }
    const float least = walk->least, most = walk->most;
    UNROLL for (int p = 0; p < count; p++) {
        // Written so, what is not a number stays so.
        VECTOR y = sums[p];
        y = y < least ? (VECTOR)least : y;
        y = y > most ? (VECTOR)most : y;
        NAME(write_pixel)(out + p * walk->out_step[1] * walk->out.pixel, y, reads->lanes);
    }
}

// `total` outputs of one row.
INLINE void NAME(row_of)(int64_t depth, int64_t step, const struct walk *walk, const struct NAME(reads) *reads, int64_t total,
                         char *out) {
    for (int64_t at = 0; at < total;) {
        const int64_t left = total - at, now = left >= 14 ? 14 : left >= 7 ? 7 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
        char *const to = out + at * walk->out_step[1] * walk->out.pixel;
        switch (now) {
        case 14: NAME(outputs)(14, depth, step, walk, reads, at, to); break;
        case 7: NAME(outputs)(7, depth, step, walk, reads, at, to); break;
        case 4: NAME(outputs)(4, depth, step, walk, reads, at, to); break;
        case 2: NAME(outputs)(2, depth, step, walk, reads, at, to); break;
        case 1: NAME(outputs)(1, depth, step, walk, reads, at, to); break;
        }
        at += now;
    }
}

// With the usual depths and steps known, addresses are constants.
#define ROW(deep, steps)                                                                                              \
    static void NAME(row_##deep##_##steps)(const struct walk *walk, const struct NAME(reads) *reads, int64_t total,   \
                                           char *out) {                                                               \
        NAME(row_of)(deep, deep * steps * BLOCK, walk, reads, total, out);                                            \
    }
ROW(1, 1) ROW(1, 2) ROW(2, 1) ROW(2, 2) ROW(4, 1) ROW(4, 2) ROW(8, 1) ROW(8, 2)
#undef ROW

static void NAME(row_any)(const struct walk *walk, const struct NAME(reads) *reads, int64_t total, char *out) {
    NAME(row_of)(walk->depth, walk->in_step[1] * walk->depth * BLOCK, walk, reads, total, out);
}

typedef void (*NAME(row_kernel))(const struct walk *walk, const struct NAME(reads) *reads, int64_t total, char *out);

static NAME(row_kernel) NAME(row_kernel_of)(const struct walk *walk) {
    const int two = walk->in_step[1] == 2;
    if (walk->in_step[1] > 2) return NAME(row_any);
    switch (walk->depth) {
    case 1: return two ? NAME(row_1_2) : NAME(row_1_1);
    case 2: return two ? NAME(row_2_2) : NAME(row_2_1);
    case 4: return two ? NAME(row_4_2) : NAME(row_4_1);
    case 8: return two ? NAME(row_8_2) : NAME(row_8_1);
    }
    return NAME(row_any);
}

// A block of channels of one picture.
static void NAME(plane)(const struct walk *walk, int64_t n, int64_t block, float *ring) {
    const struct fovea_grouped *s = walk->shape;
    const int64_t depth = walk->depth;
    const int64_t pair = walk->pairing == PIXELS ? 2 : 1;
    const NAME(row_kernel) row_kernel = NAME(row_kernel_of)(walk);
    struct lines lines = {.map = &walk->in, .pairing = walk->pairing, .width = s->width, .depth = depth,
                          .apart = walk->apart, .rows = walk->rows, .units = ring};
    aim(&lines, s, block);
    lines.picture = walk->in.start + n * walk->in.picture + lines.base / s->block * walk->in.block;
    char *const out = walk->out.start + n * walk->out.picture + block * walk->out.block;
    const int64_t lanes = s->channels_last ? lines.lanes : BLOCK;
    for (int64_t start = 0; start < walk->most_count[1]; start += walk->strip) {
        const int64_t end = smaller(start + walk->strip, walk->most_count[1]);
        lines.first = start * walk->in_step[1] + walk->least_offset[1];
        lines.count = (end - 1) * walk->in_step[1] + walk->most_offset[1] + 1 - lines.first;
        lines.next = 0;
        for (int64_t t = 0; t < walk->most_count[0]; t++) {
            const int64_t top = t * walk->in_step[0];
            NAME(read_rows)(&lines, top + walk->least_offset[0], top + walk->most_offset[0]);
            for (int64_t f = 0; f < walk->phases; f++) {
                const struct phase *phase = &walk->phase[f];
                if (t >= phase->count[0]) continue;
                struct NAME(reads) reads;
                reads.entries = 0;
                reads.count = phase->taps[0];
                reads.bias = walk->biases + block * BLOCK;
                reads.lanes = lanes;
                for (int64_t j = 0; j < phase->taps[1]; j += pair)
                    reads.columns[reads.entries++] = (phase->offset[1][j] - walk->least_offset[1]) * depth * BLOCK;
                for (int64_t i = 0; i < phase->taps[0]; i++) {
                    const int64_t r = top + phase->offset[0][i];
                    reads.rows[i] =
                        r < 0 || r >= walk->in.h ? NULL : ring + r % lines.rows * lines.count * depth * BLOCK;
                }
                reads.w = walk->packed + phase->weights + block * phase->block_weights;
                row_kernel(walk, &reads, smaller(end, phase->count[1]) - start,
                           out + (phase->start[0] + t * walk->out_step[0]) * walk->out.row
                               + (phase->start[1] + start * walk->out_step[1]) * walk->out.pixel);
            }
        }
    }
}

// Sums of products of a row of dy with lines of x, for some elements of the window and some of their registers.
INLINE void NAME(taps)(int count, int deep, const float *const *from, int64_t step, const float *dy, int64_t units,
                       float *sums, int64_t apart) {
    VECTOR totals[24];
    UNROLL for (int t = 0; t < count; t++)
        UNROLL for (int k = 0; k < deep; k++) totals[t * deep + k] = LOAD(sums + t * apart + k * BLOCK);
    for (int64_t p = 0; p < units; p++) {
        const VECTOR g = LOAD(dy + p * BLOCK);
        UNROLL for (int t = 0; t < count; t++)
            UNROLL for (int k = 0; k < deep; k++)
                totals[t * deep + k] = PRODUCT(totals[t * deep + k], LOAD(from[t] + p * step + k * BLOCK), g);
    }
    UNROLL for (int t = 0; t < count; t++)
        UNROLL for (int k = 0; k < deep; k++) STORE(sums + t * apart + k * BLOCK, totals[t * deep + k]);
}

#define TAPS(count, deep) case count: NAME(taps)(count, deep, from, step, dy, units, sums, apart); break;
static void NAME(one_deep)(int64_t count, const float *const *from, int64_t step, const float *dy, int64_t units,
                           float *sums, int64_t apart) {
    switch (count) {
        TAPS(1, 1) TAPS(2, 1) TAPS(3, 1) TAPS(4, 1) TAPS(5, 1) TAPS(6, 1) TAPS(7, 1)
        TAPS(8, 1) TAPS(9, 1) TAPS(10, 1) TAPS(11, 1) TAPS(12, 1) TAPS(13, 1) TAPS(14, 1)
    }
}

static void NAME(four_deep)(int64_t count, const float *const *from, int64_t step, const float *dy, int64_t units,
                            float *sums, int64_t apart) {
    switch (count) { TAPS(1, 4) TAPS(2, 4) TAPS(3, 4) }
}

static void NAME(eight_deep)(int64_t count, const float *const *from, int64_t step, const float *dy, int64_t units,
                             float *sums, int64_t apart) {
    switch (count) { TAPS(1, 8) TAPS(2, 8) TAPS(3, 8) }
}
#undef TAPS

// A row of dy, as it is multiplied: (units, block).
INLINE void NAME(read_gradients)(const struct map *map, const char *row, int64_t first, int64_t count, int64_t lanes,
                                 float *out) {
    char whole[2][BLOCK * 4] __attribute__((aligned(64))) = {{0}};
#if BF16
    const __m512i order = NAME(pair_order)();
#endif
    for (int64_t p = 0; p < count; p += BF16 ? 2 : 1, out += BLOCK) {
        const char *from[2] = {row + (first + p) * map->pixel, p + 1 < count ? row + (first + p + 1) * map->pixel : NULL};
        for (int k = 0; k < (BF16 ? 2 : 1); k++)
            if (lanes < BLOCK && from[k]) from[k] = memcpy(whole[k], from[k], (size_t)(lanes * map->size));
#if BF16
        const __m512i second = from[1] ? HALF(from[1]) : _mm512_setzero_si512();
        _mm512_storeu_si512(out, _mm512_permutex2var_epi16(HALF(from[0]), order, second));
#else
        STORE(out, LOAD(from[0]));
#endif
    }
}

static void NAME(gradient)(const struct gradient *call, int64_t n, int64_t block, float *ring, float *sums) {
    const struct fovea_grouped *s = call->shape;
    const int64_t depth = call->depth, apart = depth * BLOCK, pixel = depth * BLOCK;
    struct lines lines = {.map = &call->x, .pairing = call->pairing, .width = s->width, .depth = depth,
                          .apart = s->stride[1], .rows = call->rows, .units = ring};
    aim(&lines, s, block);
    lines.picture = call->x.start + n * call->x.picture + lines.base / s->block * call->x.block;
    const char *const gradients = call->dy.start + n * call->dy.picture + block * call->dy.block;
    float *const dy = ring + call->ring_units;
    const int64_t lanes = s->channels_last ? lines.lanes : BLOCK;
    const int64_t most = depth == 1 ? 14 : 3, deep = depth % 8 == 0 ? 8 : depth % 4 == 0 ? 4 : 1;
    for (int64_t start = 0; start < s->y_w; start += call->strip) {
        const int64_t end = smaller(start + call->strip, s->y_w), units = (end - start + BF16) / (1 + BF16);
        lines.first = start * s->stride[1] - s->before[1];
        lines.count = (end - 1 - start) * s->stride[1] + (s->kernel[1] - 1) * s->dilation[1] + 1;
        lines.next = 0;
        for (int64_t y = 0; y < s->y_h; y++) {
            const int64_t top = y * s->stride[0] - s->before[0];
            NAME(read_rows)(&lines, top, top + (s->kernel[0] - 1) * s->dilation[0]);
            NAME(read_gradients)(&call->dy, gradients + y * call->dy.row, start, end - start, lanes, dy);
            const float *from[FOVEA_GROUPED_TAPS];
            int64_t count = 0, skipped = 0;
            for (int64_t i = 0; i < s->kernel[0]; i++) {
                const int64_t r = top + i * s->dilation[0];
                if (r < 0) skipped += s->kernel[1];
                if (r < 0 || r >= s->h) continue;
                for (int64_t j = 0; j < s->kernel[1]; j++)
                    from[count++] = ring + (r % lines.rows * lines.count + j * s->dilation[1]) * pixel;
            }
            const int64_t step = s->stride[1] * pixel * (1 + BF16), groups = (count + most - 1) / most;
            for (int64_t g = 0; g < groups; g++) {
                const int64_t first = count * g / groups, size = count * (g + 1) / groups - first;
                for (int64_t k = 0; k < depth; k += deep) {
                    float *const to = sums + ((skipped + first) * depth + k) * BLOCK;
                    (deep == 8 ? NAME(eight_deep) : deep == 4 ? NAME(four_deep) : NAME(one_deep))(
                        size, from + first, step, dy, units, to, apart);
                    if (k + deep < depth)
                        for (int64_t t = first; t < first + size; t++) from[t] += deep * BLOCK;
                }
            }
        }
    }
}

static const struct grouped_code NAME(code) = {NAME(plane), NAME(gradient)};

#undef VECTOR
#undef LOAD
#undef STORE
#undef INLINE
#undef UNROLL
#undef PRODUCT
#undef HALF
