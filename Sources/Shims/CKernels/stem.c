#include "include/stem.h"

#include <string.h>

#include "include/instructions.h"
#include "include/parallel.h"

// Processors multiply pairs of bf16 and add both products: two neighbouring outputs of 16 channels meet, for each element of
// the window, the two pixels of x that they saw there, which stand side by side in pair rows. A pair is one number for all
// channels of y, so it is read as a broadcast.

// BLOCK: channels of y side by side. PARTS: of the pictures, of which sums are kept. MOST_TAPS: sums in registers.
enum { BLOCK = 16, PARTS = 4, MOST_TAPS = 27 };

struct call {
    const struct fovea_stem *shape;
    const uint16_t *x, *dy;
    float *dw, *sums;
    int64_t blocks, taps, parts, width;  // width: pairs in a row, with the borders
    int64_t pairs_units, row_units, sums_units;
    char *own;  // of each thread: pair rows of a picture, a row of dy, sums of a picture
};

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t rounded(int64_t units) { return (units + 15) / 16 * 16; }

static struct call call_of(const struct fovea_stem *s, void *scratch) {
    struct call call = {.shape = s, .blocks = (s->o + BLOCK - 1) / BLOCK, .taps = s->c * s->kernel[0] * s->kernel[1]};
    call.parts = smaller(PARTS, s->n);
    call.width = (s->y_w + s->y_w % 2 - 1) * s->stride[1] + s->kernel[1];
    call.pairs_units = rounded(s->c * s->h * call.width);
    call.row_units = (s->y_w + 1) / 2 * BLOCK;
    call.sums_units = call.blocks * call.taps * BLOCK;
    call.sums = (float *)(((uintptr_t)scratch + 63) / 64 * 64);
    call.own = (char *)(call.sums + call.parts * call.sums_units);
    return call;
}

static int64_t own_units(const struct call *call) {
    return call->pairs_units + call->row_units + call->sums_units;
}

size_t fovea_stem_scratch(const struct fovea_stem *s) {
    const struct call call = call_of(s, NULL);
    return (size_t)(call.parts * call.sums_units + s->threads * own_units(&call)) * 4 + 64;
}

int fovea_stem_suits(const struct fovea_stem *s) {
    if (fovea_instructions() != FOVEA_INSTRUCTIONS_AVX512_BF16 || s->c > 4 || s->kernel[0] > 11) return 0;
    const int64_t kw = s->kernel[1];
    return kw == 3 || kw == 4 || kw == 5 || kw == 7 || kw == 11;
}

// Pixels x and x + step of every row, from the left border on; 0 beyond the picture.
static void pair_rows(const struct call *call, int64_t n, uint32_t *out) {
    const struct fovea_stem *s = call->shape;
    const int64_t step = s->stride[1], before = s->before[1];
    for (int64_t r = 0; r < s->c * s->h; r++, out += call->width) {
        const uint16_t *row = call->x + (n * s->c * s->h + r) * s->w;
        for (int64_t p = 0; p < call->width; p++) {
            const int64_t x = p - before;
            if (x >= 0 && x + step < s->w) {
                // Most of them, in a loop of their own.
                const int64_t last = smaller(call->width, s->w - step + before);
                for (; p < last; p++) out[p] = row[p - before] | (uint32_t)row[p - before + step] << 16;
                p--;
                continue;
            }
            const uint32_t first = x >= 0 && x < s->w ? row[x] : 0;
            const uint32_t second = x + step >= 0 && x + step < s->w ? row[x + step] : 0;
            out[p] = first | second << 16;
        }
    }
}

#if defined(__x86_64__)
#include <immintrin.h>

#define BF16 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16"), min_vector_width(512)))
#define INLINE static inline __attribute__((always_inline))

// A row of dy of one block as pairs of pixels, channels in turn; 0 beyond the row.
BF16 static void pair_outputs(const uint16_t *row, int64_t count, float *out) {
    uint16_t places[2 * BLOCK];
    for (int lane = 0; lane < BLOCK; lane++) {
        places[2 * lane] = (uint16_t)lane;
        places[2 * lane + 1] = (uint16_t)(BLOCK + lane);
    }
    const __m512i order = _mm512_loadu_si512(places);
    for (int64_t p = 0; p < count; p += 2, out += BLOCK) {
        const __m512i both = p + 1 < count ? _mm512_loadu_si512(row + p * BLOCK)
                                           : _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)(row + p * BLOCK)));
        _mm512_storeu_si512(out, _mm512_permutexvar_epi16(order, both));
    }
}

