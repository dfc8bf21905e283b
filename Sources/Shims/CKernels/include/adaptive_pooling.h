// Means over a grid of fixed extent whose windows need not be equal, as FoveaOperators.AdaptiveAveragePooling.
// All arrays are row-major f32.

#ifndef FOVEA_ADAPTIVE_POOLING_H
#define FOVEA_ADAPTIVE_POOLING_H

#include <stdint.h>

// x (planes, height, width) to y (planes, rows, columns): the mean over rows floor(i height / rows) to
// ceil((i + 1) height / rows), columns alike.
void fovea_adaptive_average(const float *x, int64_t planes, int64_t height, int64_t width, int64_t rows,
                            int64_t columns, float *y);

// dy (planes, rows, columns) to dx (planes, height, width): every element of a window gets its share of dy.
void fovea_adaptive_average_backward(const float *dy, int64_t planes, int64_t height, int64_t width, int64_t rows,
                                     int64_t columns, float *dx);

#endif
