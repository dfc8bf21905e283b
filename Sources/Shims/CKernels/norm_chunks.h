// Batch norm of chunks of rows: `rows` rows of 16 numbers, `step` bytes apart.

#ifndef FOVEA_NORM_CHUNKS_H
#define FOVEA_NORM_CHUNKS_H

#include "norm_rows.h"

// What a row's lanes need to know.
struct lanes {
    row mean, factor, shift;  // z = (x - mean) factor + shift
    row g_mean, h_mean;       // dx = factor (g - g_mean - (x - mean) h_mean)
};

// In two passes for every lane: the mean as f32 has it, what that lacks, and the sum of squared differences from it.
void fovea_norm_chunk_statistics(const char *x, int64_t rows, int64_t step, row *mean, row *error, row *squares,
                                 int is_bf16);

// y = f(z)
void fovea_norm_chunk_normalise(const char *x, char *y, int64_t rows, int64_t step, const struct lanes *l, int is_bf16,
                                enum fovea_norm_activation activation);

// Sums of g = f'(z) dy and of g (x - mean).
void fovea_norm_chunk_sums(const char *x, const char *dy, int64_t rows, int64_t step, const struct lanes *l, row *g_sum,
                           row *h_sum, int is_bf16, enum fovea_norm_activation activation);

void fovea_norm_chunk_gradient(const char *x, const char *dy, char *dx, int64_t rows, int64_t step, const struct lanes *l,
                               int is_bf16, enum fovea_norm_activation activation);

#endif
