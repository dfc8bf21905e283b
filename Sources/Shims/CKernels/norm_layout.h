// How norm.c reads each layout: as rows of 16 numbers, cut into planes (one picture's share of a group of channels), parts of a
// plane that lie alike, and chunks of at most CHUNK rows.

#ifndef FOVEA_NORM_LAYOUT_H
#define FOVEA_NORM_LAYOUT_H

#include "norm_rows.h"

enum { CHUNK = 256 };

// One call of a norm, with what lies in scratch: numbers of planes (n, 2, padded) and of channels (padded).
struct call {
    const struct fovea_norm *norm;
    const char *x, *dy;
    char *out;
    double *planes;
    float *factor, *inverse, *g_mean, *h_mean;
    const float *mean, *shift;
    int64_t padded, first_group, group_count;
};

static inline int64_t width_of(const struct fovea_norm *s) {
    return s->layout == FOVEA_NORM_PLAIN ? 1 : s->layout == FOVEA_NORM_BLOCKS_OF_8 ? 8 : 16;
}

static inline int64_t groups_of(const struct fovea_norm *s) { return (s->c + width_of(s) - 1) / width_of(s); }

static inline int64_t padded_of(const struct fovea_norm *s) { return (s->c + 15) / 16 * 16; }

// Rows of one plane that lie alike: whole ones, or those of which only the first `valid` lanes count.
struct part {
    int64_t offset, rows, stride, valid;  // in elements
};

// The rows of group g of picture n; returns the number of parts, at most 2.
static inline int parts_of(const struct fovea_norm *s, int64_t n, int64_t g, struct part parts[2]) {
    int count = 0;
    if (s->layout == FOVEA_NORM_CHANNELS_LAST) {
        const int64_t valid = s->c - g * LANES < LANES ? s->c - g * LANES : LANES;
        parts[count++] = (struct part){n * s->positions * s->c + g * LANES, s->positions, s->c, valid};
        return count;
    }
    const int64_t elements = s->positions * width_of(s), start = (n * groups_of(s) + g) * elements;
    const int64_t whole = elements / LANES, rest = elements % LANES;
    if (whole) parts[count++] = (struct part){start, whole, LANES, LANES};
    if (rest) parts[count++] = (struct part){start + whole * LANES, 1, LANES, rest};
    return count;
}

// A part's rows from `first` on, at most CHUNK: in place if they are whole, else copied to a buffer with zeros behind.
struct chunk {
    const char *x, *dy;
    char *out;
    int64_t rows, step;
};

struct buffer {
    char x[CHUNK * LANES * 4] __attribute__((aligned(64))), dy[CHUNK * LANES * 4] __attribute__((aligned(64)));
};

static inline void pack(char *to, const char *from, int64_t rows, int64_t step, int64_t bytes, int64_t size) {
    memset(to, 0, (size_t)(rows * LANES * size));
    for (int64_t r = 0; r < rows; r++) memcpy(to + r * LANES * size, from + r * step, (size_t)bytes);
}

static inline struct chunk chunk_of(const struct call *call, const struct part *part, int64_t first, struct buffer *buffer) {
    const int64_t size = call->norm->is_bf16 ? 2 : 4, offset = (part->offset + first * part->stride) * size;
    struct chunk chunk = {call->x + offset, call->dy ? call->dy + offset : NULL, call->out ? call->out + offset : NULL,
                          part->rows - first < CHUNK ? part->rows - first : CHUNK, part->stride * size};
    if (part->valid == LANES) return chunk;
    pack(buffer->x, chunk.x, chunk.rows, chunk.step, part->valid * size, size);
    chunk.x = chunk.out = buffer->x;
    if (call->dy) {
        pack(buffer->dy, chunk.dy, chunk.rows, chunk.step, part->valid * size, size);
        chunk.dy = buffer->dy;
    }
    chunk.step = LANES * size;
    return chunk;
}

// Brings a chunk that was computed in the buffer to its place.
static inline void unpack(const struct call *call, const struct part *part, int64_t first, const struct chunk *chunk) {
    if (part->valid == LANES) return;
    const int64_t size = call->norm->is_bf16 ? 2 : 4;
    char *to = call->out + (part->offset + first * part->stride) * size;
    for (int64_t r = 0; r < chunk->rows; r++)
        memcpy(to + r * part->stride * size, chunk->out + r * chunk->step, (size_t)(part->valid * size));
}

#endif
