// Channel shuffle (Zhang et al. 2017, "ShuffleNet", figure 1): channels in `groups` rows are read column by column, so that
// the next convolution meets channels of every group:  y[n, k groups + g] = x[n, g C / groups + k].
// The gradient is the shuffle back, with C / groups groups.

import FoveaGraph
import FoveaTensorCore

/// Mixes channels of `groups` groups. Input: x (N, C, H, W). Output: y (as x).
package struct ChannelShuffle: Operator {
    package var groups: Int

    package init(groups: Int) { self.groups = groups }

    package var name: String { "channel shuffle" }
    package var attributes: String { "groups \(groups)" }
    package func takesLowPrecision(input index: Int) -> Bool { true }
    package func givesLowPrecision(output index: Int) -> Bool { true }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let x = inputs[0]
        try requireMaps(x)
        guard groups > 0, x[1] % groups == 0 else {
            throw Failure(.usage, "the \(x[1]) channels of \(x) do not make \(groups) groups")
        }
        return [x]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let x = inputs[0]
        let (channels, plane) = (x.shape[1], x.shape[2] * x.shape[3])
        var elements: [S] = []
        elements.reserveCapacity(x.shape.count)
        for n in 0..<x.shape[0] {
            for channel in 0..<channels {
                let source = n * channels + channel % groups * (channels / groups) + channel / groups
                elements += x.elements[source * plane..<(source + 1) * plane]
            }
        }
        return [Tensor(x.shape, elements)]
    }

    package func gradients(_ context: GradientContext) -> [Value?] {
        let back = ChannelShuffle(groups: context.inputs[0].channels / groups)
        return [context.dy.apply(back, scope: context.scope)]
    }
}

extension Value {
    /// The channels of `groups` groups in turn: (N, C, H, W) to (N, C, H, W).
    package func channelShuffle(groups: Int, _ scope: Scope = .root) -> Value {
        apply(ChannelShuffle(groups: groups), scope: scope)
    }
}
