// The products of F(4x4, 3x3) and what becomes of filters; included by winograd.c after winograd_transforms.h, once for
// each instruction set. A chunk of tiles is transformed, multiplied and transformed back before the next, so that it
// stays in the cache of its core. ROWS x 2 vectors of sums fill the registers.

// m (R, P vectors) = a b, where a is (channels / BLOCK, R, BLOCK) and b is (channels, P vectors).
INLINE void NAME(product)(const int R, const int P, const float *a, const float *b, int64_t channels, float *m) {
    VECTOR sums[ROWS][2];
    UNROLL for (int r = 0; r < R; r++) UNROLL for (int p = 0; p < P; p++) sums[r][p] = (VECTOR){0};
    for (int64_t c = 0; c < channels; c += BLOCK, a += R * BLOCK) {
        _Pragma("clang loop unroll_count(2)") for (int k = 0; k < BLOCK; k++, b += P * BLOCK) {
            VECTOR weights[2];
            UNROLL for (int p = 0; p < P; p++) weights[p] = LOAD(b + p * BLOCK);
            UNROLL for (int r = 0; r < R; r++)
                UNROLL for (int p = 0; p < P; p++) sums[r][p] += a[r * BLOCK + k] * weights[p];
        }
    }
    UNROLL for (int r = 0; r < R; r++) UNROLL for (int p = 0; p < P; p++) STORE(m + (r * P + p) * BLOCK, sums[r][p]);
}

// sums (R, P vectors) [+]= at b, where a is (tiles, R of `pitch`) and b is (tiles, P vectors). `add`: to what is there.
INLINE void NAME(accumulation)(const int R, const int P, const float *a, ptrdiff_t pitch, const float *b, int64_t tiles,
                               int add, float *m) {
    VECTOR sums[ROWS][2];
    if (add) {
        UNROLL for (int r = 0; r < R; r++)
            UNROLL for (int p = 0; p < P; p++) sums[r][p] = LOAD(m + (r * P + p) * BLOCK);
    } else {
        UNROLL for (int r = 0; r < R; r++) UNROLL for (int p = 0; p < P; p++) sums[r][p] = (VECTOR){0};
    }
    for (int64_t t = 0; t < tiles; t++, a += pitch, b += P * BLOCK) {
        VECTOR gradients[2];
        UNROLL for (int p = 0; p < P; p++) gradients[p] = LOAD(b + p * BLOCK);
        UNROLL for (int r = 0; r < R; r++) UNROLL for (int p = 0; p < P; p++) sums[r][p] += a[r] * gradients[p];
    }
    UNROLL for (int r = 0; r < R; r++) UNROLL for (int p = 0; p < P; p++) STORE(m + (r * P + p) * BLOCK, sums[r][p]);
}

typedef void (*NAME(product_function))(const float *a, const float *b, int64_t channels, float *m);
typedef void (*NAME(accumulation_function))(const float *a, ptrdiff_t pitch, const float *b, int64_t tiles, int add,
                                            float *m);

#define VARIANT(R, P)                                                                                              \
    static void NAME(product_##R##_##P)(const float *a, const float *b, int64_t channels, float *m) {              \
        NAME(product)(R, P, a, b, channels, m);                                                                    \
    }                                                                                                              \
    static void NAME(accumulation_##R##_##P)(const float *a, ptrdiff_t pitch, const float *b, int64_t tiles,       \
                                             int add, float *m) {                                                  \
        NAME(accumulation)(R, P, a, pitch, b, tiles, add, m);                                                      \
    }
