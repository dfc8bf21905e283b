// The two passes of an antialiased resize of 8-bit samples, bit for bit as Pillow's `Image.resize` computes them:
// weights in fixed point with 22 bits, rounded and clipped to 8 bits after each pass.

#ifndef FOVEA_RESIZE_H
#define FOVEA_RESIZE_H

#include <stddef.h>
#include <stdint.h>

enum { FOVEA_BILINEAR = 0, FOVEA_BICUBIC = 1, FOVEA_NEAREST = 2, FOVEA_LANCZOS = 3 };

// How many weights a sample of the output needs at most, when the input's part lower..<upper becomes `output` samples.
int64_t fovea_resize_taps(float lower, float upper, int64_t output, int32_t kernel);

// Fills, for each output sample first ..< first + count of an axis of `output` samples, where its inputs begin (`starts`),
// how many they are (`lengths`) and their weights (`weights`, `taps` apart). Samples outside 0 ..< input do not count.
void fovea_resize_weights(int64_t input, float lower, float upper, int64_t output, int64_t first, int64_t count,
                          int32_t kernel, int64_t taps, int32_t *starts, int32_t *lengths, int32_t *weights);

// Bytes of scratch that the horizontal pass needs for rows of `width` samples: (width, 16).
size_t fovea_resize_scratch(int64_t width);

// in: (rows, >= columns read, channels), `in_stride` bytes a row; out: (rows, count, channels), `out_stride` bytes a row,
// of which 4 beyond the last sample of each row may be overwritten. channels is 1 or 3. The inputs read lie in
// from ..< to; scratch holds fovea_resize_scratch(to - from) bytes.
void fovea_resize_horizontal(const uint8_t *in, ptrdiff_t in_stride, int64_t rows, int32_t channels, int64_t from,
                             int64_t to, const int32_t *starts, const int32_t *lengths, const int32_t *weights,
                             int64_t taps, int64_t count, uint8_t *out, ptrdiff_t out_stride, uint8_t *scratch);

// in: rows of `samples` bytes; out: (count, samples).
void fovea_resize_vertical(const uint8_t *in, ptrdiff_t in_stride, int64_t samples, const int32_t *starts,
                           const int32_t *lengths, const int32_t *weights, int64_t taps, int64_t count, uint8_t *out,
                           ptrdiff_t out_stride);

#endif
