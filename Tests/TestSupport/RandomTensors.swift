// Tensors of random numbers for tests; the same seed gives the same numbers on every machine.

import FoveaGraph
import FoveaTensorCore

extension Tensor where Scalar: ReferenceScalar {
    /// Uniform numbers in `lower ..< upper`.
    package static func random(
        _ shape: Shape, seed: Int, from lower: Float = -1, to upper: Float = 1
    ) -> Tensor {
        var stream = RandomStream(seed: UInt64(seed), purpose: .testing)
        return Tensor(shape, (0..<shape.count).map { _ in Scalar(stream.uniform(lower, upper)) })
    }

    /// Numbers in -1 ..< 1 of which no two lie closer than 1 / count, and none that close to 0:
    /// for operators with kinks, such as maxima.
    package static func distinct(_ shape: Shape, seed: Int) -> Tensor {
        var stream = RandomStream(seed: UInt64(seed), purpose: .testing)
        let step = 2 / Scalar(shape.count + shape.count % 2)
        return Tensor(shape, stream.permutation(shape.count).map { (Scalar($0) + Scalar(0.5)) * step - 1 })
    }
}
