// The products and the loops of F(4x4, 3x3); included by winograd.c after winograd_transforms.h, once for each
// instruction set. A chunk of tiles is transformed, multiplied and transformed back before the next, so that it stays
// in the cache of its core. ROWS x 2 vectors of sums fill the registers.

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

// Asks for 4 x 4 pixels of x, `pitch` floats a row: what the next tile needs. A plane of channels lies between reads,
// which no processor foresees by itself.
INLINE void NAME(fetch)(const float *x, ptrdiff_t pitch) {
    UNROLL for (int i = 0; i < 4; i++)
        UNROLL for (int j = 0; j < 4; j++) __builtin_prefetch(x + i * pitch + j * BLOCK);
}

// The transformed window of a tile of x (h, w, BLOCK), a block of channels of the tile's picture; place k of 36 to out
// + k * stride.
INLINE void NAME(window_at)(const struct grid *grid, struct place at, const float *x, float *out, ptrdiff_t stride) {
    const int64_t top = at.row * 4 - 1, left = at.column * 4 - 1;
    const float *rows[6];
    x += (top * grid->w + left) * BLOCK;
    for (int i = 0; i < 6; i++) rows[i] = top + i >= 0 && top + i < grid->h ? x + i * grid->w * BLOCK : NAME(zeros);
    NAME(any_window)(left < 0, (int)smaller(grid->w - left, 6), rows, out, stride);
}

// Tiles first ..< last of the panels of `tiles` tiles from origin to v: (36, panels, c / BLOCK, tiles of the panel,
// BLOCK).
static void NAME(convolve_tiles)(const struct convolve *call, int64_t first, int64_t last, int64_t origin,
                                 int64_t tiles, float *v) {
    const struct fovea_winograd *s = call->shape;
    const struct grid grid = grid_of(s);
    const int64_t panels = (tiles + ROWS - 1) / ROWS, plane = s->h * s->w * BLOCK;
    struct place at = place_of(&grid, first);
    for (int64_t panel = 0; panel < panels; panel++) {
        const int64_t start = tiles * panel / panels, end = tiles * (panel + 1) / panels;
        for (int64_t tile = start; tile < end; tile++) {
            if (origin + tile < first || origin + tile >= last) continue;
            const float *x = call->x + at.n * s->c / BLOCK * plane;
            float *out = v + start * s->c + (tile - start) * BLOCK;
            const struct place next = next_place(&grid, at);
            const float *ahead = call->x + offset_of(&grid, next, s->c, BLOCK);
            for (int64_t c = 0; c < s->c; c += BLOCK, x += plane, ahead += plane, out += (end - start) * BLOCK) {
                NAME(fetch)(ahead + (s->w + 1) * BLOCK, s->w * BLOCK);
                NAME(window_at)(&grid, at, x, out, call->v_stride);
            }
            at = next;
        }
    }
}

// Panels from ..< to of those tiles times the filters of group g, u: (36, c, pair vectors), transformed back to y. m
// has place for (36, tiles of these panels, pair vectors).
static void NAME(convolve_group)(const struct convolve *call, int64_t g, int64_t from, int64_t to, int64_t origin,
                                 int64_t tiles, const float *v, const float *u, float *m) {
    const struct fovea_winograd *s = call->shape;
    const struct grid grid = grid_of(s);
    const int64_t panels = (tiles + ROWS - 1) / ROWS, plane = s->h * s->w * BLOCK;
    const int64_t pair = s->o - g * 2 * BLOCK >= 2 * BLOCK ? 2 : 1, begin = tiles * from / panels;
    for (int k = 0; k < 36; k++, u += call->u_stride)
        for (int64_t panel = from; panel < to; panel++) {
            const int64_t start = tiles * panel / panels, rows = tiles * (panel + 1) / panels - start;
            NAME(products)[pair - 1][rows](v + k * call->v_stride + start * s->c, u, s->c,
                                           m + k * call->m_stride + (start - begin) * pair * BLOCK);
        }
    struct place at = place_of(&grid, origin + begin);
    for (int64_t tile = begin; tile < tiles * to / panels; tile++, at = next_place(&grid, at)) {
        const int width = (int)smaller(s->w - at.column * 4, 4);
        const int64_t height = smaller(s->h - at.row * 4, 4);
        for (int64_t p = 0; p < pair; p++) {
            const int64_t o = g * 2 + p;
            const ptrdiff_t offset = offset_of(&grid, at, s->o, BLOCK) + o * plane;
            const struct NAME(finish) finish = {call->bias ? call->bias + o * BLOCK : NULL,
                                                call->residual ? call->residual + offset : NULL, call->relu};
            NAME(any_outputs)(width, height, m + ((tile - begin) * pair + p) * BLOCK, call->m_stride, call->y + offset,
                              s->w * BLOCK, &finish);
        }
    }
}

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

// Tiles first ..< last transformed, of which tile t lies at place t - origin of v: (36, c / SPAN, tiles, SPAN), and of
// z: (36, o / pair, tiles, pair vectors). The sums of dy are added to db (o).
static void NAME(gradient_tiles)(const struct gradient *call, int64_t first, int64_t last, int64_t origin,
                                 int64_t tiles, float *v, float *z, float *db) {
    const struct fovea_winograd *s = call->shape;
    const struct grid grid = grid_of(s);
    const int64_t plane = s->h * s->w * BLOCK;
    struct place at = place_of(&grid, first);
    for (int64_t tile = first - origin; tile < last - origin; tile++) {
        const struct place next = next_place(&grid, at);
        const float *x = call->x + at.n * s->c / BLOCK * plane, *ahead = call->x + offset_of(&grid, next, s->c, BLOCK);
        for (int64_t c = 0; c < s->c; c += BLOCK, x += plane, ahead += plane) {
            NAME(fetch)(ahead + (s->w + 1) * BLOCK, s->w * BLOCK);
            const int64_t begin = c / SPAN * SPAN, span = smaller(SPAN, s->c - begin);
            NAME(window_at)(&grid, at, x, v + begin * tiles + tile * span + c - begin, call->v_stride);
        }
        const float *dy = call->dy + offset_of(&grid, at, s->o, BLOCK);
        ahead = call->dy + offset_of(&grid, next, s->o, BLOCK);
        const int width = (int)smaller(s->w - at.column * 4, 4);
        for (int64_t o = 0; o < s->o; o += BLOCK, dy += plane, ahead += plane) {
            NAME(fetch)(ahead, s->w * BLOCK);
            const int64_t g = o / (2 * BLOCK), begin = g * 2 * BLOCK;
            const float *rows[4];
            for (int i = 0; i < 4; i++) rows[i] = at.row * 4 + i < s->h ? dy + i * s->w * BLOCK : NAME(zeros);
            float *out = z + begin * tiles + tile * group_width(s, g) + o - begin;
            NAME(any_tile)(width, rows, out, call->z_stride, db + o);
        }
        at = next;
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

static const struct code NAME(code) = {
    BLOCK, ROWS, NAME(convolve_tiles), NAME(convolve_group), NAME(filters), NAME(gradient_tiles),
    NAME(gradient_products), NAME(gradient_filters)};

#undef VECTOR
#undef LOAD
#undef STORE
#undef INLINE
#undef UNROLL
#undef VARIANT
#undef VARIANTS
#undef MORE
#undef TABLE
