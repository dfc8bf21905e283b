// A convolution followed by a batch norm is one convolution with other numbers:
// w' = w scale / sqrt(variance + epsilon),  b' = (b - mean) scale / sqrt(variance + epsilon) + shift, filter by filter.

import FoveaGraph
import FoveaTensorCore

/// Computes filters and bias that do the work of a convolution and the norm behind it. For inference: no gradient.
///
/// Inputs: w (O, ...), then b (O) if `hasBias`, then scale, shift, mean, variance (O). Outputs: w' (as w), b' (O).
package struct FoldBatchNorm: Operator {
    package var epsilon: Float
    package var hasBias: Bool

    package init(epsilon: Float, hasBias: Bool) {
        self.epsilon = epsilon
        self.hasBias = hasBias
    }

    package var name: String { "fold batch norm" }
    package var attributes: String { hasBias ? "bias" : "" }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let w = inputs[0]
        let roles = (hasBias ? ["a bias"] : []) + ["a scale", "a shift", "a mean", "a variance"]
        for (role, shape) in zip(roles, inputs.dropFirst()) where w.rank == 0 || shape != [w[0]] {
            throw Failure(.usage, "\(role) of \(shape) does not fit filters \(w)")
        }
        return [w, [w[0]]]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let numbers = inputs.suffix(4).map(\.elements)
        let (scale, shift, mean, variance) = (numbers[0], numbers[1], numbers[2], numbers[3])
        var w = inputs[0]
        var b = Tensor<S>([w.shape[0]], repeating: 0)
        let size = w.shape.count / max(1, w.shape[0])
        for o in 0..<w.shape[0] {
            let factor = scale[o] / (variance[o] + S(epsilon)).squareRoot()
            for index in o * size..<(o + 1) * size { w.elements[index] *= factor }
            b.elements[o] = ((hasBias ? inputs[1].elements[o] : 0) - mean[o]) * factor + shift[o]
        }
        return [w, b]
    }
}