// Adds products of one row of dy with `rows` rows of x, `wide` elements of each, to sums (rows, wide, 16).
BF16 INLINE void products(int rows, int wide, const uint32_t *const *from, int64_t step, const float *dy, int64_t pairs,
                          float *sums) {
    __m512 totals[MOST_TAPS + 1];
    for (int t = 0; t < rows * wide; t++) totals[t] = _mm512_loadu_ps(sums + t * BLOCK);
    for (int64_t p = 0; p < pairs; p++) {
        const __m512bh g = (__m512bh)_mm512_loadu_si512(dy + p * BLOCK);
        for (int r = 0; r < rows; r++)
            for (int k = 0; k < wide; k++)
                totals[r * wide + k] = _mm512_dpbf16_ps(totals[r * wide + k], g,
                                                        (__m512bh)_mm512_set1_epi32((int32_t)from[r][p * step + k]));
    }
    for (int t = 0; t < rows * wide; t++) _mm512_storeu_ps(sums + t * BLOCK, totals[t]);
}

// Rows of a window `wide` elements wide, at most `most` at a time.
#define ROWS(wide, most)                                                                                              \
    BF16 static void rows_##wide(int64_t count, const uint32_t *const *from, int64_t step, const float *dy,           \
                                 int64_t pairs, float *sums) {                                                        \
        for (; count >= most; count -= most, from += most, sums += most * wide * BLOCK)                               \
            products(most, wide, from, step, dy, pairs, sums);                                                        \
        for (; count > 0; count--, from++, sums += wide * BLOCK) products(1, wide, from, step, dy, pairs, sums);      \
    }
ROWS(3, 9) ROWS(4, 6) ROWS(5, 5) ROWS(7, 3) ROWS(11, 2)

typedef void (*rows_kernel)(int64_t count, const uint32_t *const *from, int64_t step, const float *dy, int64_t pairs,
                            float *sums);

static rows_kernel kernel_of(const struct fovea_stem *s) {
    switch (s->kernel[1]) {
    case 3: return rows_3;
    case 4: return rows_4;
    case 5: return rows_5;
    case 7: return rows_7;
    default: return rows_11;
    }
}

// What one picture gives to the sums (blocks, c, kh, kw, 16).
static void picture(const struct call *call, int64_t n, uint32_t *pairs, float *row, float *sums) {
    const struct fovea_stem *s = call->shape;
    const rows_kernel kernel = kernel_of(s);
    pair_rows(call, n, pairs);
    for (int64_t b = 0; b < call->blocks; b++)
        for (int64_t y = 0; y < s->y_h; y++) {
            pair_outputs(call->dy + (((n * call->blocks + b) * s->y_h + y) * s->y_w) * BLOCK, s->y_w, row);
            const int64_t top = y * s->stride[0] - s->before[0];
            const int64_t first = top < 0 ? -top : 0, last = smaller(s->kernel[0], s->h - top);
            const int whole = first == 0 && last == s->kernel[0];
            const uint32_t *from[4 * 11];
            for (int64_t c = 0, count = 0; c < s->c; c++) {
                for (int64_t i = first; i < last; i++) from[count++] = pairs + (c * s->h + top + i) * call->width;
                if (whole && c + 1 < s->c) continue;
                float *const to = sums + (b * s->c + (whole ? 0 : c)) * s->kernel[0] * s->kernel[1] * BLOCK;
                kernel(count, from, 2 * s->stride[1], row, (s->y_w + 1) / 2, to + first * s->kernel[1] * BLOCK);
                count = 0;
            }
        }
}

// Slots first ..< last of the threads: some parts of the pictures.
static void slots(int64_t first, int64_t last, const void *context) {
    const struct call *call = context;
    const struct fovea_stem *s = call->shape;
    for (int64_t slot = first; slot < last; slot++) {
        float *const own = (float *)call->own + slot * own_units(call);
        float *const row = own + call->pairs_units, *const sums = row + call->row_units;
        for (int64_t part = call->parts * slot / s->threads; part < call->parts * (slot + 1) / s->threads; part++) {
            float *const total = call->sums + part * call->sums_units;
            memset(total, 0, (size_t)call->sums_units * 4);
            for (int64_t n = s->n * part / call->parts; n < s->n * (part + 1) / call->parts; n++) {
                memset(sums, 0, (size_t)call->sums_units * 4);
                picture(call, n, (uint32_t *)own, row, sums);
                for (int64_t k = 0; k < call->sums_units; k++) total[k] += sums[k];
            }
        }
    }
}
#endif

void fovea_stem_filter_gradient(const struct fovea_stem *s, const uint16_t *x, const uint16_t *dy, float *dw,
                                void *scratch) {
#if defined(__x86_64__)
    struct call call = call_of(s, scratch);
    call.x = x;
    call.dy = dy;
    fovea_parallel(s->threads, 1, slots, &call);
    for (int64_t part = 1; part < call.parts; part++)
        for (int64_t k = 0; k < call.sums_units; k++) call.sums[k] += call.sums[part * call.sums_units + k];
    for (int64_t o = 0; o < s->o; o++)
        for (int64_t t = 0; t < call.taps; t++)
            dw[o * call.taps + t] = call.sums[(o / BLOCK * call.taps + t) * BLOCK + o % BLOCK];
#else
    (void)s, (void)x, (void)dy, (void)dw, (void)scratch, (void)pair_rows;
#endif
}
