// When a convolution is computed by Winograd's algorithm F(4x4, 3x3): 36 multiplications in place of 144 for every 4 x 4 block of
// outputs (Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks"). The library's own choice is made for
// other processors; this one was measured, and it depends on shapes alone, so that a plan is the same every time.

import COneDNN
import FoveaOperators
import FoveaTensorCore

/// The rule, and what it was measured on.
enum WinogradRule {
    /// Outputs are computed in blocks of this many rows and columns.
    private static let block = 4
    /// With narrower tensors, moving pictures into and out of the transformed space costs more than it saves.
    private static let fewestChannels = 32
    /// The same for gradients of filters: sums over the batch are less work to begin with.
    private static let fewestChannelsForFilters = 128
    /// Filters are transformed at every step, which must pay over this many blocks of outputs.
    private static let fewestBlocks = 96
    /// The least part of the computed blocks that lies inside the picture: 7 x 7 outputs fill 49 of 64 places.
    private static let leastFilled = 0.7

    /// True if the forward pass or the gradient of the input is faster so; `outputs` is (N, O, H', W') of the one, (N, C, H, W)
    /// of the other. Two cores, AVX-512, batches of 1 to 128, 32 to 512 channels, 2 to 56 px: 1.15 to 2.5 times as fast.
    static func suits(_ window: Window, groups: Int, filters: Shape, outputs: Shape) -> Bool {
        fits(window, groups, filters, outputs, fewestChannels)
    }

    /// True if the gradient of the filters is faster so: 1.2 to 1.9 times. `outputs` is (N, O, H', W').
    static func suitsFilters(_ window: Window, groups: Int, filters: Shape, outputs: Shape) -> Bool {
        fits(window, groups, filters, outputs, fewestChannelsForFilters)
    }

    private static func fits(
        _ window: Window, _ groups: Int, _ filters: Shape, _ outputs: Shape, _ channels: Int
    ) -> Bool {
        guard window == Window(3, padding: 1), groups == 1, min(filters[0], filters[1]) >= channels else {
            return false
        }
        let blocks = outputs[0] * ((outputs[2] + block - 1) / block) * ((outputs[3] + block - 1) / block)
        let filled = Double(outputs[0] * outputs[2] * outputs[3]) / Double(blocks * block * block)
        return blocks >= fewestBlocks && filled >= leastFilled
    }
}

extension OneDNNPrimitive {
    /// A convolution by Winograd's algorithm if that is `suitable` and this oneDNN has it (2.x, f32, AVX-512, channels in
    /// sixteens), else a direct one.
    static func convolution(
        _ engine: OneDNNEngine, winograd suitable: Bool, reading layouts: [OneDNNLayout?],
        _ make: (OpaquePointer, FoveaDNNConvolution, UnsafeMutablePointer<FoveaDNNError>) -> OpaquePointer?
    ) throws -> OneDNNPrimitive {
        if suitable,
            let fast = try? OneDNNPrimitive(engine, reading: layouts, { make($0, FoveaDNNConvolutionWinograd, $1) })
        {
            return fast
        }
        return try OneDNNPrimitive(engine, reading: layouts) { make($0, FoveaDNNConvolutionDirect, $1) }
    }
}