#define VARIANTS(R) VARIANT(R, 1) VARIANT(R, 2)
VARIANTS(1) VARIANTS(2) VARIANTS(3) VARIANTS(4) VARIANTS(5) VARIANTS(6)
#if ROWS > 6
VARIANTS(7) VARIANTS(8) VARIANTS(9) VARIANTS(10) VARIANTS(11) VARIANTS(12) VARIANTS(13) VARIANTS(14)
#define MORE(name, P)                                                                                            \
    NAME(name##_7_##P), NAME(name##_8_##P), NAME(name##_9_##P), NAME(name##_10_##P), NAME(name##_11_##P),        \
        NAME(name##_12_##P), NAME(name##_13_##P), NAME(name##_14_##P),
#else
#define MORE(name, P)
#endif
#define TABLE(name, P)                                                                                           \
    {0, NAME(name##_1_##P), NAME(name##_2_##P), NAME(name##_3_##P), NAME(name##_4_##P), NAME(name##_5_##P),      \
     NAME(name##_6_##P), MORE(name, P)}
static const NAME(product_function) NAME(products)[2][ROWS + 1] = {TABLE(product, 1), TABLE(product, 2)};
static const NAME(accumulation_function) NAME(accumulations)[2][ROWS + 1] = {TABLE(accumulation, 1),
                                                                            TABLE(accumulation, 2)};

// Transformed filters of group g and channels start ..< end, FILTER_SLICE at most, to u: (36, c, pair vectors).
static void NAME(filters)(const struct convolve *call, int64_t g, int64_t start, int64_t end, float *u) {
    const struct fovea_winograd *s = call->shape;
    const int turned = call->filters == FOVEA_WINOGRAD_TURNED;
    const int64_t pair = s->o - g * 2 * BLOCK >= 2 * BLOCK ? 2 : 1, count = end - start;
    for (int64_t p = 0; p < pair; p++) {
        const int64_t o = (g * 2 + p) * BLOCK;
        float lanes[FILTER_SLICE * 9][BLOCK];
        if (turned) {
            for (int64_t c = 0; c < count; c++)
                for (int64_t lane = 0; lane < BLOCK; lane++) {
                    const float *w = call->w + ((start + c) * s->o + o + lane) * 9;
                    // The next slice's: a row of filters lies between reads.
                    __builtin_prefetch(w + FILTER_SLICE * s->o * 9);
                    UNROLL for (int k = 0; k < 9; k++) lanes[c * 9 + 8 - k][lane] = w[k];
                }
        } else {
            for (int64_t lane = 0; lane < BLOCK; lane++) {
                const float *w = call->w + ((o + lane) * s->c + start) * 9;
                for (int64_t k = 0; k < FILTER_SLICE * 9; k += 16) __builtin_prefetch(w + FILTER_SLICE * 9 + k);
                for (int64_t k = 0; k < count * 9; k++) lanes[k][lane] = w[k];
            }
        }
        for (int64_t c = 0; c < count; c++) {
            VECTOR half[6][3], d[3], column[6];
            UNROLL for (int j = 0; j < 3; j++) {
                UNROLL for (int i = 0; i < 3; i++) d[i] = LOAD(lanes[c * 9 + i * 3 + j]);
                NAME(g)(d, column);
                UNROLL for (int i = 0; i < 6; i++) half[i][j] = column[i];
            }
            UNROLL for (int i = 0; i < 6; i++) {
                NAME(g)(half[i], column);
                UNROLL for (int j = 0; j < 6; j++)
                    STORE(u + (i * 6 + j) * call->u_stride + ((start + c) * pair + p) * BLOCK, column[j]);
            }
        }
    }
}

// Products of v and z at place k of 36, summed over the tiles, for group g and channels c ..< c + SPAN to sums: (SPAN,
// pair vectors). `add`: to what is there.
static void NAME(gradient_products)(const struct gradient *call, int64_t k, int64_t g, int64_t c, int64_t tiles,
                                    int add, const float *v, const float *z, float *sums) {
    const struct fovea_winograd *s = call->shape;
    const int64_t pair = s->o - g * 2 * BLOCK >= 2 * BLOCK ? 2 : 1;
    const int64_t span = s->c - c < SPAN ? s->c - c : SPAN, panels = (span + ROWS - 1) / ROWS;
    const float *a = v + k * call->v_stride + c * tiles, *b = z + k * call->z_stride + g * 2 * BLOCK * tiles;
    for (int64_t panel = 0; panel < panels; panel++) {
        const int64_t start = span * panel / panels, rows = span * (panel + 1) / panels - start;
        NAME(accumulations)[pair - 1][rows](a + start, span, b, tiles, add, sums + start * pair * BLOCK);
    }
}

// dw of group g and channels start ..< end, FILTER_SLICE at most, from sums: `copies` of (36, channels from start on,
// pair vectors), which are added.
static void NAME(gradient_filters)(const struct gradient *call, int64_t g, int64_t start, int64_t end,
                                   const float *sums, ptrdiff_t stride, int64_t copies) {
    const struct fovea_winograd *s = call->shape;
    const int64_t pair = s->o - g * 2 * BLOCK >= 2 * BLOCK ? 2 : 1, count = end - start;
    for (int64_t p = 0; p < pair; p++) {
        float lanes[FILTER_SLICE * 9][BLOCK];
        for (int64_t c = 0; c < count; c++) {
            VECTOR half[3][6], d[6], column[3];
            UNROLL for (int j = 0; j < 6; j++) {
                UNROLL for (int i = 0; i < 6; i++) {
                    const float *from = sums + (i * 6 + j) * stride + (c * pair + p) * BLOCK;
                    d[i] = LOAD(from);
                    for (int64_t copy = 1; copy < copies; copy++) d[i] += LOAD(from + copy * call->u_step);
                }
                NAME(gt)(d, column);
                UNROLL for (int i = 0; i < 3; i++) half[i][j] = column[i];
            }
            UNROLL for (int i = 0; i < 3; i++) {
                NAME(gt)(half[i], column);
                UNROLL for (int j = 0; j < 3; j++) STORE(lanes[c * 9 + i * 3 + j], column[j]);
            }
        }
        for (int64_t lane = 0; lane < BLOCK; lane++) {
            float *dw = call->dw + (((g * 2 + p) * BLOCK + lane) * s->c + start) * 9;
            for (int64_t k = 0; k < count * 9; k++) dw[k] = lanes[k][lane];
        }
    }
}

#undef VARIANT
#undef VARIANTS
#undef MORE
#undef TABLE
