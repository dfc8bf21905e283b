// Moves of channels by permuting registers. A register of y is put together of windows: registers of x, each with the lanes
// that it gives. In blocks of channels a window is a block of x; with channels last, any channels beside each other.

#include "channel_windows.h"

#include <string.h>

#include "include/instructions.h"

enum { BLOCK = 16, MOST_LANES = 32 };

// Lane l of y's register is lane places[l] of the window where bit l of `lanes` is set. channel: the window's first, in x.
struct window {
    uint16_t places[MOST_LANES];
    int32_t source, channel;
    uint32_t lanes, loaded;  // loaded: lanes of x that are there
    int32_t is_straight;     // lane for lane
};

// Registers of y, and where the windows of each start; behind them the windows.
struct table {
    int64_t registers, windows, lanes;
    int32_t starts[];
};

static int64_t head_bytes(int64_t registers) {
    return ((int64_t)sizeof(struct table) + (registers + 1) * 4 + 63) / 64 * 64;
}

static int64_t lanes_of(const struct fovea_maps *m) {
    return m->layout == FOVEA_NORM_CHANNELS_LAST && m->is_bf16 ? MOST_LANES : BLOCK;
}

// The window that the first of these lanes needs, with all others that it serves; takes them out of `open`.
static struct window window_of(const struct fovea_maps *m, const struct fovea_channel_order *order, int64_t start,
                               int64_t width, uint32_t *open) {
    const int first = __builtin_ctz(*open);
    struct window w = {.source = order->source[start + first], .channel = order->channel[start + first]};
    const int64_t channels = order->x_channels[w.source];
    if (m->layout == FOVEA_NORM_CHANNELS_LAST) {
        for (int64_t l = first; l < width; l++)
            if (*open >> l & 1 && order->source[start + l] == w.source && order->channel[start + l] < w.channel)
                w.channel = order->channel[start + l];
        if (w.channel > channels - width) w.channel = channels < width ? 0 : (int32_t)(channels - width);
    } else {
        w.channel -= w.channel % BLOCK;
    }
    const int64_t there = m->layout == FOVEA_NORM_CHANNELS_LAST && channels < width ? channels : width;
    w.loaded = there == 32 ? ~0u : (1u << there) - 1;
    w.is_straight = 1;
    for (int64_t l = 0; l < width; l++) {
        const int64_t c = start + l;
        if (!(*open >> l & 1) || order->source[c] != w.source || order->channel[c] < w.channel ||
            order->channel[c] >= w.channel + there)
            continue;
        w.places[l] = (uint16_t)(order->channel[c] - w.channel);
        if (w.places[l] != l) w.is_straight = 0;
        w.lanes |= 1u << l;
    }
    *open &= ~w.lanes;
    return w;
}

// Writes the table if there is one to write; returns its windows.
static int64_t fill(const struct fovea_maps *m, const struct fovea_channel_order *order, struct table *table) {
    const int64_t lanes = lanes_of(m), registers = (m->c + lanes - 1) / lanes;
    struct window *const windows = table ? (struct window *)((char *)table + head_bytes(registers)) : NULL;
    int64_t count = 0;
    for (int64_t r = 0; r < registers; r++) {
        const int64_t left = m->c - r * lanes, width = left < lanes ? left : lanes;
        uint32_t open = width == 32 ? ~0u : (1u << width) - 1;
        if (table) table->starts[r] = (int32_t)count;
        while (open) {
            const struct window w = window_of(m, order, r * lanes, lanes, &open);
            if (table) windows[count] = w;
            count++;
        }
    }
    if (table) {
        table->starts[registers] = (int32_t)count;
        table->registers = registers;
        table->windows = count;
        table->lanes = lanes;
    }
    return count;
}

int fovea_windows_suit(const struct fovea_maps *m) {
#if defined(__x86_64__)
    return fovea_instructions() >= FOVEA_INSTRUCTIONS_AVX512 &&
           (m->layout == FOVEA_NORM_CHANNELS_LAST || m->layout == FOVEA_NORM_BLOCKS_OF_16);
#else
    (void)m;
    return 0;
#endif
}

size_t fovea_channel_table_bytes(const struct fovea_maps *m, const struct fovea_channel_order *order) {
    if (!fovea_windows_suit(m)) return 0;
    const int64_t lanes = lanes_of(m);
    return (size_t)(head_bytes((m->c + lanes - 1) / lanes) + fill(m, order, NULL) * (int64_t)sizeof(struct window));
}

void fovea_channel_table(const struct fovea_maps *m, const struct fovea_channel_order *order, void *table) {
    if (fovea_windows_suit(m)) fill(m, order, table);
}

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512cd"), min_vector_width(512)))
#define INLINE static inline __attribute__((always_inline))

// Lanes of a window as its register takes them.
AVX512 INLINE __m512i places_of(const struct window *w, int is_bf16) {
    return is_bf16 ? _mm512_loadu_si512(w->places)
                   : _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)w->places));
}

