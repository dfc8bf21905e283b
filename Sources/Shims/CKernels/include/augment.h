// Random changes of 8-bit pictures at the network's size: tables, mixtures with a blurred or gray copy, hue, warps, blur.
// Each follows Pillow's arithmetic (blur: torchvision's). `in` is (height, width, channels) with `in_stride` bytes a row;
// `out` is dense and another memory than `in`. channels is 1 or 3.

#ifndef FOVEA_AUGMENT_H
#define FOVEA_AUGMENT_H

#include <stddef.h>
#include <stdint.h>

// Each sample through its channel's table. tables: (channels, 256).
void fovea_lookup(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, int32_t channels,
                  const uint8_t *tables, uint8_t *out);

// How often each sample occurs in each channel. counts: (channels, 256), overwritten.
void fovea_histogram(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, int32_t channels,
                     int64_t *counts);

// The sum of ITU-R 601 luma over all pixels.
int64_t fovea_luma_sum(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, int32_t channels);

// gray + factor * (in - gray): 0 takes the colour away, 1 changes nothing. Three channels.
void fovea_saturate(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, float factor, uint8_t *out);

// smooth + factor * (in - smooth), where smooth is a 3 x 3 mean whose centre counts five times; the border is kept.
void fovea_sharpen(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, int32_t channels,
                   float factor, uint8_t *out);

// Turns the hue by shift / 256 of the circle, on Pillow's 8-bit HSV. Three channels.
void fovea_turn_hue(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, uint8_t shift, uint8_t *out);

// out(x, y) = in((a x + b y + c) / (g x + h y + 1), (d x + e y + f) / (g x + h y + 1)), pixels' centres at halves,
// bilinear; `fill` (of `channels` samples) where that lies outside. coefficients: a ... h.
void fovea_warp(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, int32_t channels,
                const double *coefficients, const uint8_t *fill, uint8_t *out);

// Floats of scratch for `fovea_blur`.
size_t fovea_blur_scratch(int64_t height, int64_t width, int32_t channels);

// A blur with `weights` (2 radius + 1, summing to 1) along both sides; beyond the border the picture is reflected, so
// that radius must be below both sides.
void fovea_blur(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, int32_t channels,
                const float *weights, int64_t radius, float *scratch, uint8_t *out);

#endif
