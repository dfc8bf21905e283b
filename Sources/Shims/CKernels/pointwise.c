// Gradients of the filters of 1 x 1 convolutions in bf16. Processors multiply pairs of bf16 and add both products, so
// pixels are taken in pairs: a chunk of pairs of every block is interleaved into the cache (a pair's 16 channels as 16
// words), then tiles of 8 channels of one side by up to 48 of the other are summed in registers. Few filters: every
// thread takes a part of the pixels and sums for itself. Many: every thread takes a part of the filters.

#include "include/pointwise.h"

#include <string.h>

#include "include/parallel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// A block of channels, channels of a tile's rows, most blocks across a tile, and pairs of a chunk: a tile's part of a
// chunk fits the first cache, a chunk of all channels the second.
enum { BLOCK = 16, ROWS = 8, ACROSS = 3, MOST_PAIRS = 128, LEAST_PAIRS = 32, CHUNK_LINES = 6144 };
// Numbers above which sums of threads' own would leave the cache.
enum { OWN_SUMS = 128 << 10 };

// One side of the product: blocks of channels.
struct side {
    const uint16_t *in;
    int64_t channels, blocks;
};

struct call {
    const struct fovea_pointwise *shape;
    // Broadcast down a tile's rows, and lying across it. `turned`: rows are inputs, so that dw is written column by column.
    struct side rows, across;
    int turned;
    int64_t halves, groups, pairs, chunk;
    // Threads split pixels, or else groups.
    int64_t pixel_parts, group_parts;
    uint16_t *packed;
    float *sums, *dw;
    int64_t packed_step, sums_step;
};

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static struct call call_of(const struct fovea_pointwise *s, void *scratch) {
    struct call call = {.shape = s};
    const struct side x = {NULL, s->c, (s->c + BLOCK - 1) / BLOCK}, dy = {NULL, s->o, (s->o + BLOCK - 1) / BLOCK};
    call.turned = x.blocks < ACROSS && x.blocks < dy.blocks;
    call.across = call.turned ? dy : x;
    call.rows = call.turned ? x : dy;
    call.halves = (call.rows.channels + ROWS - 1) / ROWS;
    call.groups = (call.across.blocks + ACROSS - 1) / ACROSS;
    call.pairs = s->n * ((s->positions + 1) / 2);
    call.chunk = larger(LEAST_PAIRS, smaller(MOST_PAIRS, CHUNK_LINES / (x.blocks + dy.blocks)));
    call.sums_step = call.halves * ROWS * call.across.blocks * BLOCK;
    call.packed_step = (x.blocks + dy.blocks) * call.chunk * 2 * BLOCK;
    const int splits_pixels = call.sums_step <= OWN_SUMS;
    call.pixel_parts = splits_pixels ? s->threads : 1;
    call.group_parts = splits_pixels ? 1 : s->threads;
    call.sums = scratch;
    call.packed = (uint16_t *)(call.sums + call.pixel_parts * call.sums_step);
    return call;
}

size_t fovea_pointwise_scratch(const struct fovea_pointwise *s) {
    const struct call call = call_of(s, NULL);
    return (size_t)(call.pixel_parts * call.sums_step * 4 + s->threads * call.packed_step * 2);
}

// One instruction set: `interleave` makes lines of pairs of pixels (the second of `odd`'s last pair is 0); the product of 8
// rows, every second half line of `a`, with V blocks `b`, `step` apart, is added to sums (8, V, 16), or begins them.
struct code {
    void (*interleave)(const uint16_t *in, int64_t pairs, int odd, uint16_t *out);
    void (*product[ACROSS])(const uint16_t *a, const uint16_t *b, int64_t step, int64_t pairs, int add, float *sums);
};

static void interleave_any(const uint16_t *in, int64_t pairs, int odd, uint16_t *out) {
    for (int64_t k = 0; k < pairs; k++)
        for (int64_t lane = 0; lane < BLOCK; lane++) {
            out[(k * BLOCK + lane) * 2] = in[k * 2 * BLOCK + lane];
            out[(k * BLOCK + lane) * 2 + 1] = odd && k == pairs - 1 ? 0 : in[(k * 2 + 1) * BLOCK + lane];
        }
}

