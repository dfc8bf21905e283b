// Matrices and filters (rows, columns, taps) of f32, as parameters are kept, into the layouts that oneDNN's kernels in bf16
// want, and gradients back from theirs: what its own reorders take two to eight times as long for as memory does. What fills
// up blocks is 0.

#ifndef FOVEA_MATRIX_LAYOUTS_H
#define FOVEA_MATRIX_LAYOUTS_H

#include <stdint.h>

enum fovea_matrix_layout {
    // bf16 (rows / block, columns / 16, taps, 8, block, 2): pairs of columns
    FOVEA_MATRIX_COLUMN_PAIRS,
    // bf16 (rows / 16, columns / 16, taps, 8, 16, 2): pairs of rows
    FOVEA_MATRIX_ROW_PAIRS,
    // f32 (rows / block, columns / 16, taps, 16, block)
    FOVEA_MATRIX_COLUMNS
};

// block: a multiple of 16. columns_first: blocks of pairs of rows lie as (columns / 16, rows / 16, ...).
struct fovea_matrix {
    int64_t rows, columns, taps, block;
    enum fovea_matrix_layout layout;
    int32_t columns_first;
};

// True if the kernels below can run on this processor.
int fovea_matrix_layouts_suit(void);

// To one of the first two layouts.
void fovea_matrix_pack(const struct fovea_matrix *matrix, const float *in, uint16_t *out);

// From the third one.
void fovea_matrix_unpack(const struct fovea_matrix *matrix, const float *in, float *out);

#endif
