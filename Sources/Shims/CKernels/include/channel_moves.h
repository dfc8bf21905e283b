// Channels of one or several maps put together in another order: concatenation, slices, shuffles. In every layout that norm.h
// knows; all maps of one call lie in the same.

#ifndef FOVEA_CHANNEL_MOVES_H
#define FOVEA_CHANNEL_MOVES_H

#include <stddef.h>

#include "channel_factors.h"

// Channel c of y, described by `maps`, is channel channel[c] of map source[c], which has x_channels[source[c]] channels.
struct fovea_channel_order {
    const int64_t *x_channels;
    const int32_t *source, *channel;
};

// Bytes of the table that makes an order quick; 0 where there is none for this processor or layout.
size_t fovea_channel_table_bytes(const struct fovea_maps *maps, const struct fovea_channel_order *order);
void fovea_channel_table(const struct fovea_maps *maps, const struct fovea_channel_order *order, void *table);

// Fills y from maps that lie at x[source]. table: what fovea_channel_table wrote, or NULL.
void fovea_channel_moves(const struct fovea_maps *maps, const struct fovea_channel_order *order, const void *table,
                         const void *const *x, void *y);

#endif
