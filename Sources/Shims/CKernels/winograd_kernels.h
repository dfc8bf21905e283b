// The products and the loops of F(4x4, 3x3); included by winograd.c after winograd_transforms.h, once for each instruction set.
// A chunk of tiles is transformed, multiplied and transformed back before the next, so that it stays in the cache of its
// core. ROWS x 2 vectors of sums fill the registers.

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
        UNROLL for (int r = 0; r < R; r++) UNROLL for (int p = 0; p < P; p++) sums[r][p] = LOAD(m + (r * P + p) * BLOCK);
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

// The transformed windows of one tile for channels c ..< c + span: block b goes to out + b * step, place k of 36 to + k *
// stride.
static void NAME(windows)(const struct grid *grid, int64_t channels, const float *x, int64_t tile, int64_t c, int64_t span,
                          float *out, ptrdiff_t step, ptrdiff_t stride) {
    const struct place at = place_of(grid, tile);
    const int64_t plane = grid->h * grid->w * BLOCK, top = at.row * 4 - 1, left = at.column * 4 - 1;
    const int from = left < 0, to = (int)(grid->w - left < 6 ? grid->w - left : 6);
    x += (at.n * channels + c) / BLOCK * plane + (top * grid->w + left) * BLOCK;
    for (int64_t b = 0; b < span / BLOCK; b++, x += plane, out += step) {
        const float *rows[6];
        for (int i = 0; i < 6; i++)
            rows[i] = top + i >= 0 && top + i < grid->h ? x + i * grid->w * BLOCK : NAME(zeros);
        NAME(any_window)(from, to, rows, out, stride);
    }
}

static void NAME(convolve_slot)(const struct convolve *call, int64_t slot) {
    const struct fovea_winograd *s = call->shape;
    const struct grid grid = grid_of(s);
    const int64_t part = slot % call->parts, share = slot / call->parts, shares = s->threads / call->parts;
    const int64_t groups = (s->o + 2 * BLOCK - 1) / (2 * BLOCK), plane = s->h * s->w * BLOCK;
    const int64_t from = grid.count * part / call->parts, to = grid.count * (part + 1) / call->parts;
    const int64_t chunks = (to - from + call->chunk - 1) / call->chunk;
    const ptrdiff_t v_stride = call->chunk * s->c + 16, m_stride = call->chunk * 2 * BLOCK + 16;
    float *const v = (float *)((char *)call->scratch + slot * call->slot_bytes), *const m = v + 36 * v_stride;

    for (int64_t chunk = 0; chunk < chunks; chunk++) {
        const int64_t first = from + (to - from) * chunk / chunks, last = from + (to - from) * (chunk + 1) / chunks;
        const int64_t tiles = last - first, panels = (tiles + ROWS - 1) / ROWS;
        // v: (36, panels, c / BLOCK, tiles of the panel, BLOCK)
        for (int64_t panel = 0; panel < panels; panel++) {
            const int64_t start = tiles * panel / panels, rows = tiles * (panel + 1) / panels - start;
            for (int64_t r = 0; r < rows; r++)
                NAME(windows)(&grid, s->c, call->x, first + start + r, 0, s->c, v + start * s->c + r * BLOCK,
                              rows * BLOCK, v_stride);
        }
        for (int64_t g = groups * share / shares; g < groups * (share + 1) / shares; g++) {
            const int64_t pair = s->o - g * 2 * BLOCK >= 2 * BLOCK ? 2 : 1;
            const float *u = call->u + g * 36 * s->c * 2 * BLOCK;
            // m: (36, tiles, pair vectors)
            for (int k = 0; k < 36; k++, u += s->c * pair * BLOCK)
                for (int64_t panel = 0; panel < panels; panel++) {
                    const int64_t start = tiles * panel / panels, rows = tiles * (panel + 1) / panels - start;
                    NAME(products)[pair - 1][rows](v + k * v_stride + start * s->c, u, s->c,
                                                   m + k * m_stride + start * pair * BLOCK);
                }
            for (int64_t tile = 0; tile < tiles; tile++) {
                const struct place at = place_of(&grid, first + tile);
                const int64_t height = s->h - at.row * 4 < 4 ? s->h - at.row * 4 : 4;
                const int width = (int)(s->w - at.column * 4 < 4 ? s->w - at.column * 4 : 4);
                for (int64_t p = 0; p < pair; p++) {
                    const int64_t o = g * 2 + p;
                    const ptrdiff_t offset =
                        (at.n * s->o / BLOCK + o) * plane + (at.row * 4 * s->w + at.column * 4) * BLOCK;
                    const struct NAME(finish) finish = {call->bias ? call->bias + o * BLOCK : NULL,
                                                        call->residual ? call->residual + offset : NULL, call->relu};
                    NAME(any_outputs)(width, height, m + (tile * pair + p) * BLOCK, m_stride, call->y + offset,
                                      s->w * BLOCK, &finish);
                }
            }
        }
    }
}