static float real(uint16_t half) {
    const uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static void product_any(int across, const uint16_t *a, const uint16_t *b, int64_t step, int64_t pairs, int add,
                        float *sums) {
    if (!add) memset(sums, 0, (size_t)(ROWS * across * BLOCK) * 4);
    for (int64_t k = 0; k < pairs; k++)
        for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < across; v++)
                for (int lane = 0; lane < BLOCK; lane++) {
                    const uint16_t *one = a + (k * BLOCK + r) * 2, *other = b + v * step + (k * BLOCK + lane) * 2;
                    sums[(r * across + v) * BLOCK + lane] += real(one[0]) * real(other[0]) + real(one[1]) * real(other[1]);
                }
}

#define PRODUCT(kind, attributes, V)                                                                                  \
    attributes static void product_##kind##_##V(const uint16_t *a, const uint16_t *b, int64_t step, int64_t pairs,    \
                                                int add, float *sums) {                                               \
        product_##kind(V, a, b, step, pairs, add, sums);                                                              \
    }
#define PRODUCTS(kind, attributes) PRODUCT(kind, attributes, 1) PRODUCT(kind, attributes, 2) PRODUCT(kind, attributes, 3)
PRODUCTS(any, )
static const struct code code_any = {interleave_any, {product_any_1, product_any_2, product_any_3}};

#if defined(__x86_64__)
#define BF16 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16"), min_vector_width(512)))

BF16 static void interleave_bf16(const uint16_t *in, int64_t pairs, int odd, uint16_t *out) {
    uint16_t order[2 * BLOCK];
    for (int lane = 0; lane < BLOCK; lane++) {
        order[2 * lane] = (uint16_t)lane;
        order[2 * lane + 1] = (uint16_t)(BLOCK + lane);
    }
    const __m512i places = _mm512_loadu_si512(order);
    const int64_t whole = pairs - odd;
    for (int64_t k = 0; k < whole; k++)
        _mm512_storeu_si512(out + k * 2 * BLOCK, _mm512_permutexvar_epi16(places, _mm512_loadu_si512(in + k * 2 * BLOCK)));
    if (odd)
        _mm512_storeu_si512(out + whole * 2 * BLOCK,
                            _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(in + whole * 2 * BLOCK))));
}

BF16 static inline __attribute__((always_inline)) void product_bf16(int across, const uint16_t *a, const uint16_t *b,
                                                                    int64_t step, int64_t pairs, int add, float *sums) {
    __m512 tile[ROWS][ACROSS];
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < across; v++)
            tile[r][v] = add ? _mm512_loadu_ps(sums + (r * across + v) * BLOCK) : _mm512_setzero_ps();
    for (int64_t k = 0; k < pairs; k++) {
        __m512bh line[ACROSS];
        for (int v = 0; v < across; v++) line[v] = (__m512bh)_mm512_loadu_si512(b + v * step + k * 2 * BLOCK);
        for (int r = 0; r < ROWS; r++) {
            int32_t pair;
            memcpy(&pair, a + (k * BLOCK + r) * 2, 4);
            const __m512bh both = (__m512bh)_mm512_set1_epi32(pair);
            for (int v = 0; v < across; v++) tile[r][v] = _mm512_dpbf16_ps(tile[r][v], both, line[v]);
        }
    }
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < across; v++) _mm512_storeu_ps(sums + (r * across + v) * BLOCK, tile[r][v]);
}

PRODUCTS(bf16, BF16)
static const struct code code_bf16 = {interleave_bf16, {product_bf16_1, product_bf16_2, product_bf16_3}};
#endif

static const struct code *code_of(const struct fovea_pointwise *s) {
#if defined(__x86_64__)
    if (s->instructions == FOVEA_INSTRUCTIONS_AVX512_BF16) return &code_bf16;
#endif
    (void)s;
    return &code_any;
}

