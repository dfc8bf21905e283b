// Mixtures of a picture with a gray or smoothed copy of itself, rounded as Pillow's `Image.blend`; and its hue.
// See include/augment.h.

#include <math.h>
#include <string.h>

#include "clones.h"
#include "include/augment.h"

#pragma STDC FP_CONTRACT OFF

static inline uint8_t blend(int32_t plain, int32_t sample, float factor) {
    float value = (float)plain + factor * (float)(sample - plain);
    return value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t)value;
}

FOVEA_BODY fovea_saturate_body(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, float factor,
                               uint8_t *out) {
    for (int64_t y = 0; y < height; y++) {
        const uint8_t *source = in + y * in_stride;
        uint8_t *target = out + y * width * 3;
        for (int64_t x = 0; x < width * 3; x += 3) {
            uint32_t gray =
                (19595u * source[x] + 38470u * source[x + 1] + 7471u * source[x + 2] + 32768u) >> 16;
            for (int c = 0; c < 3; c++) target[x + c] = blend((int32_t)gray, source[x + c], factor);
        }
    }
}

FOVEA_CLONES(, fovea_saturate, (const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, float factor,
                                uint8_t *out),
             (in, in_stride, height, width, factor, out))

FOVEA_BODY fovea_sharpen_body(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, int32_t channels,
                              float factor, uint8_t *out) {
    const int64_t row = width * channels;
    for (int64_t y = 0; y < height; y++) {
        const uint8_t *source = in + y * in_stride;
        uint8_t *target = out + y * row;
        memcpy(target, source, (size_t)row);
        if (y == 0 || y == height - 1) continue;
        const uint8_t *above = source - in_stride, *below = source + in_stride;
        for (int64_t i = channels; i < row - channels; i++) {
            int64_t l = i - channels, r = i + channels;
            int32_t sum = above[l] + above[i] + above[r] + source[l] + 5 * source[i] + source[r] + below[l] + below[i]
                          + below[r];
            target[i] = blend((2 * sum + 13) / 26, source[i], factor);
        }
    }
}

FOVEA_CLONES(, fovea_sharpen, (const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, int32_t channels,
                             float factor, uint8_t *out),
             (in, in_stride, height, width, channels, factor, out))

static inline uint8_t clip(int32_t value) { return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value; }

// Pillow's conversion there and back (Convert.c), the hue moved between.
static void turn(const uint8_t *in, uint8_t shift, uint8_t *out) {
    const uint8_t r = in[0], g = in[1], b = in[2];
    const uint8_t most = r > g ? (r > b ? r : b) : (g > b ? g : b);
    const uint8_t least = r < g ? (r < b ? r : b) : (g < b ? g : b);
    if (most == least) {
        memcpy(out, in, 3);
        return;
    }
    float range = (float)(most - least), saturation = range / (float)most;
    float rc = (float)(most - r) / range, gc = (float)(most - g) / range, bc = (float)(most - b) / range;
    float hue = r == most ? bc - gc : g == most ? (float)(2.0 + rc - bc) : (float)(4.0 + gc - rc);
    hue = (float)fmod(hue / 6.0 + 1.0, 1.0);
    uint8_t h = (uint8_t)(clip((int32_t)(hue * 255.0)) + shift), s = clip((int32_t)(saturation * 255.0));
    if (s == 0) {
        out[0] = out[1] = out[2] = most;
        return;
    }
    int32_t sector = (int32_t)floor((float)h * 6.0 / 255.0);
    float part = (float)((float)h * 6.0 / 255.0 - (float)sector), strength = (float)((float)s / 255.0);
    uint8_t v = most;
    uint8_t p = clip((int32_t)round((float)v * (1.0 - strength)));
    uint8_t q = clip((int32_t)round((float)v * (1.0 - strength * part)));
    uint8_t t = clip((int32_t)round((float)v * (1.0 - strength * (1.0 - part))));
    const uint8_t colours[6][3] = {{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}};
    memcpy(out, colours[sector % 6], 3);
}

void fovea_turn_hue(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, uint8_t shift,
                    uint8_t *out) {
    for (int64_t y = 0; y < height; y++) {
        for (int64_t x = 0; x < width; x++) turn(in + y * in_stride + x * 3, shift, out + (y * width + x) * 3);
    }
}
