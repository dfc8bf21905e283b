// How grouped convolutions read: rows of a map become lines of numbers that are multiplied as they lie (grouped_parts.h).
// Included by grouped_kernels.h, once for each instruction set and type.

#if BF16
#define HALF(from) _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)(from)))

// Channels of one pixel and of another in turn.
INLINE __m512i NAME(pair_order)(void) {
    uint16_t places[2 * BLOCK];
    for (int lane = 0; lane < BLOCK; lane++) {
        places[2 * lane] = (uint16_t)lane;
        places[2 * lane + 1] = (uint16_t)(2 * BLOCK + lane);
    }
    return _mm512_loadu_si512(places);
}
#endif

// A pixel's channels from the lines' base on, where all that its lanes read lies together, else a copy of them.
INLINE const char *NAME(pixel)(const struct lines *lines, const char *row, int64_t x, char *copy) {
    const struct map *map = lines->map;
    const char *const from = row + x * map->pixel;
    const int is_last = map->block == BLOCK * map->size && map->pixel != map->block;
    if (is_last ? lines->base + BLOCK <= map->c && lines->span <= BLOCK : lines->span <= BLOCK) return from;
    if (is_last) {
        memcpy(copy, from, (size_t)(smaller(lines->span, map->c - lines->base) * map->size));
    } else {
        for (int64_t c = 0; c < lines->span; c += BLOCK)
            memcpy(copy + c * map->size, from + c / BLOCK * map->block, (size_t)(BLOCK * map->size));
    }
    return copy;
}

// Units (pairs of bf16, or f32) to the registers of every lane.
INLINE void NAME(spread)(const struct lines *lines, const int32_t *units, float *out) {
#if BLOCK == 16
    // Groups as wide as a block or wider: its lanes belong to one or two of them.
    const __m512i index = _mm512_loadu_si512(lines->index);
    const int32_t first = lines->index[0], second = lines->index[BLOCK - 1];
    const __mmask16 seconds = _mm512_cmpeq_epi32_mask(index, _mm512_set1_epi32(second));
    if ((__mmask16)(seconds | _mm512_cmpeq_epi32_mask(index, _mm512_set1_epi32(first))) == 0xFFFF) {
        for (int64_t k = 0; k < lines->depth; k++)
            _mm512_storeu_si512(out + k * BLOCK, _mm512_mask_set1_epi32(_mm512_set1_epi32(units[first + k]), seconds,
                                                                        units[second + k]));
        return;
    }
#endif
    for (int64_t k = 0; k < lines->depth; k++) {
        int32_t lanes[BLOCK];
        UNROLL for (int lane = 0; lane < BLOCK; lane++) lanes[lane] = units[lines->index[lane] + k];
        memcpy(out + k * BLOCK, lanes, sizeof lanes);
    }
}

#if BLOCK == 16
// The same from one register.
INLINE void NAME(spread_one)(__m512i index, __m512i units, int64_t depth, float *out) {
    const __m512i one = _mm512_set1_epi32(1);
    for (int64_t k = 0; k < depth; k++) {
        _mm512_storeu_si512(out + k * BLOCK, _mm512_permutexvar_epi32(index, units));
        index = _mm512_add_epi32(index, one);
    }
}

// And from two.
INLINE void NAME(spread_two)(__m512i index, __m512i low, __m512i high, int64_t depth, float *out) {
    const __m512i one = _mm512_set1_epi32(1);
    for (int64_t k = 0; k < depth; k++) {
        _mm512_storeu_si512(out + k * BLOCK, _mm512_permutex2var_epi32(low, index, high));
        index = _mm512_add_epi32(index, one);
    }
}
#endif

#if BLOCK == 16
// Pixels first ..< last of a row, which are in the picture with what they are paired with, and whose lanes read one block.
// The row after the next is fetched meanwhile: planes are shorter than what the processor's own prefetching needs.
INLINE void NAME(read_block)(const struct lines *lines, const char *row, int64_t first, int64_t last, int64_t depth,
                             float *out) {
    const int64_t pixel = lines->map->pixel, ahead = lines->map->row;
    const __m512i index = _mm512_loadu_si512(lines->index);
#if BF16
    const __m512i order = NAME(pair_order)();
    const int64_t apart = lines->apart * pixel;
#endif
    const char *from = row + first * pixel;
    for (int64_t x = first; x < last; x++, from += pixel, out += depth * BLOCK) {
        _mm_prefetch(from + ahead, _MM_HINT_T0);
#if BF16
        __m512i units = HALF(from);
        if (lines->pairing == PIXELS) units = _mm512_permutex2var_epi16(units, order, HALF(from + apart));
#else
        const __m512i units = _mm512_loadu_si512(from);
#endif
        if (lines->width == 1) _mm512_storeu_si512(out, units);
        else NAME(spread_one)(index, units, depth, out);
    }
}

