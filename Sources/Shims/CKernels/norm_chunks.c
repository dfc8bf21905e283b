#include "norm_chunks.h"

#include "clones.h"

// What norm.c does with a chunk of rows. The choices of type and activation are made once a chunk: each body is compiled for
// all of them.

// Calls BODY(is_bf16, activation) with constants.
#define WITH_ACTIVATION(BODY, is_bf16)                                            \
    switch (activation) {                                                         \
    case FOVEA_NORM_IDENTITY: BODY(is_bf16, FOVEA_NORM_IDENTITY); break;          \
    case FOVEA_NORM_RELU: BODY(is_bf16, FOVEA_NORM_RELU); break;                  \
    case FOVEA_NORM_RELU6: BODY(is_bf16, FOVEA_NORM_RELU6); break;                \
    case FOVEA_NORM_SILU: BODY(is_bf16, FOVEA_NORM_SILU); break;                  \
    case FOVEA_NORM_HARD_SWISH: BODY(is_bf16, FOVEA_NORM_HARD_SWISH); break;      \
    }
#define WITH_CONSTANTS(BODY)           \
    if (is_bf16) {                     \
        WITH_ACTIVATION(BODY, 1)       \
    } else {                           \
        WITH_ACTIVATION(BODY, 0)       \
    }

INLINE void statistics_of(const char *x, int64_t rows, int64_t step, row *mean, row *error, row *squares, int is_bf16) {
    row sum[4] = {0}, square[4] = {0}, value;
    for (int64_t r = 0; r + 4 <= rows; r += 4) {
        for (int k = 0; k < 4; k++) {
            load(&value, x + (r + k) * step, is_bf16);
            sum[k] += value;
        }
    }
    for (int64_t r = rows / 4 * 4; r < rows; r++) {
        load(&value, x + r * step, is_bf16);
        sum[0] += value;
    }
    const row average = ((sum[0] + sum[1]) + (sum[2] + sum[3])) / (float)rows;
    for (int k = 0; k < 4; k++) sum[k] = 0;
    for (int64_t r = 0; r + 4 <= rows; r += 4) {
        for (int k = 0; k < 4; k++) {
            load(&value, x + (r + k) * step, is_bf16);
            value -= average;
            sum[k] += value;
            square[k] += value * value;
        }
    }
    for (int64_t r = rows / 4 * 4; r < rows; r++) {
        load(&value, x + r * step, is_bf16);
        value -= average;
        sum[0] += value;
        square[0] += value * value;
    }
    *mean = average;
    *error = ((sum[0] + sum[1]) + (sum[2] + sum[3])) / (float)rows;
    *squares = (square[0] + square[1]) + (square[2] + square[3]);
}

FOVEA_BODY fovea_norm_chunk_statistics_body(const char *x, int64_t rows, int64_t step, row *mean, row *error,
                                            row *squares, int is_bf16) {
    if (is_bf16) statistics_of(x, rows, step, mean, error, squares, 1);
    else statistics_of(x, rows, step, mean, error, squares, 0);
}
FOVEA_CLONES(, fovea_norm_chunk_statistics, (const char *x, int64_t rows, int64_t step, row *mean, row *error,
             row *squares, int is_bf16),
             (x, rows, step, mean, error, squares, is_bf16))

INLINE void normalise(const char *x, char *y, int64_t rows, int64_t step, const struct lanes *l, int is_bf16,
                      enum fovea_norm_activation activation) {
    const row mean = l->mean, factor = l->factor, shift = l->shift;
    for (int64_t r = 0; r < rows; r++) {
        row z;
        load(&z, x + r * step, is_bf16);
        z = (z - mean) * factor + shift;
        activate(&z, activation);
        store(y + r * step, &z, is_bf16);
    }
}

