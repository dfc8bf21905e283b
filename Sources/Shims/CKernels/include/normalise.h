// From 8-bit interleaved samples to the floats of the network's input, and from RGB to gray.

#ifndef FOVEA_NORMALISE_H
#define FOVEA_NORMALISE_H

#include <stddef.h>
#include <stdint.h>

// in: (height, width, in_channels), `in_stride` bytes a row; out: (out_channels, height, width), `out_stride` floats a
// row and `out_plane` floats a channel. in_channels is out_channels, or 1: then every channel is made of the gray.
// tables: (out_channels, 256), the value of each sample; a table and not a formula, so that every processor gives the
// same bits. mirrored: left and right are exchanged.
void fovea_normalise(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, int32_t in_channels,
                     int32_t out_channels, const float *tables, int32_t mirrored, float *out, ptrdiff_t out_stride,
                     ptrdiff_t out_plane);

// ITU-R 601 luma as Pillow's "L": (19595 r + 38470 g + 7471 b + 32768) >> 16. in: (height, width, 3); out: (height, width).
void fovea_gray_from_colour(const uint8_t *in, ptrdiff_t in_stride, int64_t height, int64_t width, uint8_t *out,
                            ptrdiff_t out_stride);

// Copies pixels of `channels` bytes so that out(y, x) = in[origin + y * step_y + x * step_x], all in bytes:
// every turning and mirroring of a picture. out: (height, width, channels).
void fovea_turn(const uint8_t *in, ptrdiff_t origin, ptrdiff_t step_y, ptrdiff_t step_x, int64_t height, int64_t width,
                int32_t channels, uint8_t *out);

#endif
