#include "include/norm.h"

#include <math.h>

#include "clones.h"
#include "include/parallel.h"
#include "norm_chunks.h"
#include "norm_layout.h"

// Batch norm with its activation. Every layout is read as rows of 16 numbers. Sums are taken of chunks of rows, statistics
// with two passes while a chunk lies in the first cache, and merged in double precision in one fixed order (Chan et al.
// 1979): chunks to planes (one picture's share of a channel), planes to channels. Channels are worked through in bundles
// that stay in the last cache between the pass that sums and the pass that writes.

static const int64_t bundle_bytes = 12 << 20;

size_t fovea_norm_scratch(const struct fovea_norm *s) {
    return (size_t)padded_of(s) * ((size_t)s->n * 2 * sizeof(double) + 4 * sizeof(float));
}

static struct call call_of(const struct fovea_norm *s, const void *x, const void *dy, void *out, void *scratch) {
    const int64_t padded = padded_of(s);
    double *planes = scratch;
    float *channels = (float *)(planes + s->n * 2 * padded);
    return (struct call){
        .norm = s, .x = x, .dy = dy, .out = out, .planes = planes, .factor = channels, .inverse = channels + padded,
        .g_mean = channels + 2 * padded, .h_mean = channels + 3 * padded, .padded = padded};
}

// Merges `count` numbers with this mean and these squared differences into a plane's or channel's.
static inline void merge(double *mean, double *squares, double held, double count, double other, double more) {
    const double distance = other - *mean;
    *mean += distance * (count / (held + count));
    *squares += more + distance * distance * (held * count / (held + count));
}

FOVEA_BODY plane_statistics_body(const struct call *call, int64_t n, int64_t g) {
    const struct fovea_norm *s = call->norm;
    const int64_t width = width_of(s);
    double *const mean = call->planes + n * 2 * call->padded + g * width, *const squares = mean + call->padded;
    double held[LANES] = {0};
    for (int64_t k = 0; k < width; k++) mean[k] = squares[k] = 0;
    struct part parts[2];
    const int count = parts_of(s, n, g, parts);
    struct buffer buffer;
    for (int p = 0; p < count; p++) {
        double part_mean[LANES] = {0}, part_squares[LANES] = {0};
        for (int64_t first = 0; first < parts[p].rows; first += CHUNK) {
            const struct chunk chunk = chunk_of(call, &parts[p], first, &buffer);
            row average, error, differences;
            fovea_norm_chunk_statistics(chunk.x, chunk.rows, chunk.step, &average, &error, &differences, s->is_bf16);
            for (int k = 0; k < LANES; k++)
                merge(&part_mean[k], &part_squares[k], (double)first, (double)chunk.rows, (double)average[k] + error[k],
                      differences[k]);
        }
        for (int64_t k = 0; k < parts[p].valid; k++) {
            const int64_t c = k % width;
            merge(&mean[c], &squares[c], held[c], (double)parts[p].rows, part_mean[k], part_squares[k]);
            held[c] += (double)parts[p].rows;
        }
    }
}
FOVEA_CLONES(static, plane_statistics, (const struct call *call, int64_t n, int64_t g),
             (call, n, g))

// A group's numbers for every lane; channels beyond the last are all zeros, so that they stay 0.
static void fill_lanes(const struct call *call, int64_t g, struct lanes *l) {
    const int64_t width = width_of(call->norm);
    if (width == LANES && (g + 1) * LANES <= call->norm->c) {
        const size_t bytes = LANES * sizeof(float);
        memcpy(&l->mean, call->mean + g * LANES, bytes);
        memcpy(&l->factor, call->factor + g * LANES, bytes);
        memcpy(&l->shift, call->shift + g * LANES, bytes);
        memcpy(&l->g_mean, call->g_mean + g * LANES, bytes);
        memcpy(&l->h_mean, call->h_mean + g * LANES, bytes);
        return;
    }
    memset(l, 0, sizeof *l);
    for (int64_t k = 0; k < LANES; k++) {
        const int64_t c = g * width + k % width;
        if (c >= call->norm->c) continue;
        l->mean[k] = call->mean[c];
        l->factor[k] = call->factor[c];
        l->shift[k] = call->shift[c];
        if (call->dy) {
            l->g_mean[k] = call->g_mean[c];
            l->h_mean[k] = call->h_mean[c];
        }
    }
}

