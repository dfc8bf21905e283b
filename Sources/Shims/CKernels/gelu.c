#include "include/gelu.h"

#include <math.h>

#include "clones.h"
#include "include/parallel.h"
#include "norm_rows.h"

// Pieces of this many numbers are shared out.
enum { PIECE = 4096 };

struct numbers {
    const char *dy, *x;
    int64_t count;
    int is_bf16;
    char *out;
};

// P(X < x), and the density at x times the square root of 2 pi. Abramowitz and Stegun 1964, formula 7.1.26, whose error is
// below 1.5e-7; small probabilities keep their relative accuracy.
INLINE void normal(row *probability, row *density, const row *x) {
    const row positive = *x < 0 ? -*x : *x, t = 1 / (1 + positive * (0.3275911f * 0.70710678f));
    const row square = *x * *x;
    power_of_two(density, &square, -0.72134752f);
    row tail = t * 1.061405429f - 1.453152027f;
    tail = tail * t + 1.421413741f;
    tail = tail * t - 0.284496736f;
    tail = tail * t + 0.254829592f;
    tail *= t * *density * 0.5f;
    *probability = *x < 0 ? tail : 1 - tail;
}

INLINE void gelu_row(char *out, const char *dy, const char *in, int is_bf16) {
    row x, probability, density;
    load(&x, in, is_bf16);
    normal(&probability, &density, &x);
    if (dy) {
        row g;
        load(&g, dy, is_bf16);
        x = g * (probability + x * density * 0.39894228f);
    } else {
        x *= probability;
    }
    store(out, &x, is_bf16);
}

// Numbers first ..< last, in rows; the last one may be short.
INLINE void gelu_numbers(const struct numbers *s, int64_t first, int64_t last, int is_bf16, int is_backward) {
    const int64_t size = is_bf16 ? 2 : 4;
    int64_t i = first;
    for (; i + LANES <= last; i += LANES)
        gelu_row(s->out + i * size, is_backward ? s->dy + i * size : NULL, s->x + i * size, is_bf16);
    if (i == last) return;
    char x[LANES * 4] = {0}, dy[LANES * 4] = {0};
    memcpy(x, s->x + i * size, (size_t)((last - i) * size));
    if (is_backward) memcpy(dy, s->dy + i * size, (size_t)((last - i) * size));
    gelu_row(x, is_backward ? dy : NULL, x, is_bf16);
    memcpy(s->out + i * size, x, (size_t)((last - i) * size));
}

FOVEA_BODY gelu_pieces_body(const struct numbers *s, int64_t first, int64_t last) {
    first *= PIECE;
    last = last * PIECE < s->count ? last * PIECE : s->count;
    if (s->is_bf16) {
        if (s->dy) gelu_numbers(s, first, last, 1, 1);
        else gelu_numbers(s, first, last, 1, 0);
    } else {
        if (s->dy) gelu_numbers(s, first, last, 0, 1);
        else gelu_numbers(s, first, last, 0, 0);
    }
}
FOVEA_CLONES(static, gelu_pieces, (const struct numbers *s, int64_t first, int64_t last), (s, first, last))

static void pieces(int64_t first, int64_t last, const void *context) { gelu_pieces(context, first, last); }

void fovea_gelu(const void *x, int64_t count, int is_bf16, void *y) {
    const struct numbers s = {.x = x, .count = count, .is_bf16 = is_bf16, .out = y};
    fovea_parallel((count + PIECE - 1) / PIECE, 2, pieces, &s);
}

void fovea_gelu_backward(const void *dy, const void *x, int64_t count, int is_bf16, void *dx) {
    const struct numbers s = {.dy = dy, .x = x, .count = count, .is_bf16 = is_bf16, .out = dx};
    fovea_parallel((count + PIECE - 1) / PIECE, 2, pieces, &s);
}
