// Depthwise convolutions of 3 x 3 in bf16 and the gradients of their inputs, straight from memory: each row of a window is
// two products of pairs, of the left and the middle pixel, and of the right one and nothing. With steps of 1 the gradient
// of the input is the same with turned filters; with steps of 2 each pair of neighbours in dy makes two pixels of dx in
// a row.

#include <math.h>
#include <string.h>

#include "depthwise_parts.h"
#include "include/parallel.h"

#if defined(__x86_64__)
#include "depthwise_pairs.h"

// Filters as they are multiplied: (blocks, 3 rows, 2 pairs, block, 2). Of each row: which elements of the filter make up the
// first pair, and which is alone.
enum kind { FORWARD, TURNED, STEP_OF_2 };
enum { FILTER = 6 * 2 * BLOCK };

struct call {
    const struct fovea_depthwise *shape;
    const char *in;
    char *out;
    uint16_t *filters;
    float *biases;      // (blocks, block)
    const char *zeros;  // a row of them
    enum kind kind;
    float least, most;
};

static void pack(const struct fovea_depthwise *s, const uint16_t *w, enum kind kind, uint16_t *out) {
    static const int elements[3][3] = {{0, 1, 2}, {2, 1, 0}, {2, 0, 1}};
    memset(out, 0, (size_t)((s->c + BLOCK - 1) / BLOCK * FILTER) * 2);
    for (int64_t c = 0; c < s->c; c++) {
        uint16_t *filter = out + c / BLOCK * FILTER + c % BLOCK * 2;
        for (int i = 0; i < 3; i++) {
            const uint16_t *row = w + c * 9 + (kind == TURNED ? 2 - i : i) * 3;
            filter[i * 4 * BLOCK] = row[elements[kind][0]];
            filter[i * 4 * BLOCK + 1] = row[elements[kind][1]];
            filter[i * 4 * BLOCK + 2 * BLOCK] = row[elements[kind][2]];
        }
    }
}

// Pixels p and p + 1 of a row of `width`, from sums.
BF16 INLINE void write_two(char *row, int64_t p, int64_t width, __m512 one, __m512 two) {
    const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(two, one);
    if (p + 1 < width) _mm512_storeu_si512(row + p * PIXEL, both);
    else _mm256_storeu_si256((__m256i *)(row + p * PIXEL), _mm512_castsi512_si256(both));
}

#define PRODUCT(sum, pair, w) _mm512_dpbf16_ps(sum, pair, w)

// Rows of `in`, (in_h, in_w), to those of `out`, (h, w), two pixels at a time.
BF16 INLINE void windows(int stride, const char *in, int64_t in_h, int64_t in_w, char *out, int64_t h, int64_t w,
                         const __m512bh filter[6], const float *bias, const struct call *call) {
    const __m512i both = order(0, 1), middle = order(1, 2), zero = _mm512_setzero_si512();
    const __m512 least = _mm512_set1_ps(call->least), most = _mm512_set1_ps(call->most), start = _mm512_loadu_ps(bias);
    const int64_t in_row = in_w * PIXEL;
    for (int64_t y = 0; y < h; y++) {
        const char *rows[3];
        __m512i last[3];
        __m512bh left[3];
        for (int i = 0; i < 3; i++) {
            const int64_t r = y * stride - 1 + i;
            rows[i] = r < 0 || r >= in_h ? call->zeros : in + r * in_row;
            last[i] = two_pixels(rows[i], 0, in_w);
            left[i] = PAIR(zero, middle, last[i]);
        }
        char *const row = out + y * w * PIXEL;
        for (int64_t p = 0; p < w; p += 2) {
            __m512 one = start, two = start;
            for (int i = 0; i < 3; i++) {
                const __m512i next = two_pixels(rows[i], stride * p + 2, in_w);
                const __m512bh right = PAIR(last[i], middle, next);
                one = PRODUCT(one, left[i], filter[2 * i]);
                one = PRODUCT(one, right, filter[2 * i + 1]);
                if (stride == 1) {
                    two = PRODUCT(two, PAIR(last[i], both, zero), filter[2 * i]);
                    two = PRODUCT(two, PAIR(next, both, zero), filter[2 * i + 1]);
                    left[i] = right;
                    last[i] = next;
                } else {
                    const __m512i after = two_pixels(rows[i], stride * p + 4, in_w);
                    left[i] = PAIR(next, middle, after);
                    two = PRODUCT(two, right, filter[2 * i]);
                    two = PRODUCT(two, left[i], filter[2 * i + 1]);
                    last[i] = after;
                }
            }
            _mm_prefetch(rows[2] + stride * (in_row + p * PIXEL), _MM_HINT_T0);
            if (stride == 2) {
                _mm_prefetch(rows[2] + in_row + 2 * p * PIXEL, _MM_HINT_T0);
                _mm_prefetch(rows[2] + in_row + (2 * p + 2) * PIXEL, _MM_HINT_T0);
                _mm_prefetch(rows[2] + 2 * in_row + (2 * p + 2) * PIXEL, _MM_HINT_T0);
            }
            // In this order of operands, what is not a number stays so.
            one = _mm512_min_ps(most, _mm512_max_ps(least, one));
            two = _mm512_min_ps(most, _mm512_max_ps(least, two));
            write_two(row, p, w, one, two);
        }
    }
}

