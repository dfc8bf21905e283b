// Dropout (Srivastava et al. 2014): y[i] = x[i] keep[i] / (1 - rate), keep[i] = 1 with probability 1 - rate, else 0.
// Whether element i stays depends on (seed, step, salt, i) alone, so the gradient draws the same mask again
// instead of keeping it: dx[i] = dy[i] keep[i] / (1 - rate).

import FoveaGraph
import FoveaTensorCore

/// Sets elements to zero at random and scales up the others.
///
/// Inputs: x (any shape), random (2): the run's seed and the step, whole numbers in 0 ..< 2^24. Output: y (as x).
package struct Dropout: Operator {
    /// The share that is set to zero, in 0 ..< 1.
    package var rate: Float
    /// Tells the dropouts of one network apart.
    package var salt: Int

    package init(rate: Float, salt: Int) {
        precondition(rate >= 0 && rate < 1, "a dropout rate lies in 0 ..< 1, not \(rate)")
        self.rate = rate
        self.salt = salt
    }

    package var name: String { "dropout" }
    package var attributes: String { "rate \(rate)" }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        guard inputs[1] == [2] else {
            throw Failure(.usage, "dropout wants a seed and a step, (2), not \(inputs[1])")
        }
        return [inputs[0]]
    }

    /// "drop": keeps dropout's numbers apart from those of other uses of the seed.
    private static let purpose: UInt32 = 0x6472_6F70

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let random = inputs[1].elements
        let key = SIMD2(UInt32(random[0]), Self.purpose)
        let step = UInt32(random[1])
        var y = inputs[0]
        let scale = 1 / (1 - S(rate))
        var bits = SIMD4<UInt32>()
        for index in 0..<y.shape.count {
            if index % 4 == 0 {
                let counter = SIMD4(
                    UInt32(truncatingIfNeeded: index / 4), UInt32(truncatingIfNeeded: salt), step, 0)
                bits = RandomStream.philox(counter, key: key)
            }
            let keeps = Float(bits[index % 4] >> 8) * 0x1p-24 >= rate
            y.elements[index] = keeps ? y.elements[index] * scale : 0
        }
        return [y]
    }

    package func gradients(_ context: GradientContext) -> [Value?] {
        [context.dy.apply(self, [context.inputs[1]], scope: context.scope), nil]
    }
}

extension Value {
    /// Dropout in training; the identity in inference or at rate 0. Traps unless the rate lies in 0 ..< 1.
    /// Adds the input `random` to the graph: (2), the run's seed and the step, whole numbers in 0 ..< 2^24.
    package func dropout(_ rate: Float, _ scope: Scope = .root) -> Value {
        guard builder.mode == .training, rate != 0 else { return self }
        let salt = builder.graph.nodes.count { $0.operator is Dropout }
        return apply(Dropout(rate: rate, salt: salt), [builder.input("random", [2])], scope: scope)
    }
}
