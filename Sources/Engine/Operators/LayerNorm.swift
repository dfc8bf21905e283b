// Layer normalisation (Ba et al. 2016) of the channels at every position, as convolutional networks use it (Liu et al. 2022):
//     y = scale h + shift,   h = (x - mean) / sqrt(variance + epsilon),   mean and biased variance over channels.
// With g = scale dy and means over channels:  dx = (g - mean g - h mean(g h)) / sqrt(variance + epsilon),
// dscale = dy h and dshift = dy, summed over pictures and positions. No running numbers: training is inference.

import FoveaGraph
import FoveaTensorCore

/// Layer normalisation over channels. Inputs: x (N, C, H, W), scale, shift (C). Output: y (as x).
package struct LayerNorm: Operator {
    package var epsilon: Float

    package init(epsilon: Float) { self.epsilon = epsilon }

    package var name: String { "layer norm" }
    package func takesLowPrecision(input index: Int) -> Bool { index == 0 }
    package func givesLowPrecision(output index: Int) -> Bool { true }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        try requireChannelNumbers(inputs[0], [("a scale", inputs[1]), ("a shift", inputs[2])])
        return [inputs[0]]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        var y = inputs[0]
        ChannelColumns(y.shape).run { places in
            let (mean, inverse) = Self.statistics(y, places, epsilon)
            for (c, place) in places.enumerated() {
                y.elements[place] =
                    (y.elements[place] - mean) * inverse * inputs[1].elements[c] + inputs[2].elements[c]
            }
        }
        return [y]
    }

    package func gradients(_ context: GradientContext) -> [Value?] {
        context.inputs[0].builder.apply(
            LayerNormBackward(epsilon: epsilon), [context.inputs[0], context.dy, context.inputs[1]],
            scope: context.scope)
    }

    /// Mean and 1 / sqrt(variance + epsilon) of the elements at `places`.
    fileprivate static func statistics<S: ReferenceScalar>(
        _ x: Tensor<S>, _ places: StrideTo<Int>, _ epsilon: Float
    ) -> (mean: S, inverse: S) {
        var (sum, squares, count): (S, S, S) = (0, 0, 0)
        for place in places {
            sum += x.elements[place]
            count += 1
        }
        let mean = sum / count
        for place in places { squares += (x.elements[place] - mean) * (x.elements[place] - mean) }
        return (mean, 1 / (squares / count + S(epsilon)).squareRoot())
    }
}

/// The gradients of layer normalisation. Inputs: x, dy (N, C, H, W), scale (C). Outputs: dx (as x), dscale, dshift (C).
package struct LayerNormBackward: Operator {
    package var epsilon: Float

    package init(epsilon: Float) { self.epsilon = epsilon }

    package var name: String { "layer norm backward" }
    package func takesLowPrecision(input index: Int) -> Bool { index < 2 }
    package func givesLowPrecision(output index: Int) -> Bool { index == 0 }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        try requireChannelNumbers(inputs[0], [("a scale", inputs[2])])
        return [inputs[0], inputs[2], inputs[2]]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let (x, dy, scale) = (inputs[0], inputs[1], inputs[2])
        var dx = dy
        var (dscale, dshift) = (Tensor<S>(scale.shape, repeating: 0), Tensor<S>(scale.shape, repeating: 0))
        let channels = S(x.shape[1])
        ChannelColumns(x.shape).run { places in
            let (mean, inverse) = LayerNorm.statistics(x, places, epsilon)
            var (gMean, hMean): (S, S) = (0, 0)
            for (c, place) in places.enumerated() {
                let (h, slope) = ((x.elements[place] - mean) * inverse, dy.elements[place])
                dscale.elements[c] += slope * h
                dshift.elements[c] += slope
                gMean += slope * scale.elements[c] / channels
                hMean += slope * scale.elements[c] * h / channels
            }
            for (c, place) in places.enumerated() {
                let h = (x.elements[place] - mean) * inverse
                dx.elements[place] = (dy.elements[place] * scale.elements[c] - gMean - h * hMean) * inverse
            }
        }
        return [dx, dscale, dshift]
    }
}

/// The channels of one position after another of an (N, C, H, W) tensor.
private struct ChannelColumns {
    let shape: Shape

    init(_ shape: Shape) { self.shape = shape }

    /// Calls `body` with the flat indices of a position's channels.
    @inline(__always)
    func run(_ body: (StrideTo<Int>) -> Void) {
        let plane = shape[2] * shape[3]
        for n in 0..<shape[0] {
            for position in 0..<plane {
                let first = n * shape[1] * plane + position
                body(stride(from: first, to: first + shape[1] * plane, by: plane))
            }
        }
    }
}

extension Value {
    /// Layer normalisation over channels with its own numbers, named as PyTorch's `LayerNorm` names them.
    package func layerNorm(_ scope: Scope, epsilon: Float = 1e-6) -> Value {
        let c: Shape = [shape.rank > 1 ? channels : 1]
        let scale = builder.parameter(scope / "weight", c, .normScale, .constant(1))
        let shift = builder.parameter(scope / "bias", c, .normShift, .constant(0))
        return apply(LayerNorm(epsilon: epsilon), [scale, shift], scope: scope)
    }
}
