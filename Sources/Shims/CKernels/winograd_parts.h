// What the parts of Winograd's convolutions share: the grid of tiles, the work under way and the table of kernels. Not
// for others: include/winograd.h is.

#ifndef FOVEA_WINOGRAD_PARTS_H
#define FOVEA_WINOGRAD_PARTS_H

#include "include/winograd.h"

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

static inline struct grid grid_of(const struct fovea_winograd *s) {
    const int64_t rows = (s->h + 3) / 4, columns = (s->w + 3) / 4;
    return (struct grid){s->h, s->w, rows, columns, s->n * rows * columns};
}

static inline struct place place_of(const struct grid *grid, int64_t tile) {
    const int64_t row = tile / grid->columns, n = row / grid->rows;
    return (struct place){n, row - n * grid->rows, tile - row * grid->columns};
}

// The tile after this one.
static inline struct place next_place(const struct grid *grid, struct place at) {
    if (++at.column < grid->columns) return at;
    at.column = 0;
    if (++at.row < grid->rows) return at;
    return (struct place){at.n + 1, 0, 0};
}

// How activations of so many channels lie: numbers between pixels, rows of pixels, blocks of channels, and pictures.
struct steps {
    ptrdiff_t pixel, row, block, picture;
};

static inline struct steps steps_of(const struct fovea_winograd *s, int64_t channels) {
    const int64_t pixel = s->channels_last ? channels : s->block;
    return (struct steps){pixel, s->w * pixel, s->channels_last ? s->block : s->h * s->w * s->block,
                          s->h * s->w * channels};
}

// Where the tile's first pixel lies.
static inline ptrdiff_t offset_of(struct steps steps, struct place at) {
    return at.n * steps.picture + at.row * 4 * steps.row + at.column * 4 * steps.pixel;
}

// A convolution under way. strides: floats between the 36 places.
struct convolve {
    const struct fovea_winograd *shape;
    const void *x, *residual;
    const float *w, *bias;
    enum fovea_winograd_filters_kind filters;
    int relu;
    void *y;
    ptrdiff_t v_stride, u_stride, m_stride;
    // Tiles that are transformed at a time: `chunk` by each thread for itself, or `round` by all together if that is
    // not 0.
    int64_t chunk, round;
    // Scratch: transformed filters, and for each thread, or for all, what convolve_tiles and convolve_group need.
    float *u, *v, *m;
    ptrdiff_t u_step, v_step, m_step;
    int64_t origin, tiles;
};

// A gradient of filters under way.
struct gradient {
    const struct fovea_winograd *shape;
    const void *x, *dy;
    float *dw;
    ptrdiff_t v_stride, z_stride, u_stride;
    // As above. at_once: one round holds all tiles, and sums go to dw while they are in the cache.
    int64_t chunk, round;
    int at_once;
    // Scratch: `copies` of the transformed tiles and of the sums u, one for each thread or one for all; sums of dy,
    // (threads, o).
    int64_t copies;
    float *v, *z, *u, *db_parts;
    ptrdiff_t v_step, z_step, u_step;
    int64_t origin, tiles;
};

// The kernels of one instruction set and type of activations.
struct code {
    int64_t block, rows;
    void (*convolve_tiles)(const struct convolve *call, int64_t first, int64_t last, int64_t origin, int64_t tiles,
                           float *v);
    void (*convolve_group)(const struct convolve *call, int64_t g, int64_t from, int64_t to, int64_t origin,
                           int64_t tiles, const float *v, const float *u, float *m);
    void (*filters)(const struct convolve *call, int64_t g, int64_t start, int64_t end, float *u);
    void (*gradient_tiles)(const struct gradient *call, int64_t first, int64_t last, int64_t origin, int64_t tiles,
                           float *v, float *z, float *db);
    void (*gradient_products)(const struct gradient *call, int64_t k, int64_t g, int64_t c, int64_t tiles, int add,
                              const float *v, const float *z, float *sums);
    void (*gradient_filters)(const struct gradient *call, int64_t g, int64_t start, int64_t end, const float *sums,
                             ptrdiff_t stride, int64_t copies);
};

// The kernels for this shape's block and type.
const struct code *fovea_winograd_code(const struct fovea_winograd *shape);

static inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static inline int64_t groups_of(const struct fovea_winograd *s) { return (s->o + 2 * s->block - 1) / (2 * s->block); }

// Outputs of group g: two blocks, or one.
static inline int64_t group_width(const struct fovea_winograd *s, int64_t g) {
    return smaller(2 * s->block, s->o - g * 2 * s->block);
}

// Floats in whole cache lines, and one line more: strides of whole pages would share few sets of a cache.
static inline ptrdiff_t apart(int64_t floats) { return (floats + 15) / 16 * 16 + 16; }

#endif
