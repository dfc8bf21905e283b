// When a convolution is computed by Winograd's algorithm F(4x4, 3x3): 36 multiplications in place of 144 for every 4 x 4 tile
// of outputs (Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks"). The rule was measured, and depends
// on shapes alone, so that a plan is the same every time.

import FoveaOperators
import FoveaTensorCore

/// The rule, and what it was measured on: two cores of a Zen 5 with AVX-512, oneDNN 2.6's direct kernels against ours, batches
/// of 1 to 128, 16 to 512 channels, 3 to 56 px.
enum WinogradRule {
    /// Outputs are computed in tiles of this many rows and columns.
    private static let tile = 4
    /// Fewer were not measured.
    private static let fewestChannels = 16
    /// Filters are transformed at every step of training, which must pay over this many tiles. From here on forward passes
    /// and both gradients were 1.4 to 3.2 times as fast on an idle machine; on a busy one the least was no gain.
    private static let fewestTiles = 64
    /// For inference they are transformed once, but are four times as many numbers to read: 1.05 to 3.8 times as fast, the
    /// least with 512 channels and 4 pictures of 7 px.
    private static let fewestTilesForInference = 16
    /// In bf16 direct kernels are twice as fast, ours a tenth: there must be one tile for this many channels. Batches of 1 to
    /// 32, from 64 channels and 56 px to 512 and 7 px: 1.1 to 1.5 times as fast above it, no gain at it, half as fast below.
    private static let channelsPerTileInBF16 = 4
    /// The least part of the computed tiles that lies inside the picture: 7 x 7 outputs fill 49 of 64 places. Below, at 3, 5
    /// and 6 px, small batches lose.
    private static let leastFilled = 0.7

    /// True if a convolution, or a gradient of one, is faster so. `outputs` is the shape of y; of dx for the gradient of the
    /// input. `dataType` is that of activations.
    static func suits(
        _ window: Window, groups: Int, filters: Shape, outputs: Shape, _ dataType: DataType, isTraining: Bool
    ) -> Bool {
        guard window == Window(3, padding: 1), groups == 1, min(filters[0], filters[1]) >= fewestChannels else {
            return false
        }
        let tiles = outputs[0] * ((outputs[2] + tile - 1) / tile) * ((outputs[3] + tile - 1) / tile)
        let filled = Double(outputs[0] * outputs[2] * outputs[3]) / Double(tiles * tile * tile)
        if dataType == .bf16 && tiles * channelsPerTileInBF16 < max(filters[0], filters[1]) { return false }
        return tiles >= (isTraining ? fewestTiles : fewestTilesForInference) && filled >= leastFilled
    }
}
