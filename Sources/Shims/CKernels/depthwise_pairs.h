// Pairs of bf16 pixels for the kernels that multiply two at a time: depthwise_three.c and depthwise_maps.c. A pixel is a
// block of 16 channels. Processors multiply pairs of bf16 and add both products, so a pair's channels are interleaved, by
// one permutation, also where its pixels lie in two registers.

#ifndef FOVEA_DEPTHWISE_PAIRS_H
#define FOVEA_DEPTHWISE_PAIRS_H

#include <immintrin.h>
#include <stdint.h>

enum { BLOCK = 16, PIXEL = 32 };
#define BF16 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16"), min_vector_width(512)))
#define INLINE static inline __attribute__((always_inline))

// Pixels p and p + 1 of a row of `width`; 0 beyond it.
BF16 INLINE __m512i two_pixels(const char *row, int64_t p, int64_t width) {
    if (p + 1 < width) return _mm512_loadu_si512(row + p * PIXEL);
    if (p >= width) return _mm512_setzero_si512();
    return _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)(row + p * PIXEL)));
}

// Channels of pixel `first` of 4, and of pixel `second`, in turn: pixels 0 and 1 lie in one register, 2 and 3 in another.
BF16 INLINE __m512i order(int first, int second) {
    uint16_t places[2 * BLOCK];
    for (int lane = 0; lane < BLOCK; lane++) {
        places[2 * lane] = (uint16_t)(first * BLOCK + lane);
        places[2 * lane + 1] = (uint16_t)(second * BLOCK + lane);
    }
    return _mm512_loadu_si512(places);
}

#define PAIR(a, places, b) ((__m512bh)_mm512_permutex2var_epi16(a, places, b))

#endif
