// The transforms of F(4x4, 3x3) on vectors of BLOCK channels; included by winograd.c once for each instruction set,
// with BLOCK and NAME defined. The polynomials are evaluated at 0, a, -a, b, -b and infinity. With d the 6 x 6 window
// of x, g the 3 x 3 filter and m the elementwise product: y = At (m) A with m = (G g Gt) (Bt d B).

typedef float NAME(vector) __attribute__((vector_size(BLOCK * 4)));
typedef float NAME(unaligned) __attribute__((vector_size(BLOCK * 4), aligned(4)));
typedef int32_t NAME(mask) __attribute__((vector_size(BLOCK * 4)));
#define VECTOR NAME(vector)
#define LOAD(address) ((VECTOR)*(const NAME(unaligned) *)(address))
#define STORE(address, value) (*(NAME(unaligned) *)(address) = (NAME(unaligned))(value))
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

static const float NAME(zeros)[6 * BLOCK];

// Bt: six inputs to six.
INLINE void NAME(bt)(const VECTOR d[6], VECTOR out[6]) {
    const VECTOR u = d[4] - B2 * d[2], v = d[3] - B2 * d[1], s = d[4] - A2 * d[2], t = d[3] - A2 * d[1];
    out[0] = A2 * B2 * d[0] + (d[4] - (A2 + B2) * d[2]);
    out[1] = u + A1 * v;
    out[2] = u - A1 * v;
    out[3] = s + B1 * t;
    out[4] = s - B1 * t;
    out[5] = A2 * B2 * d[1] + (d[5] - (A2 + B2) * d[3]);
}

// At: six products to four outputs.
INLINE void NAME(at)(const VECTOR m[6], VECTOR out[4]) {
    const VECTOR sa = m[1] + m[2], da = m[1] - m[2], sb = m[3] + m[4], db = m[3] - m[4];
    out[0] = (m[0] + sa) + sb;
    out[1] = A1 * da + B1 * db;
    out[2] = A2 * sa + B2 * sb;
    out[3] = A1 * A2 * da + (B1 * B2 * db + m[5]);
}

// A: four gradients of outputs to six.
INLINE void NAME(a)(const VECTOR y[4], VECTOR out[6]) {
    const VECTOR ea = y[0] + A2 * y[2], fa = y[1] + A2 * y[3], eb = y[0] + B2 * y[2], fb = y[1] + B2 * y[3];
    out[0] = y[0];
    out[1] = ea + A1 * fa;
    out[2] = ea - A1 * fa;
    out[3] = eb + B1 * fb;
    out[4] = eb - B1 * fb;
    out[5] = y[3];
}

// G: three weights to six.
INLINE void NAME(g)(const VECTOR w[3], VECTOR out[6]) {
    const VECTOR ea = KA * w[0] + KA * A2 * w[2], fa = KA * A1 * w[1];
    const VECTOR eb = KB * w[0] + KB * B2 * w[2], fb = KB * B1 * w[1];
    out[0] = K0 * w[0];
    out[1] = ea + fa;
    out[2] = ea - fa;
    out[3] = eb + fb;
    out[4] = eb - fb;
    out[5] = w[2];
}

// Gt: six sums to the gradients of three weights.
INLINE void NAME(gt)(const VECTOR u[6], VECTOR out[3]) {
    const VECTOR sa = u[1] + u[2], da = u[1] - u[2], sb = u[3] + u[4], db = u[3] - u[4];
    out[0] = K0 * u[0] + (KA * sa + KB * sb);
    out[1] = KA * A1 * da + KB * B1 * db;
    out[2] = KA * A2 * sa + (KB * B2 * sb + u[5]);
}

// One window of x, columns from ..< to of which lie inside the picture, to out: (36), `stride` floats apart.
INLINE void NAME(window)(const int from, const int to, const float *const rows[6], float *out, ptrdiff_t stride) {
    VECTOR half[6][6], column[6], d[6];
    UNROLL for (int i = 0; i < 6; i++) {
        UNROLL for (int j = 0; j < 6; j++) d[j] = j >= from && j < to ? LOAD(rows[i] + j * BLOCK) : (VECTOR){0};
        NAME(bt)(d, half[i]);
    }
    UNROLL for (int j = 0; j < 6; j++) {
        UNROLL for (int i = 0; i < 6; i++) d[i] = half[i][j];
        NAME(bt)(d, column);
        UNROLL for (int i = 0; i < 6; i++) STORE(out + (i * 6 + j) * stride, column[i]);
    }
}

