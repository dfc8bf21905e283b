// Channels of one or several maps put together in another order: concatenation, slices, shuffles. In every layout that norm.h
// knows; all maps of one call lie in the same.

#ifndef FOVEA_CHANNEL_MOVES_H
#define FOVEA_CHANNEL_MOVES_H

#include "channel_factors.h"

// Channel c of y, described by `maps`, is channel channel[c] of map source[c], which lies at x[source[c]] and has
// x_channels[source[c]] channels.
void fovea_channel_moves(const struct fovea_maps *maps, const void *const *x, const int64_t *x_channels,
                         const int32_t *source, const int32_t *channel, void *y);

#endif
