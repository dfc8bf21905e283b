#include "include/channel_moves.h"

#include <string.h>

#include "channel_windows.h"
#include "include/parallel.h"

struct moves {
    struct fovea_maps m;
    const void *const *x;
    const int64_t *x_channels;
    const int32_t *source, *channel;
    char *y;
    const struct fovea_channel_order *order;
    const void *table;
    int64_t width, blocks;
    size_t size;  // of an element
};

enum { WIDEST = 16 };

// Channels that lie beside each other in x and in y.
struct run {
    const char *from;
    int64_t lane, length;
};

// The runs of one block of y; returns how many.
static int runs_of(const struct moves *s, int64_t n, int64_t g, int64_t valid, struct run *runs) {
    int count = 0;
    for (int64_t k = 0; k < valid; k++) {
        const int64_t c = g * s->width + k, lane = s->channel[c] % s->width;
        if (k && s->source[c] == s->source[c - 1] && s->channel[c] == s->channel[c - 1] + 1 && lane) {
            runs[count - 1].length++;
            continue;
        }
        const int64_t blocks = (s->x_channels[s->source[c]] + s->width - 1) / s->width;
        const int64_t at = (n * blocks + s->channel[c] / s->width) * s->m.positions * s->width + lane;
        runs[count++] = (struct run){(const char *)s->x[s->source[c]] + (size_t)at * s->size, k, 1};
    }
    return count;
}

#define COPY_RUN(name, type)                                                                                          \
    static void name(const struct run *run, char *block, int64_t positions, int64_t width) {                          \
        const type *from = (const type *)run->from;                                                                   \
        type *to = (type *)block + run->lane;                                                                         \
        for (int64_t p = 0; p < positions; p++, from += width, to += width)                                           \
            for (int64_t k = 0; k < run->length; k++) to[k] = from[k];                                                \
    }
COPY_RUN(copy_words, uint32_t)
COPY_RUN(copy_halves, uint16_t)

static void move_block(const struct moves *s, int64_t n, int64_t g) {
    const int64_t left = s->m.c - g * s->width, valid = left < s->width ? left : s->width;
    const size_t bytes = (size_t)(s->m.positions * s->width) * s->size;
    char *const block = s->y + (size_t)(n * s->blocks + g) * bytes;
    struct run runs[WIDEST];
    const int count = runs_of(s, n, g, valid, runs);
    const int64_t c = g * s->width;
    if (count == 1 && valid == s->width && s->channel[c] % s->width == 0) {
        memcpy(block, runs[0].from, bytes);
        return;
    }
    if (valid < s->width) memset(block, 0, bytes);
    for (int i = 0; i < count; i++)
        (s->size == 2 ? copy_halves : copy_words)(&runs[i], block, s->m.positions, s->width);
}

// One position with channels last, in pieces that lie beside each other.
static void move_position(const struct moves *s, int64_t position) {
    for (int64_t c = 0, length; c < s->m.c; c += length) {
        length = 1;
        while (c + length < s->m.c && s->source[c + length] == s->source[c] &&
               s->channel[c + length] == s->channel[c] + length)
            length++;
        const int64_t at = position * s->x_channels[s->source[c]] + s->channel[c];
        memcpy(s->y + (size_t)(position * s->m.c + c) * s->size, (const char *)s->x[s->source[c]] + (size_t)at * s->size,
               (size_t)length * s->size);
    }
}

static void move_part(int64_t first, int64_t last, const void *context) {
    const struct moves *s = context;
    if (s->table) {
        fovea_move_windows(&s->m, s->order, s->table, s->x, s->y, first, last);
        return;
    }
    for (int64_t i = first; i < last; i++) {
        if (s->m.layout == FOVEA_NORM_CHANNELS_LAST)
            move_position(s, i);
        else
            move_block(s, i / s->blocks, i % s->blocks);
    }
}

void fovea_channel_moves(const struct fovea_maps *maps, const struct fovea_channel_order *order, const void *table,
                         const void *const *x, void *y) {
    struct moves s = {.m = *maps, .x = x, .x_channels = order->x_channels, .source = order->source,
                      .channel = order->channel, .y = y, .order = order,
                      .table = fovea_windows_suit(maps) ? table : NULL};
    s.width = maps->layout == FOVEA_NORM_PLAIN ? 1 : maps->layout == FOVEA_NORM_BLOCKS_OF_8 ? 8 : 16;
    s.blocks = (maps->c + s.width - 1) / s.width;
    s.size = maps->is_bf16 ? 2 : 4;
    if (maps->layout == FOVEA_NORM_CHANNELS_LAST)
        fovea_parallel(maps->n * maps->positions, 1 + 4096 / maps->c, move_part, &s);
    else
        fovea_parallel(maps->n * s.blocks, 1 + 4096 / (maps->positions * s.width), move_part, &s);
}
