// Comparison of whole tensors. The tolerance is relative to the largest value expected, so that small elements of a
// tensor of large numbers are not held to more than the arithmetic can give.

import FoveaGraph
import FoveaTensorCore

extension Tensor where Scalar: ReferenceScalar {
    /// Nil if every element lies within `tolerance` times the largest expected magnitude of what is expected, else a sentence
    /// on where the difference is largest. NaNs never agree. An expected tensor of zeros wants zeros.
    package func mismatch(with expected: Tensor, tolerance: Double) -> String? {
        guard shape == expected.shape else { return "the shape is \(shape), expected was \(expected.shape)" }
        let scale = expected.elements.reduce(0) { Swift.max($0, Double($1.magnitude)) }
        var worst = 0
        var difference = 0.0
        for index in 0..<shape.count {
            let distance = Double((elements[index] - expected.elements[index]).magnitude)
            guard distance.isFinite else { return "element \(place(index)) is \(elements[index])" }
            if distance > difference { (worst, difference) = (index, distance) }
        }
        guard difference > tolerance * scale else { return nil }
        return "element \(place(worst)) is \(elements[worst]), expected was \(expected.elements[worst]); "
            + "off by \(difference), allowed \(tolerance) of \(scale)"
    }

    private func place(_ index: Int) -> Shape {
        Shape(zip(shape.dimensions, shape.strides).map { index / $1 % Swift.max(1, $0) })
    }
}