static void NAME(read_block_any)(const struct lines *lines, const char *row, int64_t first, int64_t last, float *out) {
    switch (lines->depth) {
    case 1: NAME(read_block)(lines, row, first, last, 1, out); break;
    case 2: NAME(read_block)(lines, row, first, last, 2, out); break;
    case 4: NAME(read_block)(lines, row, first, last, 4, out); break;
    case 8: NAME(read_block)(lines, row, first, last, 8, out); break;
    default: NAME(read_block)(lines, row, first, last, lines->depth, out);
    }
}
#endif

// Row r of the map to its place among the lines.
INLINE void NAME(read_row)(const struct lines *lines, int64_t r) {
    const struct map *map = lines->map;
    const char *const row = lines->picture + r * map->row;
    const int64_t depth = lines->depth, step = depth * BLOCK;
    float *out = lines->units + r % lines->rows * lines->count * step;
    char copies[2][4 * BLOCK * 4] __attribute__((aligned(64))) = {{0}};
    int32_t units[4 * BLOCK] __attribute__((aligned(64))) = {0};
#if BLOCK == 16
    const __m512i index = _mm512_loadu_si512(lines->index);
#endif
#if BF16
    const __m512i order = NAME(pair_order)();
#endif
#if BLOCK == 16
    int64_t quick = 0, quick_end = 0;
    const int is_last = map->block == BLOCK * map->size && map->pixel != map->block;
    if (lines->span <= BLOCK && (!is_last || lines->base + BLOCK <= map->c)) {
        quick = smaller(larger(-lines->first, 0), lines->count);
        quick_end = smaller(lines->count, map->w - (lines->pairing == PIXELS ? lines->apart : 0) - lines->first);
    }
#endif
    for (int64_t i = 0; i < lines->count; i++, out += step) {
#if BLOCK == 16
        if (i == quick && quick < quick_end) {
            NAME(read_block_any)(lines, row, lines->first + quick, lines->first + quick_end, out);
            out += (quick_end - quick - 1) * step;
            i = quick_end - 1;
            continue;
        }
#endif
        const int64_t x = lines->first + i;
        const int inside = x >= 0 && x < map->w;
        const char *const pixel = inside ? NAME(pixel)(lines, row, x, copies[0]) : NULL;
#if BF16
        if (lines->pairing == PIXELS) {
            const int64_t other = x + lines->apart;
            const char *const second =
                other >= 0 && other < map->w ? NAME(pixel)(lines, row, other, copies[1]) : NULL;
            if (lines->span <= BLOCK) {
                const __m512i a = pixel ? HALF(pixel) : _mm512_setzero_si512();
                const __m512i b = second ? HALF(second) : _mm512_setzero_si512();
                const __m512i both = _mm512_permutex2var_epi16(a, order, b);
                if (lines->width == 1) _mm512_storeu_si512(out, both);
                else NAME(spread_one)(index, both, depth, out);
                continue;
            }
            for (int64_t c = 0; c < lines->span; c += BLOCK) {
                const __m512i a = pixel ? HALF(pixel + c * 2) : _mm512_setzero_si512();
                const __m512i b = second ? HALF(second + c * 2) : _mm512_setzero_si512();
                _mm512_store_si512(units + c, _mm512_permutex2var_epi16(a, order, b));
            }
            NAME(spread)(lines, units, out);
            continue;
        }
#endif
        if (!pixel) {
            memset(out, 0, (size_t)step * 4);
            continue;
        }
#if BF16
        if (lines->span <= BLOCK) {
            NAME(spread_one)(index, HALF(pixel), depth, out);
            continue;
        }
        if (lines->span <= 2 * BLOCK) {
            NAME(spread_one)(index, _mm512_loadu_si512(pixel), depth, out);
            continue;
        }
        if (lines->span <= 4 * BLOCK) {
            NAME(spread_two)(index, _mm512_loadu_si512(pixel), _mm512_loadu_si512(pixel + 64), depth, out);
            continue;
        }
#elif BLOCK == 16
        if (lines->span <= BLOCK) {
            if (lines->width == 1) _mm512_storeu_si512(out, _mm512_loadu_si512(pixel));
            else NAME(spread_one)(index, _mm512_loadu_si512(pixel), depth, out);
            continue;
        }
        if (lines->span <= 2 * BLOCK) {
            NAME(spread_two)(index, _mm512_loadu_si512(pixel), _mm512_loadu_si512(pixel + 64), depth, out);
            continue;
        }
#else
        if (lines->width == 1) {
            memcpy(out, pixel, BLOCK * 4);
            continue;
        }
#endif
        memcpy(units, pixel, (size_t)(lines->span * map->size));
        NAME(spread)(lines, units, out);
    }
}

// Rows up to `last` that have not been read yet, of those from `first` on.
INLINE void NAME(read_rows)(struct lines *lines, int64_t first, int64_t last) {
    for (lines->next = larger(lines->next, larger(first, 0)); lines->next <= smaller(last, lines->map->h - 1); lines->next++)
        NAME(read_row)(lines, lines->next);
}
