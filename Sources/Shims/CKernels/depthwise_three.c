// The gradient of a depthwise filter of 3 x 3 in bf16, straight from memory: processors multiply pairs of bf16 and add both
// products, so two pixels of dy meet two of x at a time.

#include "depthwise_parts.h"

#if defined(__x86_64__)
#include "depthwise_pairs.h"

BF16 INLINE void three(int stride, const struct fovea_depthwise *s, const char *x, const char *dy, float *dw,
                       const struct ring *ring) {
    const __m512i both = order(0, 1), middle = order(1, 2), seconds = order(1, 3), firsts = order(0, 2);
    const __m512i zero = _mm512_setzero_si512();
    const int64_t x_row = s->w * PIXEL, y_row = s->y_w * PIXEL;
    __m512 sums[9];
    for (int t = 0; t < 9; t++) sums[t] = _mm512_loadu_ps(dw + t * BLOCK);
    for (int64_t y = 0; y < s->y_h; y++, dy += y_row) {
        const char *rows[3];
        __m512i last[3];   // the pair of pixels before the next
        __m512bh left[3];  // step 1: the pair that is multiplied next by the left column
        for (int i = 0; i < 3; i++) {
            const int64_t r = y * stride - 1 + i;
            rows[i] = r < 0 || r >= s->h ? (const char *)ring->rows : x + r * x_row;
            last[i] = stride == 1 ? two_pixels(rows[i], 0, s->w) : zero;
            left[i] = PAIR(zero, middle, last[i]);
        }
        for (int64_t p = 0; p < s->y_w; p += 2) {
            const __m512bh g = PAIR(two_pixels(dy, p, s->y_w), both, zero);
            _mm_prefetch(dy + y_row + p * PIXEL, _MM_HINT_T0);
            _mm_prefetch(rows[2] + stride * (x_row + p * PIXEL), _MM_HINT_T0);
            if (stride == 2) {
                _mm_prefetch(rows[2] + x_row + (2 * p + 2) * PIXEL, _MM_HINT_T0);
                _mm_prefetch(rows[2] + 2 * x_row + (2 * p + 2) * PIXEL, _MM_HINT_T0);
                _mm_prefetch(rows[2] + x_row + 2 * p * PIXEL, _MM_HINT_T0);
            }
            for (int i = 0; i < 3; i++) {
                __m512 *const sum = sums + i * 3;
                if (stride == 1) {
                    const __m512i next = two_pixels(rows[i], p + 2, s->w);
                    sum[0] = _mm512_dpbf16_ps(sum[0], g, left[i]);
                    sum[1] = _mm512_dpbf16_ps(sum[1], g, PAIR(last[i], both, zero));
                    left[i] = PAIR(last[i], middle, next);
                    sum[2] = _mm512_dpbf16_ps(sum[2], g, left[i]);
                    last[i] = next;
                } else {
                    const __m512i now = two_pixels(rows[i], 2 * p, s->w), next = two_pixels(rows[i], 2 * p + 2, s->w);
                    sum[0] = _mm512_dpbf16_ps(sum[0], g, PAIR(last[i], seconds, now));
                    sum[1] = _mm512_dpbf16_ps(sum[1], g, PAIR(now, firsts, next));
                    sum[2] = _mm512_dpbf16_ps(sum[2], g, PAIR(now, seconds, next));
                    last[i] = next;
                }
            }
        }
    }
    for (int t = 0; t < 9; t++) _mm512_storeu_ps(dw + t * BLOCK, sums[t]);
}

BF16 static void step_of_1(const struct fovea_depthwise *s, const char *x, const char *dy, float *dw,
                           const struct ring *ring) {
    three(1, s, x, dy, dw, ring);
}

BF16 static void step_of_2(const struct fovea_depthwise *s, const char *x, const char *dy, float *dw,
                           const struct ring *ring) {
    three(2, s, x, dy, dw, ring);
}
#endif

filter_gradient fovea_depthwise_three(const struct fovea_depthwise *s) {
#if defined(__x86_64__)
    for (int axis = 0; axis < 2; axis++)
        if (s->kernel[axis] != 3 || s->dilation[axis] != 1 || s->before[axis] != 1 || s->stride[axis] != s->stride[0])
            return NULL;
    if (s->instructions != FOVEA_INSTRUCTIONS_AVX512_BF16 || !s->is_bf16 || s->block != 16) return NULL;
    if (s->stride[0] == 1) return step_of_1;
    if (s->stride[0] == 2) return step_of_2;
#endif
    (void)s;
    return NULL;
}