// Transformed filters of the groups' slices first ..< last, FILTER_SLICE channels each.
static void NAME(filters)(const struct filters *call, int64_t first, int64_t last) {
    const struct fovea_winograd *s = call->shape;
    const int64_t slices = (s->c + FILTER_SLICE - 1) / FILTER_SLICE;
    for (int64_t item = first; item < last; item++) {
        const int64_t g = item / slices, start = item % slices * FILTER_SLICE;
        const int64_t end = start + FILTER_SLICE < s->c ? start + FILTER_SLICE : s->c, o = g * 2 * BLOCK;
        const int64_t pair = s->o - o >= 2 * BLOCK ? 2 : 1;
        const ptrdiff_t o_step = call->turned ? 9 : s->c * 9, c_step = call->turned ? s->o * 9 : 9;
        float *u = call->transformed + g * 36 * s->c * 2 * BLOCK;
        for (int64_t c = start; c < end; c++)
            for (int64_t p = 0; p < pair; p++) {
                float lanes[9][BLOCK];
                for (int64_t lane = 0; lane < BLOCK; lane++) {
                    const float *w = call->w + (o + p * BLOCK + lane) * o_step + c * c_step;
                    for (int k = 0; k < 9; k++) lanes[k][lane] = w[call->turned ? 8 - k : k];
                }
                VECTOR half[6][3], d[3], column[6];
                UNROLL for (int j = 0; j < 3; j++) {
                    UNROLL for (int i = 0; i < 3; i++) d[i] = LOAD(lanes[i * 3 + j]);
                    NAME(g)(d, column);
                    UNROLL for (int i = 0; i < 6; i++) half[i][j] = column[i];
                }
                UNROLL for (int i = 0; i < 6; i++) {
                    NAME(g)(half[i], column);
                    UNROLL for (int j = 0; j < 6; j++)
                        STORE(u + (((i * 6 + j) * s->c + c) * pair + p) * BLOCK, column[j]);
                }
            }
    }
}

static void NAME(gradient_slot)(const struct gradient *call, int64_t slot) {
    const struct fovea_winograd *s = call->shape;
    const struct grid grid = grid_of(s);
    const int64_t groups = (s->o + 2 * BLOCK - 1) / (2 * BLOCK), plane = s->h * s->w * BLOCK;
    const int64_t from = grid.count * slot / s->threads, to = grid.count * (slot + 1) / s->threads;
    const int64_t chunks = (to - from + call->chunk - 1) / call->chunk;
    const ptrdiff_t v_stride = call->chunk * s->c + 16, z_stride = call->chunk * s->o + 16, u_stride = s->c * s->o;
    float *const u = (float *)((char *)call->scratch + slot * call->slot_bytes), *const db = u + 36 * u_stride;
    float *const v = db + s->o, *const z = v + 36 * v_stride;

    for (int64_t i = 0; i < s->o; i++) db[i] = 0;
    if (from == to)
        for (int64_t i = 0; i < 36 * u_stride; i++) u[i] = 0;
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
        const int64_t first = from + (to - from) * chunk / chunks, last = from + (to - from) * (chunk + 1) / chunks;
        const int64_t tiles = last - first;
        // v: (36, c / SPAN, tiles, SPAN), z: (36, o / pair, tiles, pair vectors)
        for (int64_t tile = 0; tile < tiles; tile++) {
            for (int64_t c = 0; c < s->c; c += SPAN) {
                const int64_t span = s->c - c < SPAN ? s->c - c : SPAN;
                NAME(windows)(&grid, s->c, call->x, first + tile, c, span, v + c * tiles + tile * span, BLOCK, v_stride);
            }
            const struct place at = place_of(&grid, first + tile);
            const int64_t height = s->h - at.row * 4 < 4 ? s->h - at.row * 4 : 4;
            const int width = (int)(s->w - at.column * 4 < 4 ? s->w - at.column * 4 : 4);
            const float *dy = call->dy + at.n * s->o / BLOCK * plane + (at.row * 4 * s->w + at.column * 4) * BLOCK;
            for (int64_t o = 0; o < s->o; o += BLOCK, dy += plane) {
                const int64_t g = o / (2 * BLOCK), p = o / BLOCK % 2, pair = s->o - g * 2 * BLOCK >= 2 * BLOCK ? 2 : 1;
                const float *rows[4];
                for (int i = 0; i < 4; i++) rows[i] = i < height ? dy + i * s->w * BLOCK : NAME(zeros);
                float *out = z + g * 2 * BLOCK * tiles + (tile * pair + p) * BLOCK;
                NAME(any_tile)(width, rows, out, z_stride, db + o);
            }
        }
        for (int k = 0; k < 36; k++)
            for (int64_t g = 0; g < groups; g++) {
                const int64_t pair = s->o - g * 2 * BLOCK >= 2 * BLOCK ? 2 : 1;
                const float *b = z + k * z_stride + g * 2 * BLOCK * tiles;
                for (int64_t c = 0; c < s->c; c += SPAN) {
                    const int64_t span = s->c - c < SPAN ? s->c - c : SPAN, panels = (span + ROWS - 1) / ROWS;
                    const float *a = v + k * v_stride + c * tiles;
                    float *sums = u + k * u_stride + g * 2 * BLOCK * s->c + c * pair * BLOCK;
                    for (int64_t panel = 0; panel < panels; panel++) {
                        const int64_t start = span * panel / panels, rows = span * (panel + 1) / panels - start;
                        NAME(accumulations)[pair - 1][rows](a + start, span, b, tiles, chunk > 0,
                                                            sums + start * pair * BLOCK);
                    }
                }
            }
    }
}

