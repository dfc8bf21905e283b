#include "include/random.h"

#include <string.h>

#include "clones.h"

// Without this a processor with fused multiply-add would round otherwise than one without.
#pragma STDC FP_CONTRACT OFF

// So many blocks of four words at a time.
enum { BLOCKS = 64, WORDS = 4 * BLOCKS };

// Philox 4x32-10 (Salmon et al. 2011) for `BLOCKS` counters from `first` on.
FOVEA_BODY words_of(const struct fovea_random_place *place, uint32_t first, uint32_t *restrict words) {
    uint32_t a[BLOCKS], b[BLOCKS], c[BLOCKS], d[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        a[i] = first + (uint32_t)i;
        b[i] = place->counter[1];
        c[i] = place->counter[2];
        d[i] = place->counter[3];
    }
    uint32_t k0 = place->key[0], k1 = place->key[1];
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
        for (int i = 0; i < BLOCKS; i++) {
            const uint64_t one = (uint64_t)a[i] * 0xD2511F53u, two = (uint64_t)c[i] * 0xCD9E8D57u;
            a[i] = (uint32_t)(two >> 32) ^ b[i] ^ k0;
            b[i] = (uint32_t)two;
            c[i] = (uint32_t)(one >> 32) ^ d[i] ^ k1;
            d[i] = (uint32_t)one;
        }
    }
    for (int i = 0; i < BLOCKS; i++) {
        words[4 * i] = a[i];
        words[4 * i + 1] = b[i];
        words[4 * i + 2] = c[i];
        words[4 * i + 3] = d[i];
    }
}

// The natural logarithm of x / 2^24 for a whole x in 1 ... 2^24: exponent, and 2 atanh((m - 1) / (m + 1)) of a mantissa
// around 1, whose series ends below half a bit.
static inline double logarithm(double x) {
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    // Mantissas above the square root of 2 are halved.
    const int64_t shifted = bits - 0x3FE6A09E667F3BCD;
    const int64_t exponent = shifted >> 52;
    bits -= exponent << 52;
    double m;
    memcpy(&m, &bits, sizeof m);
    const double f = (m - 1) / (m + 1), s = f * f;
    double sum = 1.0 / 23;
    sum = sum * s + 1.0 / 21;
    sum = sum * s + 1.0 / 19;
    sum = sum * s + 1.0 / 17;
    sum = sum * s + 1.0 / 15;
    sum = sum * s + 1.0 / 13;
    sum = sum * s + 1.0 / 11;
    sum = sum * s + 1.0 / 9;
    sum = sum * s + 1.0 / 7;
    sum = sum * s + 1.0 / 5;
    sum = sum * s + 1.0 / 3;
    return (double)(int32_t)(exponent - 24) * 0.69314718055994530942 + 2 * (f + f * (s * sum));
}

// The cosine of a whole number of 2^24ths of a turn: an eighth of a turn at most is left of it, for which Taylor's series
// end below half a bit.
static inline double cosine(int32_t angle) {
    const int32_t quarter = (angle + (1 << 21)) >> 22;
    const double x = (double)(angle - (quarter << 22)) * (6.28318530717958647693 / (1 << 24)), s = x * x;
    double even = 1.0 / 20922789888000.0;
    even = even * s - 1.0 / 87178291200.0;
    even = even * s + 1.0 / 479001600.0;
    even = even * s - 1.0 / 3628800.0;
    even = even * s + 1.0 / 40320.0;
    even = even * s - 1.0 / 720.0;
    even = even * s + 1.0 / 24.0;
    even = even * s - 1.0 / 2.0;
    even = even * s + 1.0;
    double odd = 1.0 / 355687428096000.0;
    odd = odd * s - 1.0 / 1307674368000.0;
    odd = odd * s + 1.0 / 6227020800.0;
    odd = odd * s - 1.0 / 39916800.0;
    odd = odd * s + 1.0 / 362880.0;
    odd = odd * s - 1.0 / 5040.0;
    odd = odd * s + 1.0 / 120.0;
    odd = odd * s - 1.0 / 6.0;
    odd = x + x * (s * odd);
    const double found = quarter & 1 ? odd : even;
    return (quarter + 1) & 2 ? -found : found;
}

FOVEA_BODY normals_body(const struct fovea_random_place *place, int64_t count, float deviation, float *out) {
    uint32_t words[WORDS + 4];
    int64_t used = place->used;
    uint32_t counter = place->counter[0];
    // A number may lie across two blocks: what is left of one stays before the next.
    int64_t held = 0;
    for (int64_t done = 0; done < count;) {
        words_of(place, counter, words + held);
        counter += BLOCKS;
        const int64_t numbers = (held + WORDS - used) / 2;
        const int64_t taken = numbers < count - done ? numbers : count - done;
        const uint32_t *const own = words + used;
        float *const into = out + done;
        for (int64_t i = 0; i < taken; i++) {
            const double chance = (double)(int32_t)((1 << 24) - (own[2 * i] >> 8));
            const double radius = __builtin_elementwise_sqrt(-2 * logarithm(chance));
            into[i] = deviation * (float)(radius * cosine((int32_t)(own[2 * i + 1] >> 8)));
        }
        done += taken;
        used += 2 * taken;
        held = held + WORDS - used;
        if (held == 1) words[0] = words[used];
        used = 0;
    }
}
FOVEA_CLONES(static, normals,
             (const struct fovea_random_place *place, int64_t count, float deviation, float *out),
             (place, count, deviation, out))

FOVEA_BODY uniforms_body(const struct fovea_random_place *place, int64_t count, float lower, float upper, float *out) {
    uint32_t words[WORDS];
    int64_t used = place->used;
    uint32_t counter = place->counter[0];
    for (int64_t done = 0; done < count; used = 0, counter += BLOCKS) {
        words_of(place, counter, words);
        const int64_t taken = WORDS - used < count - done ? WORDS - used : count - done;
        for (int64_t i = 0; i < taken; i++)
            out[done + i] = lower + (upper - lower) * ((float)(int32_t)(words[used + i] >> 8) * 0x1p-24f);
        done += taken;
    }
}
FOVEA_CLONES(static, uniforms,
             (const struct fovea_random_place *place, int64_t count, float lower, float upper, float *out),
             (place, count, lower, upper, out))

void fovea_random_normal(const struct fovea_random_place *place, int64_t count, float deviation, float *out) {
    normals(place, count, deviation, out);
}

void fovea_random_uniform(const struct fovea_random_place *place, int64_t count, float lower, float upper, float *out) {
    uniforms(place, count, lower, upper, out);
}