// dx (h, w) from dy (in_h, in_w) where windows step by 2: even rows of dx met the windows' middle row, odd ones the last row
// of one window and the first of the next.
BF16 INLINE void spread(const char *in, int64_t in_h, int64_t in_w, char *out, int64_t h, int64_t w,
                        const __m512bh filter[6], const char *zeros) {
    const __m512i both = order(0, 1), middle = order(1, 2), zero = _mm512_setzero_si512();
    const int64_t in_row = in_w * PIXEL;
    for (int64_t y = 0; y < h; y += 2) {
        const char *const upper = in + y / 2 * in_row, *const lower = y / 2 + 1 < in_h ? upper + in_row : zeros;
        char *const even = out + y * w * PIXEL, *const odd = even + w * PIXEL;
        __m512i last_upper = two_pixels(upper, 0, in_w), last_lower = two_pixels(lower, 0, in_w);
        for (int64_t p = 0; p < in_w; p += 2) {
            const __m512i next_upper = two_pixels(upper, p + 2, in_w), next_lower = two_pixels(lower, p + 2, in_w);
            const __m512bh up[2] = {PAIR(last_upper, both, zero), PAIR(last_upper, middle, next_upper)};
            const __m512bh low[2] = {PAIR(last_lower, both, zero), PAIR(last_lower, middle, next_lower)};
            last_upper = next_upper;
            last_lower = next_lower;
            _mm_prefetch(lower + in_row + p * PIXEL, _MM_HINT_T0);
            for (int k = 0; k < 2 && 2 * (p + k) < w; k++) {
                const __m512 none = _mm512_setzero_ps();
                write_two(even, 2 * (p + k), w, PRODUCT(none, up[k], filter[3]), PRODUCT(none, up[k], filter[2]));
                if (y + 1 < h)
                    write_two(odd, 2 * (p + k), w, PRODUCT(PRODUCT(none, up[k], filter[5]), low[k], filter[1]),
                              PRODUCT(PRODUCT(none, up[k], filter[4]), low[k], filter[0]));
            }
        }
    }
}

// Slots first ..< last of the threads: a part of the planes.
BF16 static void slots(int64_t first, int64_t last, const void *context) {
    const struct call *call = context;
    const struct fovea_depthwise *s = call->shape;
    const int64_t blocks = (s->c + BLOCK - 1) / BLOCK, planes = blocks * s->n;
    const int64_t x_plane = s->h * s->w * PIXEL, y_plane = s->y_h * s->y_w * PIXEL;
    for (int64_t plane = planes * first / s->threads; plane < planes * last / s->threads; plane++) {
        __m512bh filter[6];
        const float *const bias = call->biases + plane % blocks * BLOCK;
        for (int k = 0; k < 6; k++)
            filter[k] = (__m512bh)_mm512_loadu_si512(call->filters + plane % blocks * FILTER + k * 2 * BLOCK);
        if (call->kind == STEP_OF_2)
            spread(call->in + plane * y_plane, s->y_h, s->y_w, call->out + plane * x_plane, s->h, s->w, filter,
                   call->zeros);
        else if (s->stride[0] == 1)
            windows(1, call->in + plane * x_plane, s->h, s->w, call->out + plane * x_plane, s->h, s->w, filter, bias,
                    call);
        else
            windows(2, call->in + plane * x_plane, s->h, s->w, call->out + plane * y_plane, s->y_h, s->y_w, filter,
                    bias, call);
    }
}

// The call's scratch: filters, biases, and a row of zeros.
static void run(struct call call, const uint16_t *w, const float *bias, void *scratch) {
    const struct fovea_depthwise *s = call.shape;
    const int64_t blocks = (s->c + BLOCK - 1) / BLOCK, row = larger(s->w, s->y_w) * PIXEL;
    call.filters = scratch;
    call.biases = (float *)(call.filters + blocks * FILTER);
    memset(call.biases, 0, (size_t)(blocks * BLOCK * 4 + row));
    if (bias) memcpy(call.biases, bias, (size_t)s->c * 4);
    call.zeros = (const char *)(call.biases + blocks * BLOCK);
    pack(s, w, call.kind, call.filters);
    fovea_parallel(s->threads, 1, slots, &call);
}
#endif

int fovea_depthwise_has_maps(const struct fovea_depthwise *s) {
    // The gradient of the input with steps of 2 wants as many windows as that border gives.
    for (int axis = 0; axis < 2; axis++) {
        const int64_t extent = axis ? s->w : s->h, windows = axis ? s->y_w : s->y_h;
        if (windows != (extent - 1) / s->stride[axis] + 1) return 0;
    }
    return fovea_depthwise_three(s) != NULL;
}

size_t fovea_depthwise_maps_scratch(const struct fovea_depthwise *s) {
    return (size_t)((s->c + 15) / 16 * 7 * 64 + larger(s->w, s->y_w) * 32);
}

void fovea_depthwise_convolve(const struct fovea_depthwise *s, const void *x, const uint16_t *w, const float *bias,
                              float least, float most, void *y, void *scratch) {
#if defined(__x86_64__)
    const struct call call = {.shape = s, .in = x, .out = y, .kind = FORWARD, .least = least, .most = most};
    run(call, w, bias, scratch);
#else
    (void)s, (void)x, (void)w, (void)bias, (void)least, (void)most, (void)y, (void)scratch;
#endif
}

void fovea_depthwise_input_gradient(const struct fovea_depthwise *s, const void *dy, const uint16_t *w, void *dx,
                                    void *scratch) {
#if defined(__x86_64__)
    const enum kind kind = s->stride[0] == 1 ? TURNED : STEP_OF_2;
    const struct call call = {.shape = s, .in = dy, .out = dx, .kind = kind, .least = -INFINITY, .most = INFINITY};
    run(call, w, NULL, scratch);
#else
    (void)s, (void)dy, (void)w, (void)dx, (void)scratch;
#endif
}
