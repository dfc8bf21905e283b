// What F(4x4, 3x3) does to tiles of activations: into the domain of products, the loops over them, and back. Included by
// winograd.c after winograd_transforms.h and winograd_products.h, once for each instruction set and type of activations:
// BF16 is 0 for f32 and 1 for bf16. All arithmetic is f32.

#if BF16
#define ELEMENT uint16_t
#define TYPED(name) NAME(name##_bf16)
typedef ELEMENT NAME(halves) __attribute__((vector_size(BLOCK * 2), aligned(2)));
#define READ(address) ((VECTOR)(__builtin_convertvector(*(const NAME(halves) *)(address), NAME(mask)) << 16))

// Rounds to nearest, ties to even. What arithmetic gives for a NaN stays one: its mantissa is not all ones.
INLINE void TYPED(write)(ELEMENT *address, VECTOR value) {
    const NAME(mask) bits = (NAME(mask))value;
    *(NAME(halves) *)address =
        __builtin_convertvector((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16, NAME(halves));
}
#else
#define ELEMENT float
#define TYPED(name) NAME(name##_f32)
#define READ(address) LOAD(address)

INLINE void TYPED(write)(ELEMENT *address, VECTOR value) { STORE(address, value); }
#endif

// A row of pixels.
struct TYPED(row) {
    const ELEMENT *at;
    ptrdiff_t pixel;
};

// The row that starts at `at` if it lies inside the picture, else one of zeros.
INLINE struct TYPED(row) TYPED(row_at)(const ELEMENT *at, int64_t row, int64_t h, ptrdiff_t pixel) {
    if (row >= 0 && row < h) return (struct TYPED(row)){at, pixel};
    return (struct TYPED(row)){(const ELEMENT *)NAME(zeros), 0};
}

// One window of x, columns from ..< to of which lie inside the picture, to out: (36), `stride` floats apart.
INLINE void TYPED(window)(const int from, const int to, const struct TYPED(row) rows[6], float *out, ptrdiff_t stride) {
    VECTOR half[6][6], column[6], d[6];
    UNROLL for (int i = 0; i < 6; i++) {
        UNROLL for (int j = 0; j < 6; j++)
            d[j] = j >= from && j < to ? READ(rows[i].at + j * rows[i].pixel) : (VECTOR){0};
        NAME(bt)(d, half[i]);
    }
    UNROLL for (int j = 0; j < 6; j++) {
        UNROLL for (int i = 0; i < 6; i++) d[i] = half[i][j];
        NAME(bt)(d, column);
        UNROLL for (int i = 0; i < 6; i++) STORE(out + (i * 6 + j) * stride, column[i]);
    }
}

// One tile of dy of `to` columns to out, likewise; its elements are added to sum.
INLINE void TYPED(tile)(const int to, const struct TYPED(row) rows[4], float *out, ptrdiff_t stride, float *sum) {
    VECTOR half[4][6], column[6], d[4], total = LOAD(sum);
    UNROLL for (int i = 0; i < 4; i++) {
        UNROLL for (int j = 0; j < 4; j++) d[j] = j < to ? READ(rows[i].at + j * rows[i].pixel) : (VECTOR){0};
        total += (d[0] + d[1]) + (d[2] + d[3]);
        NAME(a)(d, half[i]);
    }
    UNROLL for (int j = 0; j < 6; j++) {
        UNROLL for (int i = 0; i < 4; i++) d[i] = half[i][j];
        NAME(a)(d, column);
        UNROLL for (int i = 0; i < 6; i++) STORE(out + (i * 6 + j) * stride, column[i]);
    }
    STORE(sum, total);
}

// Where a tile of outputs goes, what is added to it and what is done to it. residual: as y, or NULL.
struct TYPED(finish) {
    ELEMENT *y;
    struct steps steps;
    int64_t height;
    const float *bias;
    const ELEMENT *residual;
    int relu;
};

// One tile of outputs of `to` columns from m: (36), `stride` floats apart.
INLINE void TYPED(outputs)(const int to, const float *m, ptrdiff_t stride, const struct TYPED(finish) *finish) {
    VECTOR half[4][6], column[4], d[6];
    UNROLL for (int j = 0; j < 6; j++) {
        UNROLL for (int i = 0; i < 6; i++) d[i] = LOAD(m + (i * 6 + j) * stride);
        NAME(at)(d, column);
        UNROLL for (int i = 0; i < 4; i++) half[i][j] = column[i];
    }
    const VECTOR bias = finish->bias ? LOAD(finish->bias) : (VECTOR){0};
    UNROLL for (int i = 0; i < 4; i++) {
        if (i >= finish->height) break;
        NAME(at)(half[i], d);
        UNROLL for (int j = 0; j < to; j++) {
            const ptrdiff_t place = i * finish->steps.row + j * finish->steps.pixel;
            VECTOR value = d[j] + bias;
            if (finish->residual) value += READ(finish->residual + place);
            // What is not a number stays.
            if (finish->relu) value = (VECTOR)((NAME(mask))value & ~(value < (VECTOR){0}));
            TYPED(write)(finish->y + place, value);
        }
    }
}

// The same with the number of columns known only now.
static void TYPED(any_window)(int from, int to, const struct TYPED(row) rows[6], float *out, ptrdiff_t stride) {
    switch (from * 8 + to) {
        case 2: TYPED(window)(0, 2, rows, out, stride); break;
        case 3: TYPED(window)(0, 3, rows, out, stride); break;
        case 4: TYPED(window)(0, 4, rows, out, stride); break;
        case 5: TYPED(window)(0, 5, rows, out, stride); break;
        case 6: TYPED(window)(0, 6, rows, out, stride); break;
        case 10: TYPED(window)(1, 2, rows, out, stride); break;
        case 11: TYPED(window)(1, 3, rows, out, stride); break;
        case 12: TYPED(window)(1, 4, rows, out, stride); break;
        case 13: TYPED(window)(1, 5, rows, out, stride); break;
        default: TYPED(window)(1, 6, rows, out, stride); break;
    }
}

static void TYPED(any_tile)(int to, const struct TYPED(row) rows[4], float *out, ptrdiff_t stride, float *sum) {
    switch (to) {
        case 1: TYPED(tile)(1, rows, out, stride, sum); break;
        case 2: TYPED(tile)(2, rows, out, stride, sum); break;
        case 3: TYPED(tile)(3, rows, out, stride, sum); break;
        default: TYPED(tile)(4, rows, out, stride, sum); break;
    }
}

static void TYPED(any_outputs)(int to, const float *m, ptrdiff_t stride, const struct TYPED(finish) *finish) {
    switch (to) {
        case 1: TYPED(outputs)(1, m, stride, finish); break;
        case 2: TYPED(outputs)(2, m, stride, finish); break;
        case 3: TYPED(outputs)(3, m, stride, finish); break;
        default: TYPED(outputs)(4, m, stride, finish); break;
    }
}

// Asks for 4 x 4 pixels of x: what the next tile needs. Much lies between reads, which no processor foresees by itself.
INLINE void TYPED(fetch)(const ELEMENT *x, struct steps steps) {
    UNROLL for (int i = 0; i < 4; i++)
        UNROLL for (int j = 0; j < 4; j++) __builtin_prefetch(x + i * steps.row + j * steps.pixel);
}

// The transformed window of a tile of x, a block of channels of the tile's picture; place k of 36 to out + k * stride.
INLINE void TYPED(window_at)(const struct grid *grid, struct place at, const ELEMENT *x, struct steps steps, float *out,
                             ptrdiff_t stride) {
    const int64_t top = at.row * 4 - 1, left = at.column * 4 - 1;
    struct TYPED(row) rows[6];
    x += top * steps.row + left * steps.pixel;
    for (int i = 0; i < 6; i++) rows[i] = TYPED(row_at)(x + i * steps.row, top + i, grid->h, steps.pixel);
    TYPED(any_window)(left < 0, (int)smaller(grid->w - left, 6), rows, out, stride);
}

// Tiles first ..< last of the panels of `tiles` tiles from origin to v: (36, panels, c / BLOCK, tiles of the panel,
// BLOCK).
static void TYPED(convolve_tiles)(const struct convolve *call, int64_t first, int64_t last, int64_t origin,
                                  int64_t tiles, float *v) {
    const struct fovea_winograd *s = call->shape;
    const struct grid grid = grid_of(s);
    const struct steps steps = steps_of(s, s->c);
    const int64_t panels = (tiles + ROWS - 1) / ROWS;
    struct place at = place_of(&grid, first);
    for (int64_t panel = 0; panel < panels; panel++) {
        const int64_t start = tiles * panel / panels, end = tiles * (panel + 1) / panels;
        for (int64_t tile = start; tile < end; tile++) {
            if (origin + tile < first || origin + tile >= last) continue;
            const ELEMENT *x = (const ELEMENT *)call->x + at.n * steps.picture;
            float *out = v + start * s->c + (tile - start) * BLOCK;
            const struct place next = next_place(&grid, at);
            const ELEMENT *ahead = (const ELEMENT *)call->x + offset_of(steps, next) + steps.row + steps.pixel;
            for (int64_t c = 0; c < s->c; c += BLOCK) {
                TYPED(fetch)(ahead, steps);
                TYPED(window_at)(&grid, at, x, steps, out, call->v_stride);
                x += steps.block;
                ahead += steps.block;
                out += (end - start) * BLOCK;
            }
            at = next;
        }
    }
}

// Panels from ..< to of those tiles times the filters of group g, u: (36, c, pair vectors), transformed back to y. m
// has place for (36, tiles of these panels, pair vectors).
static void TYPED(convolve_group)(const struct convolve *call, int64_t g, int64_t from, int64_t to, int64_t origin,
                                  int64_t tiles, const float *v, const float *u, float *m) {
    const struct fovea_winograd *s = call->shape;
    const struct grid grid = grid_of(s);
    const struct steps steps = steps_of(s, s->o);
    const int64_t panels = (tiles + ROWS - 1) / ROWS;
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
        for (int64_t p = 0; p < pair; p++) {
            const int64_t o = g * 2 + p;
            const ptrdiff_t offset = offset_of(steps, at) + o * steps.block;
            const struct TYPED(finish) finish = {
                .y = (ELEMENT *)call->y + offset,
                .steps = steps,
                .height = smaller(s->h - at.row * 4, 4),
                .bias = call->bias ? call->bias + o * BLOCK : NULL,
                .residual = call->residual ? (const ELEMENT *)call->residual + offset : NULL,
                .relu = call->relu};
            TYPED(any_outputs)(width, m + ((tile - begin) * pair + p) * BLOCK, call->m_stride, &finish);
        }
    }
}

