#include "include/matrix_layouts.h"

#include <string.h>

#include "include/instructions.h"
#include "include/parallel.h"

// Tiles of 16 x 16 are turned in registers. SPAN: columns that one group of rows is followed along before the next.
enum { TILE = 16, SPAN = 512 };

struct call {
    const struct fovea_matrix *m;
    const float *in;
    uint16_t *pairs;
    float *out;
};

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t tiles(int64_t count) { return (count + TILE - 1) / TILE; }

int fovea_matrix_layouts_suit(void) { return fovea_instructions() == FOVEA_INSTRUCTIONS_AVX512_BF16; }

#if defined(__x86_64__)
#include <immintrin.h>

#define BF16 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16"), min_vector_width(512)))
#define INLINE static inline __attribute__((always_inline))

// Lanes of up to 16 numbers.
BF16 INLINE __mmask16 lanes(int64_t count) { return count >= TILE ? 0xFFFF : count <= 0 ? 0 : (__mmask16)((1u << count) - 1); }

// Lane l's place, `taps` numbers apart.
BF16 INLINE __m512i places(int64_t taps) {
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm512_mullo_epi32(lane, _mm512_set1_epi32((int32_t)taps));
}

// Up to 16 numbers of a row; 0 beyond the matrix.
BF16 INLINE __m512 numbers(const float *row, int64_t count, int64_t taps) {
    if (taps == 1) return _mm512_maskz_loadu_ps(lanes(count), row);
    return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), lanes(count), places(taps), row, 4);
}

// A tile whose pairs of columns become 8 lines of 16 rows, `step` apart in `out`.
BF16 INLINE void turn_pairs(const float *in, int64_t stride, int64_t rows, int64_t columns, int64_t taps, uint16_t *out,
                            int64_t step) {
    __m512i a[8], b[8];
    for (int r = 0; r < 8; r++) {
        const __m256i low = (__m256i)_mm512_cvtneps_pbh(numbers(in + r * stride, r < rows ? columns : 0, taps));
        const __m256i high = (__m256i)_mm512_cvtneps_pbh(numbers(in + (r + 8) * stride, r + 8 < rows ? columns : 0, taps));
        a[r] = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    }
    // Each half holds 8 x 8 pairs, which are turned.
    for (int r = 0; r < 8; r += 2) {
        b[r] = _mm512_unpacklo_epi32(a[r], a[r + 1]);
        b[r + 1] = _mm512_unpackhi_epi32(a[r], a[r + 1]);
    }
    for (int r = 0; r < 8; r += 4)
        for (int k = 0; k < 2; k++) {
            a[r + 2 * k] = _mm512_unpacklo_epi64(b[r + k], b[r + k + 2]);
            a[r + 2 * k + 1] = _mm512_unpackhi_epi64(b[r + k], b[r + k + 2]);
        }
    const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
    const __m512i second = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    for (int k = 0; k < 4; k++) {
        _mm512_storeu_si512(out + k * step, _mm512_permutex2var_epi64(a[k], first, a[k + 4]));
        _mm512_storeu_si512(out + (k + 4) * step, _mm512_permutex2var_epi64(a[k], second, a[k + 4]));
    }
}

// Rows of a tile in pairs: 8 lines of 16 columns.
BF16 INLINE void join_rows(const float *in, int64_t stride, int64_t rows, int64_t columns, int64_t taps, uint16_t *out) {
    uint16_t turns[2 * TILE];
    for (int k = 0; k < TILE; k++) {
        turns[2 * k] = (uint16_t)k;
        turns[2 * k + 1] = (uint16_t)(TILE + k);
    }
    const __m512i order = _mm512_loadu_si512(turns);
    for (int r = 0; r < TILE; r += 2) {
        const __m512 one = numbers(in + r * stride, r < rows ? columns : 0, taps);
        const __m512 two = numbers(in + (r + 1) * stride, r + 1 < rows ? columns : 0, taps);
        _mm512_storeu_si512(out + r * TILE, _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(two, one)));
    }
}