static void plane_normalise(const struct call *call, int64_t n, int64_t g) {
    struct part parts[2];
    const int count = parts_of(call->norm, n, g, parts);
    struct buffer buffer;
    struct lanes l;
    fill_lanes(call, g, &l);
    for (int p = 0; p < count; p++) {
        for (int64_t first = 0; first < parts[p].rows; first += CHUNK) {
            const struct chunk chunk = chunk_of(call, &parts[p], first, &buffer);
            fovea_norm_chunk_normalise(chunk.x, chunk.out, chunk.rows, chunk.step, &l, call->norm->is_bf16,
                                       call->norm->activation);
            unpack(call, &parts[p], first, &chunk);
        }
    }
}

static void plane_sums(const struct call *call, int64_t n, int64_t g) {
    const int64_t width = width_of(call->norm);
    double *const g_sum = call->planes + n * 2 * call->padded + g * width, *const h_sum = g_sum + call->padded;
    for (int64_t k = 0; k < width; k++) g_sum[k] = h_sum[k] = 0;
    struct part parts[2];
    const int count = parts_of(call->norm, n, g, parts);
    struct buffer buffer;
    struct lanes l;
    fill_lanes(call, g, &l);
    for (int p = 0; p < count; p++) {
        for (int64_t first = 0; first < parts[p].rows; first += CHUNK) {
            const struct chunk chunk = chunk_of(call, &parts[p], first, &buffer);
            row sum, product;
            fovea_norm_chunk_sums(chunk.x, chunk.dy, chunk.rows, chunk.step, &l, &sum, &product, call->norm->is_bf16,
                                  call->norm->activation);
            for (int64_t k = 0; k < parts[p].valid; k++) {
                g_sum[k % width] += sum[k];
                h_sum[k % width] += product[k];
            }
        }
    }
}

static void plane_gradient(const struct call *call, int64_t n, int64_t g) {
    struct part parts[2];
    const int count = parts_of(call->norm, n, g, parts);
    struct buffer buffer;
    struct lanes l;
    fill_lanes(call, g, &l);
    for (int p = 0; p < count; p++) {
        for (int64_t first = 0; first < parts[p].rows; first += CHUNK) {
            const struct chunk chunk = chunk_of(call, &parts[p], first, &buffer);
            fovea_norm_chunk_gradient(chunk.x, chunk.dy, chunk.out, chunk.rows, chunk.step, &l, call->norm->is_bf16,
                                      call->norm->activation);
            unpack(call, &parts[p], first, &chunk);
        }
    }
}

// Runs `plane` for planes first ..< last of the bundle, pictures outermost.
#define OVER_PLANES(name, plane)                                                                                 static void name(int64_t first, int64_t last, const void *context) {                                            const struct call *call = context;                                                                           for (int64_t item = first; item < last; item++)                                                                  plane(call, item / call->group_count, call->first_group + item % call->group_count);                 }
OVER_PLANES(statistics_part, plane_statistics)
OVER_PLANES(normalise_part, plane_normalise)
OVER_PLANES(sums_part, plane_sums)
OVER_PLANES(gradient_part, plane_gradient)

// Channels first ..< last: mean and variance over all pictures.
FOVEA_BODY finish_statistics_body(const struct call *call, int64_t first, int64_t last, const float *scale,
                                  float *mean, float *variance) {
    const struct fovea_norm *s = call->norm;
    const double size = (double)s->positions;
    double *const averages = call->planes, *const squares = averages + call->padded;
    for (int64_t n = 1; n < s->n; n++) {
        const double *other = averages + n * 2 * call->padded, *more = other + call->padded;
        for (int64_t c = first; c < last; c++)
            merge(&averages[c], &squares[c], (double)n * size, size, other[c], more[c]);
    }
    for (int64_t c = first; c < last; c++) {
        mean[c] = (float)averages[c];
        variance[c] = (float)(squares[c] / ((double)s->n * size));
        call->factor[c] = (float)(scale[c] / sqrt((double)variance[c] + s->epsilon));
    }
}
FOVEA_CLONES(static, finish_statistics, (const struct call *call, int64_t first, int64_t last, const float *scale,
             float *mean, float *variance),
             (call, first, last, scale, mean, variance))

// Channels first ..< last: sums over all pictures.
FOVEA_BODY finish_sums_body(const struct call *call, int64_t first, int64_t last, float *dscale, float *dshift) {
    const struct fovea_norm *s = call->norm;
    double *const g_sums = call->planes, *const h_sums = g_sums + call->padded;
    for (int64_t n = 1; n < s->n; n++) {
        const double *g_sum = g_sums + n * 2 * call->padded, *h_sum = g_sum + call->padded;
        for (int64_t c = first; c < last; c++) {
            g_sums[c] += g_sum[c];
            h_sums[c] += h_sum[c];
        }
    }
    const double count = (double)(s->n * s->positions);
    for (int64_t c = first; c < last; c++) {
        const double product = h_sums[c] * call->inverse[c];
        dshift[c] = (float)g_sums[c];
        dscale[c] = (float)product;
        call->g_mean[c] = (float)(g_sums[c] / count);
        call->h_mean[c] = (float)(product * call->inverse[c] / count);
    }
}
FOVEA_CLONES(static, finish_sums, (const struct call *call, int64_t first, int64_t last, float *dscale,
             float *dshift),
             (call, first, last, dscale, dshift))

