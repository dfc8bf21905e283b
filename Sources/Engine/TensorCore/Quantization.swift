// Whole numbers for real ones: x is about scale * q, with q of eight bits (Jacob et al. 2018, section 2.1, without zero
// points: every range here contains 0 at the number 0). A value type; whoever stores or reads q says so elsewhere.

/// How the numbers of a tensor are written in eight bits.
package struct Quantization: Sendable, Equatable {
    /// `.u8` for numbers that are never negative, else `.s8`.
    package let dataType: DataType
    /// What one step is worth: one number for the whole tensor, or one for each index of axis 0, such as each filter.
    package let scales: [Float]

    package init(_ dataType: DataType, scales: [Float]) {
        precondition(dataType == .u8 || dataType == .s8, "\(dataType) does not have eight bits")
        precondition(!scales.isEmpty && scales.allSatisfy { $0 > 0 && $0.isFinite }, "a step is worth nothing")
        self.dataType = dataType
        self.scales = scales
    }

    /// The numbers that q can be. -128 is left out, so that the range is symmetric.
    package var limits: ClosedRange<Float> { dataType == .u8 ? 0...255 : -127...127 }

    /// The largest real number that can be written.
    package var bound: Float { limits.upperBound * (scales.max() ?? 0) }

    /// The steps of symmetric filters, (O, ...): each row's largest magnitude becomes 127.
    package static func filters(_ w: Tensor<Float>) -> Quantization {
        let size = w.shape.count / max(1, w.shape[0])
        let scales = (0..<w.shape[0]).map { row in
            let largest = w.elements[row * size..<(row + 1) * size].reduce(0) { max($0, abs($1)) }
            return largest > smallest * 127 && largest.isFinite ? largest / 127 : 1
        }
        return Quantization(.s8, scales: scales)
    }

    /// Below this, a row holds nothing but zeros.
    private static let smallest: Float = 1e-30

    /// The q of one number: the nearest, ties to even, cut off at the limits.
    @inlinable
    package func step<S: BinaryFloatingPoint>(_ x: S, scale: S) -> S {
        let q = (x / scale).rounded(.toNearestOrEven)
        return min(max(q, S(limits.lowerBound)), S(limits.upperBound))
    }

    /// Every element replaced by the nearest number that can be written.
    package func rounded<S: BinaryFloatingPoint & Sendable>(_ tensor: Tensor<S>) -> Tensor<S> {
        let size = tensor.shape.count / scales.count
        return Tensor(
            tensor.shape,
            tensor.elements.indices.map { index in
                let scale = S(scales[index / max(1, size)])
                return scale * step(tensor.elements[index], scale: scale)
            })
    }
}
