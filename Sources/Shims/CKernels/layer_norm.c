#include "include/layer_norm.h"

#include <math.h>

#include "clones.h"
#include "include/parallel.h"
#include "norm_rows.h"

// Channels of a position are read as rows of 16 (8 where they lie in blocks of 8). Blocked layouts keep rows of one position
// far apart and rows of neighbouring positions together, so TILE positions are worked on at once, from the cache after the
// first of their passes.

// GATHERED: channels whose sums are put together at a time.
enum { TILE = 8, PARTS = 4, GATHERED = 32 };

struct layer_norm {
    struct fovea_maps m;
    const char *x, *dy;
    const float *scale, *shift;
    float epsilon;
    char *out;
    float *sums;  // (n, PARTS, 2, c): dscale and dshift of a part of a picture
};

INLINE int64_t channels_in_row(const struct fovea_maps *m) { return m->layout == FOVEA_NORM_BLOCKS_OF_8 ? 8 : LANES; }

INLINE int64_t rows_of(const struct fovea_maps *m) { return (m->c + channels_in_row(m) - 1) / channels_in_row(m); }

// Channels of row g.
INLINE int64_t valid_in(const struct fovea_maps *m, int64_t g) {
    const int64_t width = channels_in_row(m), left = m->c - g * width;
    return left < width ? left : width;
}

// Where row g of a position starts, in elements; in row-major maps its other channels lie `positions` apart.
INLINE int64_t place(const struct fovea_maps *m, int64_t n, int64_t p, int64_t g) {
    switch (m->layout) {
    case FOVEA_NORM_BLOCKS_OF_16: return ((n * rows_of(m) + g) * m->positions + p) * 16;
    case FOVEA_NORM_BLOCKS_OF_8: return ((n * rows_of(m) + g) * m->positions + p) * 8;
    case FOVEA_NORM_CHANNELS_LAST: return (n * m->positions + p) * m->c + g * LANES;
    case FOVEA_NORM_PLAIN: return (n * m->c + g * LANES) * m->positions + p;
    }
    return 0;
}

INLINE void load_row(row *out, const struct fovea_maps *m, const char *from, int64_t at, int64_t g) {
    const int64_t size = m->is_bf16 ? 2 : 4;
    char whole[LANES * 4] = {0};
    from += at * size;
    const int64_t valid = valid_in(m, g);
    if (m->layout == FOVEA_NORM_BLOCKS_OF_16 || (m->layout == FOVEA_NORM_CHANNELS_LAST && valid == LANES)) {
        load(out, from, m->is_bf16);
        return;
    }
    if (m->layout == FOVEA_NORM_PLAIN)
        for (int64_t k = 0; k < valid; k++) memcpy(whole + k * size, from + k * m->positions * size, (size_t)size);
    else
        memcpy(whole, from, (size_t)(valid * size));
    load(out, whole, m->is_bf16);
}

INLINE void store_row(const row *in, const struct fovea_maps *m, char *to, int64_t at, int64_t g) {
    const int64_t size = m->is_bf16 ? 2 : 4;
    char whole[LANES * 4];
    to += at * size;
    const int64_t valid = valid_in(m, g);
    if (m->layout == FOVEA_NORM_BLOCKS_OF_16 || (m->layout == FOVEA_NORM_CHANNELS_LAST && valid == LANES)) {
        store(to, in, m->is_bf16);
        return;
    }
    store(whole, in, m->is_bf16);
    if (m->layout == FOVEA_NORM_PLAIN)
        for (int64_t k = 0; k < valid; k++) memcpy(to + k * m->positions * size, whole + k * size, (size_t)size);
    else  // a block of 8 is written whole, with zeros behind its channels
        memcpy(to, whole, (size_t)((m->layout == FOVEA_NORM_BLOCKS_OF_8 ? 8 : valid) * size));
}

// One number a channel, 0 behind the last.
INLINE void channel_row(row *out, const struct fovea_maps *m, const float *numbers, int64_t g) {
    float lanes[LANES] = {0};
    const int64_t valid = valid_in(m, g);
    if (valid == LANES) {
        if (numbers) memcpy(out, numbers + g * LANES, sizeof *out);
        else *out = 1;
        return;
    }
    for (int64_t k = 0; k < valid; k++) lanes[k] = numbers ? numbers[g * channels_in_row(m) + k] : 1;
    memcpy(out, lanes, sizeof *out);
}

