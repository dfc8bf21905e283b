#include "include/adaptive_pooling.h"

#include "include/parallel.h"

struct grid {
    const float *from;
    int64_t height, width, rows, columns;
    float *to;
};

// Where part `index` of `parts` begins and ends along an axis of `extent` elements.
static int64_t begin(int64_t index, int64_t parts, int64_t extent) { return index * extent / parts; }
static int64_t end(int64_t index, int64_t parts, int64_t extent) { return ((index + 1) * extent + parts - 1) / parts; }

static void average_part(int64_t first, int64_t last, const void *context) {
    const struct grid *g = context;
    const float *x = g->from + first * g->height * g->width;
    float *y = g->to + first * g->rows * g->columns;
    for (int64_t plane = first; plane < last; plane++, x += g->height * g->width) {
        for (int64_t i = 0; i < g->rows; i++) {
            const int64_t top = begin(i, g->rows, g->height), bottom = end(i, g->rows, g->height);
            for (int64_t j = 0; j < g->columns; j++) {
                const int64_t left = begin(j, g->columns, g->width), right = end(j, g->columns, g->width);
                float sum = 0;
                for (int64_t row = top; row < bottom; row++)
                    for (int64_t column = left; column < right; column++) sum += x[row * g->width + column];
                *y++ = sum / (float)((bottom - top) * (right - left));
            }
        }
    }
}

static void spread_part(int64_t first, int64_t last, const void *context) {
    const struct grid *g = context;
    const float *dy = g->from + first * g->rows * g->columns;
    float *dx = g->to + first * g->height * g->width;
    for (int64_t plane = first; plane < last; plane++, dx += g->height * g->width) {
        for (int64_t place = 0; place < g->height * g->width; place++) dx[place] = 0;
        for (int64_t i = 0; i < g->rows; i++) {
            const int64_t top = begin(i, g->rows, g->height), bottom = end(i, g->rows, g->height);
            for (int64_t j = 0; j < g->columns; j++) {
                const int64_t left = begin(j, g->columns, g->width), right = end(j, g->columns, g->width);
                const float share = *dy++ / (float)((bottom - top) * (right - left));
                for (int64_t row = top; row < bottom; row++)
                    for (int64_t column = left; column < right; column++) dx[row * g->width + column] += share;
            }
        }
    }
}

void fovea_adaptive_average(const float *x, int64_t planes, int64_t height, int64_t width, int64_t rows,
                            int64_t columns, float *y) {
    const struct grid context = {x, height, width, rows, columns, y};
    fovea_parallel(planes, 16, average_part, &context);
}

void fovea_adaptive_average_backward(const float *dy, int64_t planes, int64_t height, int64_t width, int64_t rows,
                                     int64_t columns, float *dx) {
    const struct grid context = {dy, height, width, rows, columns, dx};
    fovea_parallel(planes, 16, spread_part, &context);
}