// Tiles first ..< last transformed, of which tile t lies at place t - origin of v: (36, c / SPAN, tiles, SPAN), and of
// z: (36, o / pair, tiles, pair vectors). The sums of dy are added to db (o).
static void TYPED(gradient_tiles)(const struct gradient *call, int64_t first, int64_t last, int64_t origin,
                                  int64_t tiles, float *v, float *z, float *db) {
    const struct fovea_winograd *s = call->shape;
    const struct grid grid = grid_of(s);
    const struct steps in = steps_of(s, s->c), out = steps_of(s, s->o);
    struct place at = place_of(&grid, first);
    for (int64_t tile = first - origin; tile < last - origin; tile++) {
        const struct place next = next_place(&grid, at);
        const ELEMENT *x = (const ELEMENT *)call->x + at.n * in.picture;
        const ELEMENT *ahead = (const ELEMENT *)call->x + offset_of(in, next) + in.row + in.pixel;
        for (int64_t c = 0; c < s->c; c += BLOCK, x += in.block, ahead += in.block) {
            TYPED(fetch)(ahead, in);
            const int64_t begin = c / SPAN * SPAN, span = smaller(SPAN, s->c - begin);
            TYPED(window_at)(&grid, at, x, in, v + begin * tiles + tile * span + c - begin, call->v_stride);
        }
        const ELEMENT *dy = (const ELEMENT *)call->dy + offset_of(out, at);
        ahead = (const ELEMENT *)call->dy + offset_of(out, next);
        const int width = (int)smaller(s->w - at.column * 4, 4);
        for (int64_t o = 0; o < s->o; o += BLOCK, dy += out.block, ahead += out.block) {
            TYPED(fetch)(ahead, out);
            const int64_t g = o / (2 * BLOCK), begin = g * 2 * BLOCK;
            struct TYPED(row) rows[4];
            for (int i = 0; i < 4; i++) rows[i] = TYPED(row_at)(dy + i * out.row, at.row * 4 + i, s->h, out.pixel);
            float *to = z + begin * tiles + tile * group_width(s, g) + o - begin;
            TYPED(any_tile)(width, rows, to, call->z_stride, db + o);
        }
        at = next;
    }
}

static const struct code TYPED(code) = {
    BLOCK, ROWS, TYPED(convolve_tiles), TYPED(convolve_group), NAME(filters), TYPED(gradient_tiles),
    NAME(gradient_products), NAME(gradient_filters)};

#undef ELEMENT
#undef TYPED
#undef READ