// Pairs first ..< last of one block: (pairs, 16, 2). A picture's last pair has one pixel if their number is odd.
static void pack(const struct call *call, const struct code *code, const struct side *side, int64_t b, int64_t first,
                 int64_t last, uint16_t *out) {
    const int64_t positions = call->shape->positions, pairs = (positions + 1) / 2;
    for (int64_t k = first; k < last;) {
        const int64_t n = k / pairs, start = k - n * pairs, end = smaller(pairs, start + last - k);
        code->interleave(side->in + ((n * side->blocks + b) * positions + start * 2) * BLOCK, end - start,
                         end == pairs && positions % 2, out + (k - first) * 2 * BLOCK);
        k += end - start;
    }
}

// Slots first ..< last of the threads: a part of the pixels for all filters, or all pixels for a part of them.
static void products(int64_t first, int64_t last, const void *context) {
    const struct call *call = context;
    const struct code *const kernels = code_of(call->shape);
    for (int64_t slot = first; slot < last; slot++) {
        const int64_t p = slot % call->pixel_parts, g = slot / call->pixel_parts;
        const int64_t from = call->pairs * p / call->pixel_parts, to = call->pairs * (p + 1) / call->pixel_parts;
        const int64_t first_group = call->groups * g / call->group_parts;
        const int64_t last_group = call->groups * (g + 1) / call->group_parts;
        const int64_t first_block = call->across.blocks * first_group / call->groups;
        const int64_t last_block = call->across.blocks * last_group / call->groups;
        const int64_t step = call->chunk * 2 * BLOCK;
        uint16_t *const rows = call->packed + slot * call->packed_step, *const across = rows + call->rows.blocks * step;
        float *const sums = call->sums + p * call->sums_step;
        for (int64_t start = from; start < to || start == from; start += call->chunk) {
            const int64_t end = smaller(start + call->chunk, to);
            for (int64_t b = 0; b < call->rows.blocks && first_block < last_block; b++)
                pack(call, kernels, &call->rows, b, start, end, rows + b * step);
            for (int64_t b = first_block; b < last_block; b++)
                pack(call, kernels, &call->across, b, start, end, across + b * step);
            for (int64_t group = first_group; group < last_group; group++) {
                const int64_t b = call->across.blocks * group / call->groups;
                const int64_t count = call->across.blocks * (group + 1) / call->groups - b;
                for (int64_t half = 0; half < call->halves; half++)
                    kernels->product[count - 1](
                        rows + half / 2 * step + half % 2 * BLOCK, across + b * step, step, end - start, start > from,
                        sums + (b * call->halves + half * count) * ROWS * BLOCK);
            }
        }
    }
}

// Items first ..< last of groups times halves: the sums of all parts to dw.
static void gather(int64_t first, int64_t last, const void *context) {
    const struct call *call = context;
    for (int64_t item = first; item < last; item++) {
        const int64_t group = item / call->halves, half = item % call->halves;
        const int64_t b = call->across.blocks * group / call->groups;
        const int64_t count = call->across.blocks * (group + 1) / call->groups - b;
        float *const tile = call->sums + (b * call->halves + half * count) * ROWS * BLOCK;
        for (int64_t part = 1; part < call->pixel_parts; part++)
            for (int64_t k = 0; k < count * ROWS * BLOCK; k++) tile[k] += tile[part * call->sums_step + k];
        const int64_t width = smaller(count * BLOCK, call->across.channels - b * BLOCK);
        for (int64_t r = 0; r < smaller(ROWS, call->rows.channels - half * ROWS); r++) {
            const int64_t row = half * ROWS + r, column = b * BLOCK;
            const float *from = tile + r * count * BLOCK;
            if (call->turned) {
                for (int64_t k = 0; k < width; k++) call->dw[(column + k) * call->shape->c + row] = from[k];
            } else {
                memcpy(call->dw + row * call->shape->c + column, from, (size_t)width * 4);
            }
        }
    }
}

void fovea_pointwise_filter_gradient(const struct fovea_pointwise *s, const uint16_t *x, const uint16_t *dy, float *dw,
                                     void *scratch) {
    struct call call = call_of(s, scratch);
    call.rows.in = call.turned ? x : dy;
    call.across.in = call.turned ? dy : x;
    call.dw = dw;
    fovea_parallel(s->threads, 1, products, &call);
    fovea_parallel(call.groups * call.halves, 16, gather, &call);
}
