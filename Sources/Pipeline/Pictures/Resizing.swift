// Antialiased resizing, byte for byte as Pillow's `Image.resize`: two passes, 8 bits between.
// Only the window of the result that is asked for is computed, which gives the same bytes as resizing everything and
// cutting afterwards. The loops are in CKernels; this file decides what they run on.

import CKernels

/// Which kernel interpolates between pixels when a picture is resized; antialiased as Pillow does, except `nearest`,
/// which takes one sample for each.
package enum Interpolation: String, Codable, Sendable, CaseIterable {
    case nearest, bilinear, bicubic, lanczos

    var kernel: Int32 {
        switch self {
        case .nearest: Int32(FOVEA_NEAREST)
        case .bilinear: Int32(FOVEA_BILINEAR)
        case .bicubic: Int32(FOVEA_BICUBIC)
        case .lanczos: Int32(FOVEA_LANCZOS)
        }
    }
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

    /// Samples of the window.
    var count: Int { axis?.window.count ?? 0 }

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

    /// The window of the resized picture: a view of the input or of this resizer's memory, valid until the next call and
    /// only while the resizer lives (`withExtendedLifetime`, where nothing else holds it).
    package func resize(
        _ view: PixelView, horizontal across: ResizeAxis, vertical down: ResizeAxis, _ interpolation: Interpolation
    ) -> PixelView {
        precondition(across.input == view.width && down.input == view.height, "axes of another picture")
        var columns = across.window.lowerBound + Int(across.lower)..<across.window.upperBound + Int(across.lower)
        var rows = down.window.lowerBound + Int(down.lower)..<down.window.upperBound + Int(down.lower)
        if !across.isCopy {
            horizontal.prepare(across, interpolation)
            columns = horizontal.reads
        }
        if !down.isCopy {
            vertical.prepare(down, interpolation)
            rows = vertical.reads
        }
        let part = view.region(x: columns.lowerBound, y: rows.lowerBound, width: columns.count, height: rows.count)
        switch (across.isCopy, down.isCopy) {
        case (true, true): return part
        case (false, true): return runHorizontal(part, into: between)
        case (true, false): return runVertical(part, into: result)
        case (false, false):
            return Self.isVerticalFirst(across, down)
                ? runHorizontal(runVertical(part, into: between), into: result)
                : runVertical(runHorizontal(part, into: between), into: result)
        }
    }

    /// Pillow 13's rule: where the height shrinks by more than twice what the width does, rows come first, which is
    /// faster. (Up to version 12 Pillow always began with columns; bilinear results differ by at most 1.)
    private static func isVerticalFirst(_ across: ResizeAxis, _ down: ResizeAxis) -> Bool {
        let (lower, narrower) = (down.input - down.output, across.input - across.output)
        return lower > 0 && lower > 2 * narrower
    }

    /// `view` is the columns that the window reads.
    private func runHorizontal(_ view: PixelView, into buffer: PixelBuffer) -> PixelView {
        let (count, reads) = (horizontal.count, horizontal.reads)
        let slack = 4
        let stride = (count * view.channels + slack + 15) & ~15
        let out = buffer.room(stride * view.height)
        let scratch = gathered.room(fovea_resize_scratch(Int64(reads.count)))
        fovea_resize_horizontal(
            view.base - reads.lowerBound * view.channels, view.stride, Int64(view.height), Int32(view.channels),
            Int64(reads.lowerBound), Int64(reads.upperBound), horizontal.starts, horizontal.lengths, horizontal.weights,
            Int64(horizontal.taps), Int64(count), out, stride, scratch)
        return PixelView(
            base: UnsafePointer(out), width: count, height: view.height, channels: view.channels, stride: stride)
    }

    /// `view` is the rows that the window reads.
    private func runVertical(_ view: PixelView, into buffer: PixelBuffer) -> PixelView {
        let (count, samples) = (vertical.count, view.width * view.channels)
        let out = buffer.room(samples * count)
        fovea_resize_vertical(
            view.base - vertical.reads.lowerBound * view.stride, view.stride, Int64(samples), vertical.starts,
            vertical.lengths, vertical.weights, Int64(vertical.taps), Int64(count), out, samples)
        return PixelView(
            base: UnsafePointer(out), width: view.width, height: count, channels: view.channels, stride: samples)
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
        let resizer = Resizer()
        return withExtendedLifetime(resizer) {
            withView { resizer.resize($0, horizontal: across, vertical: down, interpolation).picture() }
        }
    }
}