// Sets the next bundle of groups; false if there is none. Channels that share lines of memory stay together.
static int next_bundle(struct call *call) {
    const struct fovea_norm *s = call->norm;
    call->first_group += call->group_count;
    const int64_t left = groups_of(s) - call->first_group;
    const int64_t bytes = s->n * s->positions * width_of(s) * (s->is_bf16 ? 2 : 4) * (call->dy ? 2 : 1);
    const int64_t wanted = (fovea_pool_threads() + s->n - 1) / s->n, fitting = bundle_bytes / bytes;
    call->group_count = fitting > wanted ? fitting : wanted;
    if (s->layout == FOVEA_NORM_CHANNELS_LAST || call->group_count > left) call->group_count = left;
    return left > 0;
}

static void over_planes(const struct call *call, fovea_loop_body body) {
    const int64_t worthwhile = 16384, plane = call->norm->positions * width_of(call->norm);
    fovea_parallel(call->norm->n * call->group_count, worthwhile / plane + 1, body, call);
}

static int64_t last_channel(const struct call *call) {
    const int64_t last = (call->first_group + call->group_count) * width_of(call->norm);
    return last < call->norm->c ? last : call->norm->c;
}

void fovea_norm_forward(const struct fovea_norm *s, const void *x, const float *scale, const float *shift, void *y,
                        float *mean, float *variance, void *scratch) {
    struct call call = call_of(s, x, NULL, y, scratch);
    call.mean = mean;
    call.shift = shift;
    while (next_bundle(&call)) {
        over_planes(&call, statistics_part);
        finish_statistics(&call, call.first_group * width_of(s), last_channel(&call), scale, mean, variance);
        over_planes(&call, normalise_part);
    }
}

// Factors of channels whose statistics are known.
static void fill_factors(const struct call *call, const float *variance, const float *scale) {
    for (int64_t c = 0; c < call->norm->c; c++) {
        const double inverse = 1 / sqrt((double)variance[c] + call->norm->epsilon);
        call->inverse[c] = (float)inverse;
        call->factor[c] = (float)(scale[c] * inverse);
        call->g_mean[c] = call->h_mean[c] = 0;
    }
}

void fovea_norm_fixed_forward(const struct fovea_norm *s, const void *x, const float *mean, const float *variance,
                              const float *scale, const float *shift, void *y, void *scratch) {
    struct call call = call_of(s, x, NULL, y, scratch);
    call.mean = mean;
    call.shift = shift;
    fill_factors(&call, variance, scale);
    while (next_bundle(&call)) over_planes(&call, normalise_part);
}

static void backward(const struct fovea_norm *s, const void *x, const void *dy, const float *mean, const float *variance,
                     const float *scale, const float *shift, void *dx, float *dscale, float *dshift, void *scratch,
                     int is_fixed) {
    struct call call = call_of(s, x, dy, dx, scratch);
    call.mean = mean;
    call.shift = shift;
    fill_factors(&call, variance, scale);
    while (next_bundle(&call)) {
        const int64_t first = call.first_group * width_of(s), last = last_channel(&call);
        over_planes(&call, sums_part);
        finish_sums(&call, first, last, dscale, dshift);
        if (is_fixed)
            for (int64_t c = first; c < last; c++) call.g_mean[c] = call.h_mean[c] = 0;
        over_planes(&call, gradient_part);
    }
}

void fovea_norm_backward(const struct fovea_norm *s, const void *x, const void *dy, const float *mean,
                         const float *variance, const float *scale, const float *shift, void *dx, float *dscale,
                         float *dshift, void *scratch) {
    backward(s, x, dy, mean, variance, scale, shift, dx, dscale, dshift, scratch, 0);
}

void fovea_norm_fixed_backward(const struct fovea_norm *s, const void *x, const void *dy, const float *mean,
                               const float *variance, const float *scale, const float *shift, void *dx, float *dscale,
                               float *dshift, void *scratch) {
    backward(s, x, dy, mean, variance, scale, shift, dx, dscale, dshift, scratch, 1);
}
