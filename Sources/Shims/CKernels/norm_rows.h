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

// 1 / (1 + exp(-x)) within 3 units of the last place. exp(t) = 2^k exp(r) with |r| <= log(2) / 2; Cephes' polynomial.
INLINE void sigmoid(row *out, const row *x) {
    row t = -*x;
    clamp(&t, -87, 87);
    const float magic = 0x1.8p23f;
    const row shifted = t * 1.44269504f + magic, k = shifted - magic;
    const row r = (t - k * 0.693359375f) + k * 2.12194440e-4f;
    row e = r * 1.9875691500e-4f + 1.3981999507e-3f;
    e = e * r + 8.3334519073e-3f;
    e = e * r + 4.1665795894e-2f;
    e = e * r + 1.6666665459e-1f;
    e = e * r + 5.0000001201e-1f;
    e = e * r * r + r + 1;
    const row_bits power = ((row_bits)shifted << 23) + (127 << 23);
    *out = 1 / (1 + e * (row)power);
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
