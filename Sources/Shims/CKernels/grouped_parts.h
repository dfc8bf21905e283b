// What grouped.c, grouped_gradient.c and their kernels share. Not for others: include/grouped.h is.
//
// Both directions read one map and turn its rows into lines of numbers that are multiplied as they lie: for every pixel,
// `depth` registers, in which each lane has what its output channel is multiplied by. In f32 that is one channel of the
// lane's group; in bf16, where processors multiply pairs, a pair of channels, or the same channel of a pair of pixels.

#ifndef FOVEA_GROUPED_PARTS_H
#define FOVEA_GROUPED_PARTS_H

#include <string.h>

#include "include/grouped.h"
#include "include/parallel.h"

enum pairing { SINGLE, CHANNELS, PIXELS };

// MOST_LANES: lanes of the widest register. RING: bytes of lines that stay in the first cache.
enum { MOST_LANES = 16, RING = 32 << 10 };

// A map (n, c, h, w) and where its parts lie, in bytes.
struct map {
    char *start;
    int64_t h, w, c, size, pixel, row, block, picture;
};

// Lines of a strip of a map: rows of `count` pixels from column `first` on; row r stands at place r modulo `rows`. One
// picture's share of one block of outputs, whose lanes read channels from `base` on, lane l from index[l] on.
struct lines {
    const struct map *map;
    const char *picture;
    enum pairing pairing;
    int64_t width, depth, apart;  // apart: pixels between the two of a pair
    int64_t rows, first, count, next;
    int64_t base, span, lanes;  // span: channels that the block's lanes read; lanes: those that are channels
    int32_t index[MOST_LANES];
    float *units;  // (rows, count, depth, lanes)
};

// Outputs at start + step * t, for t below count, along both axes; each reads pixels t * in_step + offset.
struct phase {
    int64_t start[2], count[2], taps[2];
    int64_t offset[2][FOVEA_GROUPED_TAPS];
    int32_t element[2][FOVEA_GROUPED_TAPS];  // of the window
    int64_t weights, block_weights;          // where the packed ones start, and how many a block has, in units
};

// A convolution of any direction.
struct walk {
    const struct fovea_grouped *shape;
    struct map in, out;
    enum pairing pairing;
    int turned;
    int64_t depth, apart, blocks;
    int64_t in_step[2], out_step[2], least_offset[2], most_offset[2], most_count[2], strip, rows;
    int64_t phases;
    struct phase phase[FOVEA_GROUPED_STEP * FOVEA_GROUPED_STEP];
    const void *w;
    float *packed, *biases, *rings;
    int64_t packed_units, fixed_units, ring_units;
    float least, most;
};

// A gradient of filters.
struct gradient {
    const struct fovea_grouped *shape;
    struct map x, dy;
    enum pairing pairing;
    int64_t depth, blocks, parts, taps, strip, rows;
    float *rings, *sums, *dw;
    int64_t ring_units, row_units, sums_units;
};

// The kernels of one instruction set and type.
struct grouped_code {
    void (*plane)(const struct walk *walk, int64_t n, int64_t block, float *ring);
    // Adds what one picture gives to the sums of a block: (taps, depth, lanes).
    void (*gradient)(const struct gradient *call, int64_t n, int64_t block, float *ring, float *sums);
};

const struct grouped_code *fovea_grouped_code(const struct fovea_grouped *shape);

size_t fovea_grouped_gradient_scratch(const struct fovea_grouped *shape);

static inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t rounded(int64_t units) { return (units + 15) / 16 * 16; }

static inline float *aligned(void *scratch) { return (float *)(((uintptr_t)scratch + 63) / 64 * 64); }

static inline struct map map_of(const struct fovea_grouped *s, const void *start, int64_t h, int64_t w) {
    struct map map = {.start = (char *)start, .h = h, .w = w, .c = s->c, .size = s->is_bf16 ? 2 : 4};
    map.pixel = (s->channels_last ? s->c : s->block) * map.size;
    map.row = w * map.pixel;
    map.block = s->channels_last ? s->block * map.size : h * map.row;
    map.picture = s->channels_last ? h * map.row : (s->c + s->block - 1) / s->block * map.block;
    return map;
}

// Where a block's lanes read.
static inline void aim(struct lines *lines, const struct fovea_grouped *s, int64_t block) {
    const int64_t c = block * s->block, end = smaller(c + s->block, s->c), g = s->width;
    lines->lanes = end - c;
    lines->base = c / g * g / s->block * s->block;
    lines->span = (end - 1) / g * g + g - lines->base;
    for (int64_t lane = 0; lane < s->block; lane++) {
        const int64_t channel = c + lane < s->c ? c + lane : c;
        lines->index[lane] = (int32_t)(channel / g * g - lines->base) / (lines->pairing == CHANNELS ? 2 : 1);
    }
}

#endif