// What a window gives to its register, from its first channel on: 16 f32, or 32 bf16 of which 16 may be used.
AVX512 INLINE __m512i given(__m512i places, __mmask32 lanes, __mmask32 loaded, const char *from, int is_bf16) {
    if (is_bf16) return _mm512_maskz_permutexvar_epi16(lanes, places, _mm512_maskz_loadu_epi16(loaded, from));
    const __m512i x = _mm512_maskz_loadu_epi32((__mmask16)loaded, from);
    return _mm512_maskz_permutexvar_epi32((__mmask16)lanes, places, x);
}

// With channels last: one position after the other.
AVX512 INLINE void positions(const struct fovea_maps *m, const struct fovea_channel_order *order,
                             const struct table *table, const void *const *x, char *y, int64_t first, int64_t last,
                             int is_bf16) {
    const int64_t size = is_bf16 ? 2 : 4, lanes = is_bf16 ? 32 : 16;
    const uint32_t whole = is_bf16 ? ~0u : 0xFFFF;
    const struct window *const windows = (const struct window *)((const char *)table + head_bytes(table->registers));
    for (int64_t p = first; p < last; p++) {
        char *to = y + p * m->c * size;
        for (int64_t r = 0; r < table->registers; r++, to += lanes * size) {
            __m512i sum = _mm512_setzero_si512();
            for (int64_t k = table->starts[r]; k < table->starts[r + 1]; k++) {
                const struct window *w = &windows[k];
                const int64_t at = p * order->x_channels[w->source] + w->channel;
                const char *const from = (const char *)x[w->source] + at * size;
                // Most registers are copies.
                if (w->is_straight && w->lanes == whole && w->loaded == whole) sum = _mm512_loadu_si512(from);
                else sum = _mm512_or_si512(sum, given(places_of(w, is_bf16), w->lanes, w->loaded, from, is_bf16));
            }
            const int64_t left = m->c - r * lanes;
            if (left >= lanes) _mm512_storeu_si512(to, sum);
            else if (is_bf16) _mm512_mask_storeu_epi16(to, (1u << left) - 1, sum);
            else _mm512_mask_storeu_epi32(to, (__mmask16)((1u << left) - 1), sum);
        }
    }
}

// A block of one picture, from `count` blocks of x.
AVX512 INLINE void block(int count, const struct window *windows, const char *const *from, char *to, int64_t pixels,
                         int is_bf16) {
    const int64_t step = BLOCK * (is_bf16 ? 2 : 4);
    __m512i places[BLOCK];
    for (int k = 0; k < count; k++) places[k] = places_of(&windows[k], is_bf16);
    for (int64_t p = 0; p < pixels; p++, to += step) {
        __m512i sum = _mm512_setzero_si512();
        for (int k = 0; k < count; k++)
            sum = _mm512_or_si512(sum, given(places[k], windows[k].lanes, 0xFFFF, from[k] + p * step, is_bf16));
        if (is_bf16) _mm256_storeu_si256((__m256i *)to, _mm512_castsi512_si256(sum));
        else _mm512_storeu_si512(to, sum);
    }
}

AVX512 INLINE void blocks(const struct fovea_maps *m, const struct fovea_channel_order *order, const struct table *table,
                          const void *const *x, char *y, int64_t first, int64_t last, int is_bf16) {
    const int64_t count = (m->c + BLOCK - 1) / BLOCK, bytes = m->positions * BLOCK * (is_bf16 ? 2 : 4);
    const struct window *const windows = (const struct window *)((const char *)table + head_bytes(table->registers));
    for (int64_t i = first; i < last; i++) {
        const int64_t n = i / count, g = i % count, start = table->starts[g], few = table->starts[g + 1] - start;
        const char *from[BLOCK];
        for (int64_t k = 0; k < few; k++) {
            const struct window *w = &windows[start + k];
            const int64_t theirs = (order->x_channels[w->source] + BLOCK - 1) / BLOCK;
            from[k] = (const char *)x[w->source] + (n * theirs + w->channel / BLOCK) * bytes;
        }
        const struct window *const w = windows + start;
        char *const to = y + i * bytes;
        if (few == 1 && w->is_straight && w->lanes == 0xFFFF) memcpy(to, from[0], (size_t)bytes);
        else if (few == 1) block(1, w, from, to, m->positions, is_bf16);
        else if (few == 2) block(2, w, from, to, m->positions, is_bf16);
        else if (few == 3) block(3, w, from, to, m->positions, is_bf16);
        else block((int)few, w, from, to, m->positions, is_bf16);
    }
}

AVX512 void fovea_move_windows(const struct fovea_maps *m, const struct fovea_channel_order *order, const void *table,
                               const void *const *x, void *y, int64_t first, int64_t last) {
    if (m->layout == FOVEA_NORM_CHANNELS_LAST) {
        if (m->is_bf16) positions(m, order, table, x, y, first, last, 1);
        else positions(m, order, table, x, y, first, last, 0);
    } else {
        if (m->is_bf16) blocks(m, order, table, x, y, first, last, 1);
        else blocks(m, order, table, x, y, first, last, 0);
    }
}
#else
void fovea_move_windows(const struct fovea_maps *m, const struct fovea_channel_order *order, const void *table,
                        const void *const *x, void *y, int64_t first, int64_t last) {
    (void)m, (void)order, (void)table, (void)x, (void)y, (void)first, (void)last;
}
#endif
