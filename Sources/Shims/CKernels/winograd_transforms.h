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
