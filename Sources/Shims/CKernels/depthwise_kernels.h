// The gradient of any filter for one plane, compiled by depthwise.c for each instruction set: BLOCK channels side by side,
// NAME for what must differ by name. Rows are turned into f32 with zeros around them once; then every product is a
// multiplication with memory in the first cache, whatever stride, dilation and border.

typedef float NAME(vector) __attribute__((ext_vector_type(BLOCK), aligned(4)));
typedef int32_t NAME(bits) __attribute__((ext_vector_type(BLOCK), aligned(4)));
typedef uint16_t NAME(halves) __attribute__((ext_vector_type(BLOCK), aligned(2)));
#define VECTOR NAME(vector)
#define LOAD(from) (*(const VECTOR *)(from))
#define STORE(to, value) (*(VECTOR *)(to) = (value))
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

static void NAME(read_pixels)(const char *in, int64_t count, int is_bf16, float *out) {
    if (!is_bf16) {
        memcpy(out, in, (size_t)(count * BLOCK * 4));
        return;
    }
    for (int64_t p = 0; p < count; p++) {
        const NAME(bits) bits = __builtin_convertvector(((const NAME(halves) *)in)[p], NAME(bits)) << 16;
        STORE(out + p * BLOCK, (VECTOR)bits);
    }
}

INLINE void NAME(some_taps)(int count, const float *const *from, int64_t step, const float *row, int64_t pixels,
                            float *dw) {
    VECTOR sums[9];
    UNROLL for (int t = 0; t < count; t++) sums[t] = (VECTOR)0;
    for (int64_t p = 0; p < pixels; p++) {
        const VECTOR dy = LOAD(row + p * BLOCK);
        UNROLL for (int t = 0; t < count; t++) sums[t] += dy * LOAD(from[t] + p * step);
    }
    UNROLL for (int t = 0; t < count; t++) STORE(dw + t * BLOCK, LOAD(dw + t * BLOCK) + sums[t]);
}

static void NAME(filter_gradient)(const struct fovea_depthwise *s, const char *x, const char *dy, float *dw,
                                  const struct ring *ring) {
    const int64_t size = s->is_bf16 ? 2 : 4, step = s->stride[1] * BLOCK;
    int64_t next = 0;
    for (int64_t y = 0; y < s->y_h; y++) {
        const int64_t top = y * s->stride[0] - s->before[0];
        for (next = larger(next, top); next < smaller(top + ring->count, s->h); next++)
            NAME(read_pixels)(x + next * s->w * BLOCK * size, s->w, s->is_bf16,
                              ring->rows + (next % ring->count * ring->width + ring->left) * BLOCK);
        NAME(read_pixels)(dy + y * s->y_w * BLOCK * size, s->y_w, s->is_bf16, ring->row);
        const float *from[FOVEA_DEPTHWISE_TAPS];
        int64_t count = 0, skipped = 0;
        for (int64_t i = 0; i < s->kernel[0]; i++) {
            const int64_t r = top + i * s->dilation[0];
            if (r < 0) skipped += s->kernel[1];
            if (r < 0 || r >= s->h) continue;
            for (int64_t j = 0; j < s->kernel[1]; j++)
                from[count++] = ring->rows + (r % ring->count * ring->width + j * s->dilation[1]) * BLOCK;
        }
        const int64_t groups = (count + 8) / 9;
        for (int64_t g = 0; g < groups; g++) {
            const int64_t start = count * g / groups;
            float *const sums = dw + (skipped + start) * BLOCK;
            switch (count * (g + 1) / groups - start) {
#define TAPS(n) case n: NAME(some_taps)(n, from + start, step, ring->row, s->y_w, sums); break;
                TAPS(1) TAPS(2) TAPS(3) TAPS(4) TAPS(5) TAPS(6) TAPS(7) TAPS(8) TAPS(9)
#undef TAPS
            }
        }
    }
}

#undef VECTOR
#undef LOAD
#undef STORE
#undef INLINE
#undef UNROLL
