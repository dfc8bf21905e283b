// The sliding window that convolution and pooling share: kernel extent, stride, padding, dilation.

import FoveaTensorCore

/// A window over rows and columns.
package struct Window: Hashable, Sendable {
    /// Rows and columns of the kernel.
    package var kernel: SIMD2<Int>
    /// Steps between windows, down and across.
    package var stride: SIMD2<Int>
    /// Border rows above and columns at the left.
    package var paddingBefore: SIMD2<Int>
    /// Border rows below and columns at the right.
    package var paddingAfter: SIMD2<Int>
    /// Distance of kernel elements; 1 is dense.
    package var dilation: SIMD2<Int>

    /// A square window with equal padding on all sides.
    package init(_ kernel: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1) {
        self.kernel = SIMD2(repeating: kernel)
        self.stride = SIMD2(repeating: stride)
        paddingBefore = SIMD2(repeating: padding)
        paddingAfter = SIMD2(repeating: padding)
        self.dilation = SIMD2(repeating: dilation)
    }

    /// Rows and columns that one window spans.
    package var span: SIMD2<Int> { (kernel &- 1) &* dilation &+ 1 }

    /// Rows and columns of the output: floor((extent + padding - span) / stride) + 1.
    /// Throws a `Failure` if the window does not fit.
    package func outputExtent(_ shape: Shape) throws -> SIMD2<Int> {
        let room = SIMD2(shape[2], shape[3]) &+ paddingBefore &+ paddingAfter &- span
        guard room[0] >= 0, room[1] >= 0 else {
            throw Failure(
                .usage, "a window of \(span[0]) x \(span[1]) does not fit into \(shape)",
                advice: "The pictures are too small for this network: use a larger --size or another --model.")
        }
        return room / stride &+ 1
    }

    /// The window with as much border below and at the right as its last step needs to end there, unless that step would
    /// begin outside the picture.
    func roundedUp(for shape: Shape) -> Window {
        var window = self
        for axis in 0..<2 {
            let extent = shape[axis + 2]
            let room = extent + paddingBefore[axis] + paddingAfter[axis] - span[axis]
            guard room > 0 || (room < 0 && room + stride[axis] > 0) else { continue }
            let missing = room < 0 ? -room : (stride[axis] - room % stride[axis]) % stride[axis]
            let start = room + missing
            if start < extent + paddingBefore[axis] { window.paddingAfter[axis] += missing }
        }
        return window
    }

    /// The window with the least border that gives extent / stride outputs, rounded up; the odd row or column of it lies below
    /// or at the right. TensorFlow's "SAME".
    func same(for shape: Shape) -> Window {
        var window = self
        for axis in 0..<2 {
            let outputs = (shape[axis + 2] + stride[axis] - 1) / stride[axis]
            let border = max(0, (outputs - 1) * stride[axis] + span[axis] - shape[axis + 2])
            window.paddingBefore[axis] = border / 2
            window.paddingAfter[axis] = border - border / 2
        }
        return window
    }

    /// Output positions whose window covers input position `offset + output * stride` inside `0 ..< extent`, along one axis:
    /// the range of outputs for which the kernel element `element` falls into the picture.
    func outputs(axis: Int, element: Int, extent: Int, outputs: Int) -> Range<Int> {
        let offset = element * dilation[axis] - paddingBefore[axis]
        let first = offset >= 0 ? 0 : (-offset + stride[axis] - 1) / stride[axis]
        let last = extent - 1 - offset < 0 ? -1 : (extent - 1 - offset) / stride[axis]
        return first..<max(first, min(outputs, last + 1))
    }

    /// What differs from a dense 1-step window, for printing: `3x3, stride 2, padding 1`.
    package var text: String {
        var parts = ["\(kernel[0])x\(kernel[1])"]
        func add(_ name: String, _ value: SIMD2<Int>, unless plain: Int) {
            guard value != SIMD2(repeating: plain) else { return }
            parts.append(value[0] == value[1] ? "\(name) \(value[0])" : "\(name) \(value[0])x\(value[1])")
        }
        add("stride", stride, unless: 1)
        add("padding", paddingBefore, unless: 0)
        if paddingAfter != paddingBefore { add("padding after", paddingAfter, unless: -1) }
        add("dilation", dilation, unless: 1)
        return parts.joined(separator: ", ")
    }
}
