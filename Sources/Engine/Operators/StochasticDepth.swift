// Stochastic depth (Huang et al. 2016): y[n] = x[n] keep[n] / (1 - rate): whole pictures of a residual branch are left out.
// keep[n] is what Dropout draws for element n of a vector: it depends on (seed, step, salt, n) alone, so the gradient draws
// it again: dx[n] = dy[n] keep[n] / (1 - rate).

import FoveaGraph
import FoveaTensorCore

/// Sets pictures to zero at random and scales up the others.
///
/// Inputs: x (N, ...), random (2): the run's seed and the step, whole numbers in 0 ..< 2^24. Output: y (as x).
package struct StochasticDepth: Operator {
    /// Draws the mask, one number a picture.
    package var dropout: Dropout

    package init(rate: Float, salt: Int) { dropout = Dropout(rate: rate, salt: salt) }

    package var name: String { "stochastic depth" }
    package var attributes: String { dropout.attributes }
    package func takesLowPrecision(input index: Int) -> Bool { index == 0 }
    package func givesLowPrecision(output index: Int) -> Bool { true }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        guard inputs[0].rank > 0, inputs[1] == [2] else {
            throw Failure(.usage, "stochastic depth wants pictures, and a seed and a step, (2), not \(inputs[1])")
        }
        return [inputs[0]]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let x = inputs[0]
        let factors = dropout.forward([Tensor<S>([x.shape[0]], repeating: 1), inputs[1]])[0].elements
        let size = x.shape.count / x.shape[0]
        return [Tensor(x.shape, x.elements.indices.map { x.elements[$0] * factors[$0 / size] })]
    }

    package func gradients(_ context: GradientContext) -> [Value?] {
        [context.dy.apply(self, [context.inputs[1]], scope: context.scope), nil]
    }
}

extension Value {
    /// Stochastic depth in training; the identity in inference or at rate 0. Traps unless the rate lies in 0 ..< 1.
    /// Adds the input `random` to the graph, as `dropout` does.
    package func stochasticDepth(_ rate: Float, _ scope: Scope = .root) -> Value {
        guard builder.mode == .training, rate != 0 else { return self }
        let salt = builder.graph.nodes.count { $0.operator is StochasticDepth }
        // Apart from the dropouts of the same network.
        return apply(
            StochasticDepth(rate: rate, salt: 0x10000 + salt), [builder.input("random", [2])], scope: scope)
    }
}
