// Rows of 16 numbers, the unit of norm.c: loading, storing, activations and their slopes. Rows are passed by pointer and
// every function is inlined, so that one source serves vectors of any width; choices are constants by then.

#ifndef FOVEA_NORM_ROWS_H
#define FOVEA_NORM_ROWS_H

#include <stdint.h>
#include <string.h>

#include "include/norm.h"

enum { LANES = 16 };
typedef float row __attribute__((ext_vector_type(LANES)));
typedef int32_t row_bits __attribute__((ext_vector_type(LANES)));
typedef uint16_t row_halves __attribute__((ext_vector_type(LANES)));

#define INLINE static inline __attribute__((always_inline))

INLINE void load(row *out, const char *in, int is_bf16) {
    if (is_bf16) {
        row_halves halves;
        memcpy(&halves, in, sizeof halves);
        *out = (row)(__builtin_convertvector(halves, row_bits) << 16);
    } else {
        memcpy(out, in, sizeof *out);
    }
}

// To bf16 with ties to even. What arithmetic gives for a NaN stays one: its mantissa is not all ones.
INLINE void store(char *out, const row *in, int is_bf16) {
    if (is_bf16) {
        row_bits bits = (row_bits)*in;
        bits = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
        const row_halves halves = __builtin_convertvector(bits, row_halves);
        memcpy(out, &halves, sizeof halves);
    } else {
        memcpy(out, in, sizeof *in);
    }
}

// A NaN stays one.
INLINE void clamp(row *x, float least, float largest) {
    *x = *x < least ? least : *x;
    *x = *x > largest ? largest : *x;
}

// 2^(x factor) within 3 units of the last place, the exponent held between -126 and 126: 2^k 2^r with |r| <= 1/2. The
// polynomial has the least largest error relative to 2^r, and is 1 at 0.
INLINE void power_of_two(row *out, const row *x, float factor) {
    const float most = 126 / (factor < 0 ? -factor : factor);
    // Added to a number it leaves the number's integer, and what an exponent is stored with, in the last bits.
    const float magic = 0x1.8p23f + 127;
    row t = *x;
    clamp(&t, -most, most);
    const row shifted = t * factor + magic, k = shifted - magic;
    const row r = t * factor - k;
    row e = r * 1.3264722e-3f + 9.6715130e-3f;
    e = e * r + 5.5507336e-2f;
    e = e * r + 2.4022242e-1f;
    e = e * r + 6.9314700e-1f;
    e = e * r + 1;
    *out = e * (row)((row_bits)shifted << 23);
}

// 1 / (1 + exp(-x))
INLINE void sigmoid(row *out, const row *x) {
    power_of_two(out, x, -1.44269504f);
    *out = 1 / (1 + *out);
}

// z = f(z)
INLINE void activate(row *z, enum fovea_norm_activation activation) {
    row other;
    switch (activation) {
    case FOVEA_NORM_IDENTITY: break;
    case FOVEA_NORM_RELU: *z = *z < 0 ? 0 : *z; break;
    case FOVEA_NORM_RELU6: clamp(z, 0, 6); break;
    case FOVEA_NORM_SILU:
        sigmoid(&other, z);
        *z *= other;
        break;
    case FOVEA_NORM_HARD_SWISH:
        other = *z + 3;
        clamp(&other, 0, 6);
        *z *= other * (1 / 6.0f);
        break;
    }
}

// g = f'(z) g; at a kink the slope that PyTorch takes. Multiplied, not chosen: a choice would become a masked load of g, which
// waits for z.
INLINE void multiply_slope(row *g, const row *z, enum fovea_norm_activation activation) {
    const row one = 1;
    row slope;
    switch (activation) {
    case FOVEA_NORM_IDENTITY: break;
    case FOVEA_NORM_RELU:
        slope = *z > 0 ? one : 0;
        *g *= slope;
        break;
    case FOVEA_NORM_RELU6:
        slope = *z < 6 ? one : 0;
        slope = *z > 0 ? slope : 0;
        *g *= slope;
        break;
    case FOVEA_NORM_SILU:
        sigmoid(&slope, z);
        *g *= slope * (1 + *z * (1 - slope));
        break;
    case FOVEA_NORM_HARD_SWISH:
        slope = *z < 3 ? *z * (1 / 3.0f) + 0.5f : one;
        slope = *z > -3 ? slope : 0;
        *g *= slope;
        break;
    }
}

#endif
