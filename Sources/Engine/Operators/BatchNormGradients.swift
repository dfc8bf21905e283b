// The gradient of batch normalisation in training, with h = (x - mean) / sqrt(variance + epsilon) and M values a channel:
// dshift = sum g,  dscale = sum g h,  dx = scale / sqrt(variance + epsilon) (g - dshift / M - h dscale / M),
// where g = dy, or f'(scale h + shift) dy if an activation f was fused. Where mean and variance are not the batch's but
// given, dx = scale / sqrt(variance + epsilon) g.

import FoveaGraph
import FoveaTensorCore

/// The three gradients of `BatchNormTraining`, or of `BatchNormInference` with `hasFixedStatistics`.
///
/// Inputs: x, dy (N, C, H, W), mean, variance, scale, shift (C).
/// Outputs: dx (N, C, H, W), dscale, dshift (C).
package struct BatchNormBackward: Operator {
    package var epsilon: Float
    /// What was fused to the forward pass.
    package var activation: Activation.Kind?
    /// True if mean and variance do not depend on x.
    package var hasFixedStatistics: Bool

    package init(epsilon: Float, activation: Activation.Kind? = nil, hasFixedStatistics: Bool = false) {
        self.epsilon = epsilon
        self.activation = activation
        self.hasFixedStatistics = hasFixedStatistics
    }

    package var name: String { "batch norm backward" }
    package func takesLowPrecision(input index: Int) -> Bool { index < 2 }
    package func givesLowPrecision(output index: Int) -> Bool { index == 0 }
    package var attributes: String {
        [hasFixedStatistics ? "fixed statistics" : nil, activation.map { "+ \($0)" }].compactMap { $0 }
            .joined(separator: ", ")
    }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let x = inputs[0]
        try requireChannelNumbers(
            x, [("a mean", inputs[2]), ("a variance", inputs[3]), ("a scale", inputs[4]), ("a shift", inputs[5])])
        guard inputs[1] == x else {
            throw Failure(.usage, "an output gradient of \(inputs[1]) does not fit \(x)")
        }
        return [x, [x[1]], [x[1]]]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let (x, mean, variance, scale, shift) = (inputs[0], inputs[2], inputs[3], inputs[4], inputs[5])
        var dy = inputs[1]
        let loop = ChannelLoop(x.shape)
        let count = S(loop.count)
        var dx = x
        var dscale = scale
        var dshift = scale
        for c in 0..<x.shape[1] {
            let average = mean.elements[c]
            let inverse = 1 / (variance.elements[c] + S(epsilon)).squareRoot()
            let factor = scale.elements[c] * inverse
            if let activation {
                loop.run(c) {
                    let z = (x.elements[$0] - average) * factor + shift.elements[c]
                    dy.elements[$0] *= activation.slope(z)
                }
            }
            var sum: S = 0
            var product: S = 0
            loop.run(c) {
                sum += dy.elements[$0]
                product += dy.elements[$0] * ((x.elements[$0] - average) * inverse)
            }
            let (sumPart, productPart) = hasFixedStatistics ? (0, 0) : (sum / count, product / count)
            loop.run(c) {
                let h = (x.elements[$0] - average) * inverse
                dx.elements[$0] = factor * (dy.elements[$0] - sumPart - h * productPart)
            }
            dscale.elements[c] = product
            dshift.elements[c] = sum
        }
        return [dx, dscale, dshift]
    }
}
