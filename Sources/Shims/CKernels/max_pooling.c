#include "include/max_pooling.h"

#include <stddef.h>

#include "clones.h"
#include "include/parallel.h"
#include "norm_rows.h"

typedef uint8_t row_places __attribute__((ext_vector_type(LANES)));

struct pooling_call {
    const struct fovea_max_pooling *s;
    const char *in;
    const uint8_t *winners;
    uint8_t *new_winners;
    char *out;
};

static inline int64_t groups_of(const struct fovea_max_pooling *s) { return (s->c + LANES - 1) / LANES; }

int64_t fovea_max_pooling_winners(const struct fovea_max_pooling *s) {
    return s->n * groups_of(s) * s->rows * s->columns * LANES;
}

// Where the line of a map begins, how far its positions are apart (in elements), and how many lanes of a row are channels.
struct line {
    int64_t start, step, valid;
};

INLINE struct line line_of(const struct fovea_max_pooling *s, int64_t plane, int64_t i, int64_t height, int64_t width) {
    const int64_t n = plane / groups_of(s), g = plane % groups_of(s);
    if (!s->has_channels_last) return (struct line){(plane * height + i) * width * LANES, LANES, LANES};
    const int64_t left = s->c - g * LANES;
    return (struct line){((n * height + i) * width) * s->c + g * LANES, s->c, left < LANES ? left : LANES};
}

INLINE void load_lanes(row *out, const char *in, int64_t valid, int is_bf16) {
    if (valid == LANES) return load(out, in, is_bf16);
    char whole[LANES * 4] = {0};
    memcpy(whole, in, (size_t)(valid * (is_bf16 ? 2 : 4)));
    load(out, whole, is_bf16);
}

INLINE void store_lanes(char *out, const row *in, int64_t valid, int is_bf16) {
    if (valid == LANES) return store(out, in, is_bf16);
    char whole[LANES * 4];
    store(whole, in, is_bf16);
    memcpy(out, whole, (size_t)(valid * (is_bf16 ? 2 : 4)));
}

INLINE int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }
INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

// One line of y.
INLINE void forward_line(const struct pooling_call *call, int64_t plane, int64_t i, int is_bf16) {
    const struct fovea_max_pooling *s = call->s;
    const int64_t size = is_bf16 ? 2 : 4, top = i * s->stride[0] - s->padding[0];
    const struct line to = line_of(s, plane, i, s->rows, s->columns);
    const struct line from = line_of(s, plane, 0, s->height, s->width);
    const int64_t u_first = most(0, -top), u_last = least(s->kernel[0], s->height - top);
    for (int64_t j = 0; j < s->columns; ++j) {
        const int64_t left = j * s->stride[1] - s->padding[1];
        const int64_t v_first = most(0, -left), v_last = least(s->kernel[1], s->width - left);
        const int64_t corner = from.start + (top * s->width + left) * from.step;
        row best;
        load_lanes(&best, call->in + (corner + (u_first * s->width + v_first) * from.step) * size, from.valid, is_bf16);
        row_bits winner = (int32_t)(u_first * s->kernel[1] + v_first);
        for (int64_t u = u_first; u < u_last; ++u) {
            for (int64_t v = v_first; v < v_last; ++v) {
                row value;
                load_lanes(&value, call->in + (corner + (u * s->width + v) * from.step) * size, from.valid, is_bf16);
                const row_bits place = (int32_t)(u * s->kernel[1] + v), wins = (value > best) | (value != value);
                best = wins ? value : best;
                winner = wins ? place : winner;
            }
        }
        store_lanes(call->out + (to.start + j * to.step) * size, &best, to.valid, is_bf16);
        if (!call->new_winners) continue;
        const row_places places = __builtin_convertvector(winner, row_places);
        memcpy(call->new_winners + ((plane * s->rows + i) * s->columns + j) * LANES, &places, sizeof places);
    }
}

// The outputs whose windows hold element `place` of an axis.
INLINE void windows_at(int64_t place, int64_t kernel, int64_t stride, int64_t outputs, int64_t *first, int64_t *last) {
    *first = place < kernel ? 0 : (place - kernel) / stride + 1;
    *last = least(outputs, place / stride + 1);
}

// One line of dx.
INLINE void backward_line(const struct pooling_call *call, int64_t plane, int64_t r, int is_bf16) {
    const struct fovea_max_pooling *s = call->s;
    const int64_t size = is_bf16 ? 2 : 4, row_place = r + s->padding[0];
    const struct line to = line_of(s, plane, r, s->height, s->width);
    const struct line from = line_of(s, plane, 0, s->rows, s->columns);
    const uint8_t *winners = call->winners + plane * s->rows * s->columns * LANES;
    int64_t i_first, i_last;
    windows_at(row_place, s->kernel[0], s->stride[0], s->rows, &i_first, &i_last);
    for (int64_t q = 0; q < s->width; ++q) {
        const int64_t column_place = q + s->padding[1];
        int64_t j_first, j_last;
        windows_at(column_place, s->kernel[1], s->stride[1], s->columns, &j_first, &j_last);
        row sum = 0;
        for (int64_t i = i_first; i < i_last; ++i) {
            for (int64_t j = j_first; j < j_last; ++j) {
                const int64_t u = row_place - i * s->stride[0], v = column_place - j * s->stride[1];
                const int64_t position = i * s->columns + j;
                row_places places;
                row dy;
                memcpy(&places, winners + position * LANES, sizeof places);
                load_lanes(&dy, call->in + (from.start + position * from.step) * size, from.valid, is_bf16);
                const row_bits place = (int32_t)(u * s->kernel[1] + v);
                sum += __builtin_convertvector(places, row_bits) == place ? dy : (row)0;
            }
        }
        store_lanes(call->out + (to.start + q * to.step) * size, &sum, to.valid, is_bf16);
    }
}

FOVEA_BODY forward_lines_body(const struct pooling_call *call, int64_t first, int64_t last) {
    for (int64_t item = first; item < last; ++item) {
        const int64_t plane = item / call->s->rows, i = item % call->s->rows;
        if (call->s->is_bf16) forward_line(call, plane, i, 1);
        else forward_line(call, plane, i, 0);
    }
}
FOVEA_CLONES(static, forward_lines, (const struct pooling_call *call, int64_t first, int64_t last), (call, first, last))

FOVEA_BODY backward_lines_body(const struct pooling_call *call, int64_t first, int64_t last) {
    for (int64_t item = first; item < last; ++item) {
        const int64_t plane = item / call->s->height, r = item % call->s->height;
        if (call->s->is_bf16) backward_line(call, plane, r, 1);
        else backward_line(call, plane, r, 0);
    }
}
FOVEA_CLONES(static, backward_lines, (const struct pooling_call *call, int64_t first, int64_t last), (call, first, last))

static void forward_part(int64_t first, int64_t last, const void *context) { forward_lines(context, first, last); }
static void backward_part(int64_t first, int64_t last, const void *context) { backward_lines(context, first, last); }

void fovea_max_pool(const struct fovea_max_pooling *s, const void *x, void *y, uint8_t *winners) {
    const struct pooling_call call = {.s = s, .in = x, .new_winners = winners, .out = y};
    fovea_parallel(s->n * groups_of(s) * s->rows, 8, forward_part, &call);
}

void fovea_max_pool_backward(const struct fovea_max_pooling *s, const void *dy, const uint8_t *winners, void *dx) {
    const struct pooling_call call = {.s = s, .in = dy, .winners = winners, .out = dx};
    fovea_parallel(s->n * groups_of(s) * s->height, 8, backward_part, &call);
}
