// Moves of channels by permuting registers, where there is AVX-512: what channel_moves.c takes in place of copying pieces.
// Not for others: include/channel_moves.h is.

#ifndef FOVEA_CHANNEL_WINDOWS_H
#define FOVEA_CHANNEL_WINDOWS_H

#include "include/channel_moves.h"

// True if these kernels can do it here.
int fovea_windows_suit(const struct fovea_maps *maps);

// Blocks first ..< last of y (n * blocks), or, with channels last, positions first ..< last (n * positions).
void fovea_move_windows(const struct fovea_maps *maps, const struct fovea_channel_order *order, const void *table,
                        const void *const *x, void *y, int64_t first, int64_t last);

#endif
