// Antialiased resizing, byte for byte as Pillow's `Image.resize`: horizontally first, then vertically, 8 bits between.
// Only the window of the result that is asked for is computed, which gives the same bytes as resizing everything and
// cutting afterwards. The loops are in CKernels; this file decides what they run on.

import CKernels

/// Which kernel interpolates between pixels when a picture is resized; always antialiased, as Pillow does.
package enum Interpolation: String, Codable, Sendable, CaseIterable {
    case bilinear, bicubic

    var kernel: Int32 { Int32(self == .bicubic ? FOVEA_BICUBIC : FOVEA_BILINEAR) }
}

/// What happens along one side: `lower ..< upper` of `input` samples become `output`, of which `window` is wanted.
package struct ResizeAxis: Sendable, Equatable {
    /// Samples of the input.
    package var input: Int
    /// Where the source region begins, in input samples; fractions are allowed.
    package var lower: Float
    /// Where the source region ends.
    package var upper: Float
    /// Samples that the source region becomes.
    package var output: Int
    /// Which of these are computed.
    package var window: Range<Int>

    package init(input: Int, lower: Float = 0, upper: Float? = nil, output: Int, window: Range<Int>? = nil) {
        self.input = input
        self.lower = lower
        self.upper = upper ?? Float(input)
        self.output = output
        self.window = window ?? 0..<output
        precondition(input > 0 && output > 0 && !self.window.isEmpty, "\(input) samples to \(output)")
        precondition(self.window.lowerBound >= 0 && self.window.upperBound <= output, "\(self.window) of \(output)")
        let isInside = self.lower >= 0 && self.lower < self.upper && self.upper <= Float(input)
        precondition(isInside, "\(lower) to \(self.upper) of \(input)")
    }

    /// Whether samples keep their size and place on a grid, so that nothing need be computed.
    var isCopy: Bool { upper - lower == Float(output) && lower == lower.rounded() }
}

/// The weights of one axis, kept for the next picture of the same size.
private struct AxisWeights {
    var axis: ResizeAxis?
    var interpolation = Interpolation.bilinear
    var taps = 0
    var starts: [Int32] = []
    var lengths: [Int32] = []
    var weights: [Int32] = []

    mutating func prepare(_ axis: ResizeAxis, _ interpolation: Interpolation) {
        guard self.axis != axis || self.interpolation != interpolation else { return }
        self.axis = axis
        self.interpolation = interpolation
        let count = axis.window.count
        taps = Int(fovea_resize_taps(axis.lower, axis.upper, Int64(axis.output), interpolation.kernel))
        if starts.count < count {
            starts = [Int32](repeating: 0, count: count)
            lengths = starts
        }
        if weights.count < count * taps { weights = [Int32](repeating: 0, count: count * taps) }
        fovea_resize_weights(
            Int64(axis.input), axis.lower, axis.upper, Int64(axis.output), Int64(axis.window.lowerBound), Int64(count),
            interpolation.kernel, Int64(taps), &starts, &lengths, &weights)
    }

    /// The input samples that the window reads.
    var reads: Range<Int> {
        guard let axis else { return 0..<0 }
        let last = axis.window.count - 1
        return Int(starts[0])..<Int(starts[last] + lengths[last])
    }
}

/// Resizes pictures in memory that it keeps for the next one. Belongs to one thread at a time.
package final class Resizer {
    private var horizontal = AxisWeights()
    private var vertical = AxisWeights()
    private let gathered = PixelBuffer()
    private let between = PixelBuffer()
    private let result = PixelBuffer()

    package init() {}

    /// The window of the resized picture; a view of the input or of this resizer's memory, valid until the next call.
    package func resize(
        _ view: PixelView, horizontal across: ResizeAxis, vertical down: ResizeAxis, _ interpolation: Interpolation
    ) -> PixelView {
        precondition(across.input == view.width && down.input == view.height, "axes of another picture")
        var current = view
        var rows = 0..<view.height
        if down.isCopy {
            rows = down.window.lowerBound + Int(down.lower)..<down.window.upperBound + Int(down.lower)
        } else {
            vertical.prepare(down, interpolation)
            rows = vertical.reads
        }
        current = current.region(x: 0, y: rows.lowerBound, width: view.width, height: rows.count)
        if across.isCopy {
            current = current.region(
                x: across.window.lowerBound + Int(across.lower), y: 0, width: across.window.count, height: rows.count)
        } else {
            horizontal.prepare(across, interpolation)
            current = runHorizontal(current, count: across.window.count)
        }
        return down.isCopy ? current : runVertical(current, firstRow: rows.lowerBound, count: down.window.count)
    }

    private func runHorizontal(_ view: PixelView, count: Int) -> PixelView {
        let slack = 4
        let stride = (count * view.channels + slack + 15) & ~15
        let out = between.room(stride * view.height)
        let reads = horizontal.reads
        let scratch = gathered.room(fovea_resize_scratch(Int64(reads.count)))
        fovea_resize_horizontal(
            view.base, view.stride, Int64(view.height), Int32(view.channels), Int64(reads.lowerBound),
            Int64(reads.upperBound), horizontal.starts, horizontal.lengths, horizontal.weights, Int64(horizontal.taps),
            Int64(count), out, stride, scratch)
        return PixelView(
            base: UnsafePointer(out), width: count, height: view.height, channels: view.channels, stride: stride)
    }

    /// The rows of `view` begin at row `firstRow` of the picture that the weights count in.
    private func runVertical(_ view: PixelView, firstRow: Int, count: Int) -> PixelView {
        let stride = view.width * view.channels
        let out = result.room(stride * count)
        fovea_resize_vertical(
            view.base - firstRow * view.stride, view.stride, Int64(stride), vertical.starts, vertical.lengths,
            vertical.weights, Int64(vertical.taps), Int64(count), out, stride)
        return PixelView(
            base: UnsafePointer(out), width: view.width, height: count, channels: view.channels, stride: stride)
    }
}

extension Picture {
    /// A region in pixels of a picture, as Pillow's `box` argument; fractions are allowed.
    package struct Box: Sendable, Equatable {
        package var left: Float
        package var top: Float
        package var right: Float
        package var bottom: Float

        package init(left: Float, top: Float, right: Float, bottom: Float) {
            self.left = left
            self.top = top
            self.right = right
            self.bottom = bottom
        }
    }

    /// The picture, or its part `box`, at another size; equals Pillow's `resize((width, height), resample, box)`.
    package func resized(width: Int, height: Int, _ interpolation: Interpolation, box: Box? = nil) -> Picture {
        let across = ResizeAxis(input: self.width, lower: box?.left ?? 0, upper: box?.right, output: width)
        let down = ResizeAxis(input: self.height, lower: box?.top ?? 0, upper: box?.bottom, output: height)
        return withView { Resizer().resize($0, horizontal: across, vertical: down, interpolation).picture() }
    }
}