// dw, and db, from the sums of all slots: blocks of outputs' slices first ..< last, FILTER_SLICE channels each.
static void NAME(gradient_sum)(const struct gradient *call, int64_t first, int64_t last) {
    const struct fovea_winograd *s = call->shape;
    const int64_t slices = (s->c + FILTER_SLICE - 1) / FILTER_SLICE;
    const ptrdiff_t u_stride = s->c * s->o;
    for (int64_t item = first; item < last; item++) {
        const int64_t block = item / slices, start = item % slices * FILTER_SLICE, g = block / 2, p = block % 2;
        const int64_t end = start + FILTER_SLICE < s->c ? start + FILTER_SLICE : s->c;
        const int64_t pair = s->o - g * 2 * BLOCK >= 2 * BLOCK ? 2 : 1;
        for (int64_t c = start; c < end; c++) {
            const ptrdiff_t offset = g * 2 * BLOCK * s->c + (c * pair + p) * BLOCK;
            VECTOR half[3][6], d[6], column[3];
            UNROLL for (int j = 0; j < 6; j++) {
                for (int i = 0; i < 6; i++) {
                    d[i] = (VECTOR){0};
                    for (int64_t slot = 0; slot < s->threads; slot++)
                        d[i] += LOAD((const float *)((const char *)call->scratch + slot * call->slot_bytes) +
                                     (i * 6 + j) * u_stride + offset);
                }
                NAME(gt)(d, column);
                UNROLL for (int i = 0; i < 3; i++) half[i][j] = column[i];
            }
            float lanes[9][BLOCK];
            UNROLL for (int i = 0; i < 3; i++) {
                NAME(gt)(half[i], column);
                UNROLL for (int j = 0; j < 3; j++) STORE(lanes[i * 3 + j], column[j]);
            }
            for (int64_t lane = 0; lane < BLOCK; lane++) {
                float *dw = call->dw + ((block * BLOCK + lane) * s->c + c) * 9;
                for (int k = 0; k < 9; k++) dw[k] = lanes[k][lane];
            }
        }
        if (start > 0 || !call->db) continue;
        VECTOR sum = {0};
        for (int64_t slot = 0; slot < s->threads; slot++)
            sum += LOAD((const float *)((const char *)call->scratch + slot * call->slot_bytes) + 36 * u_stride +
                        block * BLOCK);
        STORE(call->db + block * BLOCK, sum);
    }
}

static const struct code NAME(code) = {NAME(convolve_slot), NAME(filters), NAME(gradient_slot), NAME(gradient_sum)};

#undef VECTOR
#undef LOAD
#undef STORE
#undef INLINE
#undef UNROLL
#undef VARIANT
#undef VARIANTS
#undef MORE
#undef TABLE
