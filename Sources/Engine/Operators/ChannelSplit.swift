// Channels cut into parts: y_k = the next counts[k] channels of x. The gradient puts the parts together again.

import FoveaGraph
import FoveaTensorCore

/// Parts of the channels, one after another. Input: x (N, C, ...). Outputs: (N, counts[k], ...).
package struct ChannelSplit: Operator {
    /// Channels of each part; all of x.
    package var counts: [Int]

    package init(_ counts: [Int]) { self.counts = counts }

    package var name: String { "channel split" }
    package var attributes: String { "into " + counts.map(String.init).joined(separator: ", ") }
    package func takesLowPrecision(input index: Int) -> Bool { true }
    package func givesLowPrecision(output index: Int) -> Bool { true }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let x = inputs[0]
        guard x.rank >= 2, counts.allSatisfy({ $0 > 0 }), counts.reduce(0, +) == x[1] else {
            throw Failure(.usage, "the channels of \(x) cannot be cut into \(counts)")
        }
        return counts.map { Shape([x[0], $0] + x.dimensions.dropFirst(2)) }
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        var start = 0
        return counts.flatMap { count in
            defer { start += count }
            return ChannelSlice(start: start, count: count).forward(inputs)
        }
    }

    /// Parts that do not influence the loss have a gradient of zeros.
    package func gradients(_ context: GradientContext) -> [Value?] {
        let builder = context.inputs[0].builder
        let parts = zip(context.outputGradients, context.outputs).map { gradient, part in
            gradient ?? builder.apply(Fill(0, part.shape), [], scope: context.scope)[0]
        }
        return [builder.apply(Concat(), parts, scope: context.scope)[0]]
    }
}

extension Value {
    /// The channels cut into parts: (N, C, ...) to (N, counts[k], ...).
    package func channelSplit(_ counts: [Int], _ scope: Scope = .root) -> [Value] {
        let parts = builder.apply(ChannelSplit(counts), [self], scope: scope)
        // Where the shapes do not fit, the builder knows, and there is one output.
        return parts.count == counts.count ? parts : counts.map { _ in self }
    }
}