INLINE void add_row(float *to, const row *lanes) {
    row sum;
    memcpy(&sum, to, sizeof sum);
    sum += *lanes;
    memcpy(to, &sum, sizeof sum);
}

INLINE float total(const row *lanes) {
    float sum = 0;
    for (int k = 0; k < LANES; k++) sum += (*lanes)[k];
    return sum;
}

// Mean and 1 / sqrt(variance + epsilon) of `count` positions.
INLINE void statistics(const struct layer_norm *l, const struct fovea_maps *m, int64_t n, int64_t p, int64_t count,
                       float *mean, float *inverse) {
    row sums[TILE], x, mask;
    const int64_t rows = rows_of(m);
    for (int64_t i = 0; i < count; i++) sums[i] = 0;
    for (int64_t g = 0; g < rows; g++)
        for (int64_t i = 0; i < count; i++) {
            load_row(&x, m, l->x, place(m, n, p + i, g), g);
            sums[i] += x;
        }
    for (int64_t i = 0; i < count; i++) {
        mean[i] = total(&sums[i]) / (float)m->c;
        sums[i] = 0;
    }
    for (int64_t g = 0; g < rows; g++) {
        channel_row(&mask, m, NULL, g);
        for (int64_t i = 0; i < count; i++) {
            load_row(&x, m, l->x, place(m, n, p + i, g), g);
            x = (x - mean[i]) * mask;
            sums[i] += x * x;
        }
    }
    for (int64_t i = 0; i < count; i++) inverse[i] = 1 / sqrtf(total(&sums[i]) / (float)m->c + l->epsilon);
}

INLINE void forward_tile(const struct layer_norm *l, const struct fovea_maps *m, int64_t n, int64_t p, int64_t count) {
    float mean[TILE], inverse[TILE];
    statistics(l, m, n, p, count, mean, inverse);
    row x, scale, shift;
    for (int64_t g = 0; g < rows_of(m); g++) {
        channel_row(&scale, m, l->scale, g);
        channel_row(&shift, m, l->shift, g);
        for (int64_t i = 0; i < count; i++) {
            const int64_t at = place(m, n, p + i, g);
            load_row(&x, m, l->x, at, g);
            x = (x - mean[i]) * inverse[i] * scale + shift;
            store_row(&x, m, l->out, at, g);
        }
    }
}

INLINE void backward_tile(const struct layer_norm *l, const struct fovea_maps *m, int64_t n, int64_t p, int64_t count,
                          float *dscale, float *dshift) {
    float mean[TILE], inverse[TILE], g_mean[TILE], h_mean[TILE];
    statistics(l, m, n, p, count, mean, inverse);
    row x, dy, scale, mask, scales, shifts, g_sums[TILE], h_sums[TILE];
    for (int64_t i = 0; i < count; i++) g_sums[i] = h_sums[i] = 0;
    const int64_t width = channels_in_row(m);
    for (int64_t g = 0; g < rows_of(m); g++) {
        channel_row(&scale, m, l->scale, g);
        scales = shifts = 0;
        for (int64_t i = 0; i < count; i++) {
            const int64_t at = place(m, n, p + i, g);
            load_row(&x, m, l->x, at, g);
            load_row(&dy, m, l->dy, at, g);
            x = (x - mean[i]) * inverse[i];
            scales += dy * x;
            shifts += dy;
            dy *= scale;
            g_sums[i] += dy;
            h_sums[i] += dy * x;
        }
        if (valid_in(m, g) == LANES) {
            add_row(dscale + g * LANES, &scales);
            add_row(dshift + g * LANES, &shifts);
            continue;
        }
        for (int64_t k = 0; k < valid_in(m, g); k++) {
            dscale[g * width + k] += scales[k];
            dshift[g * width + k] += shifts[k];
        }
    }
    for (int64_t i = 0; i < count; i++) {
        g_mean[i] = total(&g_sums[i]) / (float)m->c;
        h_mean[i] = total(&h_sums[i]) / (float)m->c;
    }
    for (int64_t g = 0; g < rows_of(m); g++) {
        channel_row(&scale, m, l->scale, g);
        channel_row(&mask, m, NULL, g);
        for (int64_t i = 0; i < count; i++) {
            const int64_t at = place(m, n, p + i, g);
            load_row(&x, m, l->x, at, g);
            load_row(&dy, m, l->dy, at, g);
            x = (x - mean[i]) * inverse[i];
            dy = (dy * scale - g_mean[i] - x * h_mean[i]) * inverse[i] * mask;
            store_row(&dy, m, l->out, at, g);
        }
    }
}