// One tile of dy of `to` columns to out, likewise; its elements are added to sum.
INLINE void NAME(tile)(const int to, const float *const rows[4], float *out, ptrdiff_t stride, float *sum) {
    VECTOR half[4][6], column[6], d[4], total = LOAD(sum);
    UNROLL for (int i = 0; i < 4; i++) {
        UNROLL for (int j = 0; j < 4; j++) d[j] = j < to ? LOAD(rows[i] + j * BLOCK) : (VECTOR){0};
        total += (d[0] + d[1]) + (d[2] + d[3]);
        NAME(a)(d, half[i]);
    }
    UNROLL for (int j = 0; j < 6; j++) {
        UNROLL for (int i = 0; i < 4; i++) d[i] = half[i][j];
        NAME(a)(d, column);
        UNROLL for (int i = 0; i < 6; i++) STORE(out + (i * 6 + j) * stride, column[i]);
    }
    STORE(sum, total);
}

// What is added to a tile of outputs, and what is done to it. residual: as y, or NULL.
struct NAME(finish) {
    const float *bias;
    const float *residual;
    int relu;
};

// One tile of outputs from m: (36), `stride` floats apart, to y: `height` rows of `to` columns, `pitch` floats apart.
INLINE void NAME(outputs)(const int to, int64_t height, const float *m, ptrdiff_t stride, float *y, ptrdiff_t pitch,
                          const struct NAME(finish) *finish) {
    VECTOR half[4][6], column[4], d[6];
    UNROLL for (int j = 0; j < 6; j++) {
        UNROLL for (int i = 0; i < 6; i++) d[i] = LOAD(m + (i * 6 + j) * stride);
        NAME(at)(d, column);
        UNROLL for (int i = 0; i < 4; i++) half[i][j] = column[i];
    }
    const VECTOR bias = finish->bias ? LOAD(finish->bias) : (VECTOR){0};
    UNROLL for (int i = 0; i < 4; i++) {
        if (i >= height) break;
        NAME(at)(half[i], d);
        UNROLL for (int j = 0; j < to; j++) {
            VECTOR value = d[j] + bias;
            if (finish->residual) value += LOAD(finish->residual + i * pitch + j * BLOCK);
            // What is not a number stays.
            if (finish->relu) value = (VECTOR)((NAME(mask))value & ~(value < (VECTOR){0}));
            STORE(y + i * pitch + j * BLOCK, value);
        }
    }
}

// The same with the number of columns known only now.
static void NAME(any_window)(int from, int to, const float *const rows[6], float *out, ptrdiff_t stride) {
    switch (from * 8 + to) {
        case 2: NAME(window)(0, 2, rows, out, stride); break;
        case 3: NAME(window)(0, 3, rows, out, stride); break;
        case 4: NAME(window)(0, 4, rows, out, stride); break;
        case 5: NAME(window)(0, 5, rows, out, stride); break;
        case 6: NAME(window)(0, 6, rows, out, stride); break;
        case 10: NAME(window)(1, 2, rows, out, stride); break;
        case 11: NAME(window)(1, 3, rows, out, stride); break;
        case 12: NAME(window)(1, 4, rows, out, stride); break;
        case 13: NAME(window)(1, 5, rows, out, stride); break;
        default: NAME(window)(1, 6, rows, out, stride); break;
    }
}

static void NAME(any_tile)(int to, const float *const rows[4], float *out, ptrdiff_t stride, float *sum) {
    switch (to) {
        case 1: NAME(tile)(1, rows, out, stride, sum); break;
        case 2: NAME(tile)(2, rows, out, stride, sum); break;
        case 3: NAME(tile)(3, rows, out, stride, sum); break;
        default: NAME(tile)(4, rows, out, stride, sum); break;
    }
}

static void NAME(any_outputs)(int to, int64_t height, const float *m, ptrdiff_t stride, float *y, ptrdiff_t pitch,
                              const struct NAME(finish) *finish) {
    switch (to) {
        case 1: NAME(outputs)(1, height, m, stride, y, pitch, finish); break;
        case 2: NAME(outputs)(2, height, m, stride, y, pitch, finish); break;
        case 3: NAME(outputs)(3, height, m, stride, y, pitch, finish); break;
        default: NAME(outputs)(4, height, m, stride, y, pitch, finish); break;
    }
}
