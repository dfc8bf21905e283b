// Batch normalisation (Ioffe and Szegedy 2015): y = scale (x - mean) / sqrt(variance + epsilon) + shift, channel by channel.
// In training mean and variance are the batch's; in inference they are running averages kept by training.
// Running averages follow PyTorch: new = (1 - momentum) old + momentum batch, with the unbiased variance.

import FoveaGraph
import FoveaTensorCore

/// Batch normalisation with the batch's own statistics.
///
/// Inputs: x (N, C, H, W), scale, shift, running mean, running variance (C).
/// Outputs: y (N, C, H, W), mean, variance (C; biased, of the batch), new running mean, new running variance (C).
/// `activation` is put there by the compiler's fusion: then y is f(norm). Nothing is kept of it: the backward pass computes
/// its slope again from x and the statistics, which costs less than a pass over memory.
package struct BatchNormTraining: Operator {
    package var epsilon: Float
    package var momentum: Float
    package var activation: Activation.Kind?

    package init(epsilon: Float = 1e-5, momentum: Float = 0.1) {
        self.epsilon = epsilon
        self.momentum = momentum
    }

    package var name: String { "batch norm" }
    package func takesLowPrecision(input index: Int) -> Bool { index == 0 }
    package func givesLowPrecision(output index: Int) -> Bool { index == 0 }
    package var attributes: String { "training" + (activation.map { ", + \($0)" } ?? "") }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let x = inputs[0]
        try requireChannelNumbers(
            x,
            [
                ("a scale", inputs[1]), ("a shift", inputs[2]), ("a running mean", inputs[3]),
                ("a running variance", inputs[4]),
            ])
        guard x[0] * x[2] * x[3] > 1 else {
            throw Failure(
                .usage, "batch norm cannot learn from \(x): one value a channel has no variance",
                advice: "Use a batch of at least 2 pictures, or larger pictures.")
        }
        let c: Shape = [x[1]]
        return [x, c, c, c, c]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let x = inputs[0]
        let channels = x.shape[1]
        let loop = ChannelLoop(x.shape)
        let count = S(loop.count)
        var mean = Tensor<S>([channels], repeating: 0)
        var variance = Tensor<S>([channels], repeating: 0)
        for c in 0..<channels {
            var sum: S = 0
            loop.run(c) { sum += x.elements[$0] }
            let average = sum / count
            var squares: S = 0
            loop.run(c) { squares += (x.elements[$0] - average) * (x.elements[$0] - average) }
            mean.elements[c] = average
            variance.elements[c] = squares / count
        }
        let y = normalized(x, scale: inputs[1], shift: inputs[2], mean: mean, variance: variance, epsilon: epsilon)
        let rate = S(momentum)
        func moved(_ old: Tensor<S>, _ new: Tensor<S>, _ factor: S) -> Tensor<S> {
            Tensor(old.shape, zip(old.elements, new.elements).map { (1 - rate) * $0 + rate * (factor * $1) })
        }
        return [
            activation.map { y.map($0.value) } ?? y, mean, variance, moved(inputs[3], mean, 1),
            moved(inputs[4], variance, count / (count - 1)),
        ]
    }

    package func gradients(_ context: GradientContext) -> [Value?] {
        precondition(
            context.outputGradients.dropFirst().allSatisfy { $0 == nil }, "a batch's statistics are not differentiated")
        let (inputs, outputs) = (context.inputs, context.outputs)
        let gradients = inputs[0].builder.apply(
            BatchNormBackward(epsilon: epsilon, activation: activation),
            [inputs[0], context.dy, outputs[1], outputs[2], inputs[1], inputs[2]], scope: context.scope)
        return gradients + [nil, nil]
    }
}

/// Batch normalisation with given statistics.
///
/// Inputs: x (N, C, H, W), scale, shift, mean, variance (C). Output: y (N, C, H, W). `activation` is put there by the
/// compiler's fusion, where a training keeps the statistics: then y is f(norm).
package struct BatchNormInference: Operator {
    package var epsilon: Float
    package var activation: Activation.Kind?

    package init(epsilon: Float = 1e-5) { self.epsilon = epsilon }

    package var name: String { "batch norm" }
    package func takesLowPrecision(input index: Int) -> Bool { index == 0 }
    package func givesLowPrecision(output index: Int) -> Bool { index == 0 }
    package var attributes: String { "inference" + (activation.map { ", + \($0)" } ?? "") }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        try requireChannelNumbers(
            inputs[0],
            [("a scale", inputs[1]), ("a shift", inputs[2]), ("a mean", inputs[3]), ("a variance", inputs[4])])
        return [inputs[0]]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let y = normalized(
            inputs[0], scale: inputs[1], shift: inputs[2], mean: inputs[3], variance: inputs[4], epsilon: epsilon)
        return [activation.map { y.map($0.value) } ?? y]
    }

    /// The statistics are constants here. Scale and shift have the gradients they have in training.
    package func gradients(_ context: GradientContext) -> [Value?] {
        let inputs = context.inputs
        let backward = BatchNormBackward(epsilon: epsilon, activation: activation, hasFixedStatistics: true)
        let gradients = inputs[0].builder.apply(
            backward, [inputs[0], context.dy, inputs[3], inputs[4], inputs[1], inputs[2]], scope: context.scope)
        return gradients + [nil, nil]
    }
}

/// scale (x - mean) / sqrt(variance + epsilon) + shift, the last four (C).
@specialized(where S == Float)
@specialized(where S == Double)
private func normalized<S: ReferenceScalar>(
    _ x: Tensor<S>, scale: Tensor<S>, shift: Tensor<S>, mean: Tensor<S>, variance: Tensor<S>, epsilon: Float
) -> Tensor<S> {
    var y = x
    let loop = ChannelLoop(x.shape)
    for c in 0..<x.shape[1] {
        let factor = scale.elements[c] / (variance.elements[c] + S(epsilon)).squareRoot()
        loop.run(c) { y.elements[$0] = (x.elements[$0] - mean.elements[c]) * factor + shift.elements[c] }
    }
    return y
}

extension Value {
    /// Batch normalisation with its own numbers, named as PyTorch's `BatchNorm2d` names them. Shape in is shape out.
    package func batchNorm(
        _ scope: Scope, epsilon: Float = 1e-5, momentum: Float = 0.1, firstScale: Float = 1
    ) -> Value {
        let c: Shape = [shape.rank > 1 ? channels : 1]
        let scale = builder.parameter(scope / "weight", c, .normScale, .constant(firstScale))
        let shift = builder.parameter(scope / "bias", c, .normShift, .constant(0))
        let mean = builder.parameter(scope / "running_mean", c, .statistic, .constant(0))
        let variance = builder.parameter(scope / "running_var", c, .statistic, .constant(1))
        switch builder.mode {
        case .inference:
            return apply(BatchNormInference(epsilon: epsilon), [scale, shift, mean, variance], scope: scope)
        case .training:
            let norm = BatchNormTraining(epsilon: epsilon, momentum: momentum)
            let outputs = builder.apply(norm, [self, scale, shift, mean, variance], scope: scope)
            if outputs.count > 4 {  // else the shapes did not fit, and the builder knows
                builder.update(mean, with: outputs[3])
                builder.update(variance, with: outputs[4])
            }
            return outputs[0]
        }
    }
}