// Tiles of one picture's part, with layout and type known.
INLINE void part_of(const struct layer_norm *l, const struct fovea_maps *m, int64_t index) {
    const int64_t n = index / PARTS, part = index % PARTS, tiles = (m->positions + TILE - 1) / TILE;
    float *const dscale = l->sums ? l->sums + index * 2 * m->c : NULL;
    if (dscale) memset(dscale, 0, (size_t)(2 * m->c) * sizeof *dscale);
    for (int64_t t = part * tiles / PARTS; t < (part + 1) * tiles / PARTS; t++) {
        const int64_t p = t * TILE, left = m->positions - p, count = left < TILE ? left : TILE;
        if (dscale)
            backward_tile(l, m, n, p, count, dscale, dscale + m->c);
        else
            forward_tile(l, m, n, p, count);
    }
}

FOVEA_BODY layer_parts_body(const struct layer_norm *l, int64_t first, int64_t last) {
    struct fovea_maps m = l->m;
    for (int64_t i = first; i < last; i++) {
        // The choices that matter are constants here.
        if (l->m.layout == FOVEA_NORM_BLOCKS_OF_16) {
            m.layout = FOVEA_NORM_BLOCKS_OF_16;
            m.is_bf16 = l->m.is_bf16 ? 1 : 0;
            if (m.is_bf16) {
                m.is_bf16 = 1;
                part_of(l, &m, i);
            } else {
                m.is_bf16 = 0;
                part_of(l, &m, i);
            }
        } else if (l->m.layout == FOVEA_NORM_CHANNELS_LAST) {
            m.layout = FOVEA_NORM_CHANNELS_LAST;
            if (l->m.is_bf16) {
                m.is_bf16 = 1;
                part_of(l, &m, i);
            } else {
                m.is_bf16 = 0;
                part_of(l, &m, i);
            }
        } else {
            part_of(l, &l->m, i);
        }
    }
}
FOVEA_CLONES(static, layer_parts, (const struct layer_norm *l, int64_t first, int64_t last), (l, first, last))

static void layer_range(int64_t first, int64_t last, const void *context) { layer_parts(context, first, last); }

void fovea_layer_norm_forward(const struct fovea_maps *maps, const void *x, const float *scale, const float *shift,
                              float epsilon, void *y) {
    const struct layer_norm l = {.m = *maps, .x = x, .scale = scale, .shift = shift, .epsilon = epsilon, .out = y};
    fovea_parallel(maps->n * PARTS, 1, layer_range, &l);
}

// Channels c ..< c + GATHERED of dscale and dshift: the sums of all parts of all pictures.
static void gather(const struct fovea_maps *m, const float *sums, int64_t c, float *dscale, float *dshift) {
    const int64_t count = m->c - c < GATHERED ? m->c - c : GATHERED;
    double scales[GATHERED] = {0}, shifts[GATHERED] = {0};
    for (int64_t i = 0; i < m->n * PARTS; i++) {
        const float *const from = sums + i * 2 * m->c + c;
        for (int64_t k = 0; k < count; k++) {
            scales[k] += from[k];
            shifts[k] += from[m->c + k];
        }
    }
    for (int64_t k = 0; k < count; k++) {
        dscale[c + k] = (float)scales[k];
        dshift[c + k] = (float)shifts[k];
    }
}

size_t fovea_layer_norm_scratch(const struct fovea_maps *maps) {
    return (size_t)(maps->n * PARTS * 2 * maps->c) * sizeof(float);
}

void fovea_layer_norm_backward(const struct fovea_maps *maps, const void *x, const void *dy, const float *scale,
                               float epsilon, void *dx, float *dscale, float *dshift, void *scratch) {
    const struct layer_norm l = {
        .m = *maps, .x = x, .dy = dy, .scale = scale, .epsilon = epsilon, .out = dx, .sums = scratch};
    fovea_parallel(maps->n * PARTS, 1, layer_range, &l);
    for (int64_t c = 0; c < maps->c; c += GATHERED) gather(maps, scratch, c, dscale, dshift);
}
