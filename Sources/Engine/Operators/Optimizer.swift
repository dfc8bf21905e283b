// Which rule turns gradients into new weights, and the nodes that do it: one for each set of parameters that share decay
// and rate, so that a backend can update a flat range in one pass. Says nothing about how the rate falls.

import FoveaGraph
import FoveaTensorCore

/// An optimizer with its numbers.
package enum Optimizer: Sendable, Equatable {
    case sgd(momentum: Float, nesterov: Bool)
    case adamW(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8)

    /// The tensors kept for each parameter between steps, by the prefix of their names; they start as zeros.
    var states: [String] {
        switch self {
        case .sgd(let momentum, _): momentum > 0 ? ["momentum"] : []
        case .adamW: ["mean", "square"]
        }
    }

    func update(count: Int, weightDecay: Float, rateFactor: Float) -> any Operator {
        switch self {
        case .sgd(let momentum, let nesterov):
            SGDUpdate(
                count: count, momentum: momentum, nesterov: nesterov, weightDecay: weightDecay, rateFactor: rateFactor)
        case .adamW(let beta1, let beta2, let epsilon):
            AdamWUpdate(
                count: count, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay,
                rateFactor: rateFactor)
        }
    }
}

extension GraphBuilder {
    /// Appends the optimizer step, after `differentiate`: a node for every set of parameters that share weight decay and
    /// `rateFactor`. Parameters without a gradient stay as they are. Declares the input `rate`, (), of AdamW the input `step`,
    /// (), counted from 1, and the optimizer's state `momentum.NAME`, or `mean.NAME` and `square.NAME`, in the order of the
    /// nodes' inputs: decayed parameters in the order of declaration, then the others, as `ParameterStore` lays out weights.
    package func appendUpdates(
        _ optimizer: Optimizer, weightDecay: Float, rateFactor: (Parameter) -> Float = { _ in 1 }
    ) {
        var numbers = [input("rate", [])]
        if case .adamW = optimizer { numbers.append(input("step", [])) }
        let gradients = Dictionary(
            graph.gradients.map { ($0.parameter, $0.value) }, uniquingKeysWith: { first, _ in first })
        for decayed in [true, false] {
            let members = graph.parameters.filter { gradients[$0.value] != nil && $0.role.isDecayed == decayed }
            var factors: [Float] = []
            for factor in members.map(rateFactor) where !factors.contains(factor) { factors.append(factor) }
            for factor in factors {
                let own = members.filter { rateFactor($0) == factor }
                let weights = own.map { value($0.value) }
                let states = optimizer.states.flatMap { state in
                    own.map { parameter(.root / state / $0.name, $0.shape, .optimizerState, .constant(0)) }
                }
                let update = optimizer.update(
                    count: own.count, weightDecay: decayed ? weightDecay : 0, rateFactor: factor)
                let outputs = apply(
                    update, weights + own.compactMap { gradients[$0.value].map(value) } + states + numbers,
                    scope: .root / "optimizer")
                for (old, new) in zip(weights + states, outputs) { self.update(old, with: new) }
            }
        }
    }
}