FOVEA_BODY fovea_norm_chunk_normalise_body(const char *x, char *y, int64_t rows, int64_t step,
                                           const struct lanes *l, int is_bf16, enum fovea_norm_activation activation) {
#define NORMALISE(is_bf16, activation) normalise(x, y, rows, step, l, is_bf16, activation)
    WITH_CONSTANTS(NORMALISE)
}
FOVEA_CLONES(, fovea_norm_chunk_normalise, (const char *x, char *y, int64_t rows, int64_t step,
             const struct lanes *l, int is_bf16, enum fovea_norm_activation activation),
             (x, y, rows, step, l, is_bf16, activation))

INLINE void add_terms(const char *x, const char *dy, const struct lanes *l, row *sum, row *product, int is_bf16,
                      enum fovea_norm_activation activation) {
    row h, g;
    load(&h, x, is_bf16);
    load(&g, dy, is_bf16);
    h -= l->mean;
    const row z = h * l->factor + l->shift;
    multiply_slope(&g, &z, activation);
    *sum += g;
    *product += g * h;
}

INLINE void sums(const char *x, const char *dy, int64_t rows, int64_t step, const struct lanes *given, row *g_sum,
                 row *h_sum, int is_bf16, enum fovea_norm_activation activation) {
    const struct lanes l = *given;
    row sum[4] = {0}, product[4] = {0};
    for (int64_t r = 0; r + 4 <= rows; r += 4) {
        for (int k = 0; k < 4; k++)
            add_terms(x + (r + k) * step, dy + (r + k) * step, &l, &sum[k], &product[k], is_bf16, activation);
    }
    for (int64_t r = rows / 4 * 4; r < rows; r++)
        add_terms(x + r * step, dy + r * step, &l, &sum[0], &product[0], is_bf16, activation);
    *g_sum = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    *h_sum = (product[0] + product[1]) + (product[2] + product[3]);
}

// Sums of g and of g (x - mean).
FOVEA_BODY fovea_norm_chunk_sums_body(const char *x, const char *dy, int64_t rows, int64_t step,
                                      const struct lanes *l, row *g_sum, row *h_sum, int is_bf16,
                                      enum fovea_norm_activation activation) {
#define SUMS(is_bf16, activation) sums(x, dy, rows, step, l, g_sum, h_sum, is_bf16, activation)
    WITH_CONSTANTS(SUMS)
}
FOVEA_CLONES(, fovea_norm_chunk_sums, (const char *x, const char *dy, int64_t rows, int64_t step,
             const struct lanes *l, row *g_sum, row *h_sum, int is_bf16, enum fovea_norm_activation activation),
             (x, dy, rows, step, l, g_sum, h_sum, is_bf16, activation))

INLINE void gradient(const char *x, const char *dy, char *dx, int64_t rows, int64_t step, const struct lanes *l,
                     int is_bf16, enum fovea_norm_activation activation) {
    const row mean = l->mean, factor = l->factor, shift = l->shift, g_mean = l->g_mean, h_mean = l->h_mean;
    for (int64_t r = 0; r < rows; r++) {
        row h, g;
        load(&h, x + r * step, is_bf16);
        load(&g, dy + r * step, is_bf16);
        h -= mean;
        const row z = h * factor + shift;
        multiply_slope(&g, &z, activation);
        g = (g - g_mean - h * h_mean) * factor;
        store(dx + r * step, &g, is_bf16);
    }
}

FOVEA_BODY fovea_norm_chunk_gradient_body(const char *x, const char *dy, char *dx, int64_t rows, int64_t step,
                                          const struct lanes *l, int is_bf16, enum fovea_norm_activation activation) {
#define GRADIENT(is_bf16, activation) gradient(x, dy, dx, rows, step, l, is_bf16, activation)
    WITH_CONSTANTS(GRADIENT)
}
FOVEA_CLONES(, fovea_norm_chunk_gradient, (const char *x, const char *dy, char *dx, int64_t rows, int64_t step,
             const struct lanes *l, int is_bf16, enum fovea_norm_activation activation),
             (x, dy, dx, rows, step, l, is_bf16, activation))