// A tile of f32 whose 16 lines, `step` apart, are columns.
BF16 INLINE void turn_numbers(const float *in, int64_t step, float *out, int64_t stride, int64_t rows, int64_t columns,
                              int64_t taps) {
    __m512 a[TILE], b[TILE];
    for (int k = 0; k < TILE; k++) a[k] = _mm512_loadu_ps(in + k * step);
    for (int k = 0; k < TILE; k += 2) {
        b[k] = _mm512_unpacklo_ps(a[k], a[k + 1]);
        b[k + 1] = _mm512_unpackhi_ps(a[k], a[k + 1]);
    }
    for (int k = 0; k < TILE; k += 4)
        for (int half = 0; half < 2; half++) {
            a[k + 2 * half] = (__m512)_mm512_unpacklo_pd((__m512d)b[k + half], (__m512d)b[k + half + 2]);
            a[k + 2 * half + 1] = (__m512)_mm512_unpackhi_pd((__m512d)b[k + half], (__m512d)b[k + half + 2]);
        }
    // Register k of each four holds rows k, k + 4, k + 8 and k + 12 of four columns.
    for (int k = 0; k < 4; k++) {
        const __m512 low = _mm512_shuffle_f32x4(a[k], a[k + 4], 0x88), high = _mm512_shuffle_f32x4(a[k + 8], a[k + 12], 0x88);
        const __m512 odd_low = _mm512_shuffle_f32x4(a[k], a[k + 4], 0xDD);
        const __m512 odd_high = _mm512_shuffle_f32x4(a[k + 8], a[k + 12], 0xDD);
        b[k] = _mm512_shuffle_f32x4(low, high, 0x88);
        b[k + 8] = _mm512_shuffle_f32x4(low, high, 0xDD);
        b[k + 4] = _mm512_shuffle_f32x4(odd_low, odd_high, 0x88);
        b[k + 12] = _mm512_shuffle_f32x4(odd_low, odd_high, 0xDD);
    }
    for (int r = 0; r < TILE && r < rows; r++) {
        if (taps == 1) _mm512_mask_storeu_ps(out + r * stride, lanes(columns), b[r]);
        else _mm512_mask_i32scatter_ps(out + r * stride, lanes(columns), places(taps), b[r], 4);
    }
}

// Tap t of the tile in row r and column c of tiles.
BF16 INLINE void tile(const struct call *call, int64_t r, int64_t c, int64_t t) {
    const struct fovea_matrix *m = call->m;
    const int64_t across = tiles(m->columns), row = r * TILE, rows = m->rows - row, columns = m->columns - c * TILE;
    // Of the block that holds these rows, and their place in each of its lines.
    const int64_t place = ((row / m->block * across + c) * m->taps + t) * TILE * m->block, at = row % m->block;
    const int64_t stride = m->columns * m->taps, plain = row * stride + c * TILE * m->taps + t;
    const int64_t joined = m->columns_first ? c * tiles(m->rows) + r : r * across + c;
    switch (m->layout) {
    case FOVEA_MATRIX_COLUMN_PAIRS:
        turn_pairs(call->in + plain, stride, rows, columns, m->taps, call->pairs + place + at * 2, m->block * 2);
        break;
    case FOVEA_MATRIX_ROW_PAIRS:
        join_rows(call->in + plain, stride, rows, columns, m->taps, call->pairs + (joined * m->taps + t) * TILE * TILE);
        break;
    case FOVEA_MATRIX_COLUMNS:
        turn_numbers(call->in + place + at, m->block, call->out + plain, stride, rows, columns, m->taps);
        break;
    }
}

// Tiles of rows first ..< last, which fill up the last block.
BF16 static void move(int64_t first, int64_t last, const void *context) {
    const struct call *call = context;
    const struct fovea_matrix *m = call->m;
    const int64_t across = tiles(m->columns);
    for (int64_t start = 0; start < across; start += SPAN / TILE) {
        const int64_t end = smaller(start + SPAN / TILE, across);
        for (int64_t r = first; r < last; r++)
            for (int64_t c = start; c < end; c++)
                for (int64_t t = 0; t < m->taps; t++) tile(call, r, c, t);
    }
}

static void move_all(const struct call *call) {
    const struct fovea_matrix *m = call->m;
    // Packed blocks are filled up; of the others, what is in the matrix is read.
    const int64_t block = m->layout == FOVEA_MATRIX_ROW_PAIRS ? TILE : m->block;
    const int64_t count = m->layout == FOVEA_MATRIX_COLUMNS ? tiles(m->rows) : (m->rows + block - 1) / block * block / TILE;
    fovea_parallel(count, 1 + 64 / (tiles(m->columns) * m->taps + 1), move, call);
}
#else
static void move_all(const struct call *call) { (void)call, (void)smaller, (void)tiles; }
#endif

void fovea_matrix_pack(const struct fovea_matrix *matrix, const float *in, uint16_t *out) {
    const struct call call = {.m = matrix, .in = in, .pairs = out};
    move_all(&call);
}

void fovea_matrix_unpack(const struct fovea_matrix *matrix, const float *in, float *out) {
    const struct call call = {.m = matrix, .in = in, .out = out};
    move_all(&call);
}
