// Stochastic gradient descent with momentum, weight decay and Nesterov's look-ahead, by torch.optim.SGD's rule
// (dampening 0; Sutskever et al. 2013):  d = g + weightDecay w;  m' = momentum m + d;
// w' = w - rate m',  with Nesterov w' = w - rate (d + momentum m'),  without momentum w' = w - rate d.
// One node updates many parameters, so that a backend can do it in one pass over flat memory.

import FoveaGraph
import FoveaTensorCore

/// One optimizer step for `count` parameters.
///
/// Inputs: w_1 ... w_n, g_1 ... g_n, then m_1 ... m_n if `momentum` > 0, then rate ().
/// Outputs: w'_1 ... w'_n, then m'_1 ... m'_n if `momentum` > 0.
package struct SGDUpdate: Operator {
    package var count: Int
    package var momentum: Float
    package var nesterov: Bool
    package var weightDecay: Float

    package init(count: Int, momentum: Float, nesterov: Bool, weightDecay: Float) {
        precondition(!nesterov || momentum > 0, "Nesterov's rule needs a momentum above 0, not \(momentum)")
        self.count = count
        self.momentum = momentum
        self.nesterov = nesterov
        self.weightDecay = weightDecay
    }

    package var name: String { "sgd update" }

    package var attributes: String {
        let parts = [
            "\(count) parameters", momentum > 0 ? "momentum \(momentum)" : nil, nesterov ? "nesterov" : nil,
            weightDecay == 0 ? nil : "weight decay \(weightDecay)",
        ]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let groups = momentum > 0 ? 3 : 2
        guard inputs.count == groups * count + 1 else {
            throw Failure(
                .usage, "an update of \(count) parameters has \(groups * count + 1) inputs, not \(inputs.count)")
        }
        for index in count..<groups * count where inputs[index] != inputs[index % count] {
            throw Failure(.usage, "a gradient or momentum of \(inputs[index]) does not fit \(inputs[index % count])")
        }
        guard inputs[groups * count] == [] else {
            throw Failure(.usage, "the learning rate is one number, not \(inputs[groups * count])")
        }
        return Array(inputs[..<count]) + (momentum > 0 ? Array(inputs[..<count]) : [])
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        guard let rate = inputs.last?.elements[0] else { preconditionFailure("an update has a learning rate") }
        var weights = Array(inputs[..<count])
        var momenta = momentum > 0 ? Array(inputs[2 * count..<3 * count]) : []
        for k in 0..<count {
            let gradient = inputs[count + k]
            for index in 0..<gradient.shape.count {
                var step = gradient.elements[index] + S(weightDecay) * weights[k].elements[index]
                if momentum > 0 {
                    let moved = S(momentum) * momenta[k].elements[index] + step
                    momenta[k].elements[index] = moved
                    step = nesterov ? step + S(momentum) * moved : moved
                }
                weights[k].elements[index] -= rate * step
            }
        }
        return weights + momenta
    }
}

extension GraphBuilder {
    /// Appends the optimizer step, after `differentiate`: one node for the parameters with weight decay and one for those
    /// without. Declares the input `rate`, (), and a momentum `momentum.NAME` for each parameter, in the order of the
    /// nodes' inputs: decayed ones in the order of declaration, then the others, as `ParameterStore` lays out weights.
    package func appendSGD(momentum: Float, nesterov: Bool = false, weightDecay: Float) {
        let rate = input("rate", [])
        for decayed in [true, false] {
            let members = graph.parameters.filter { $0.role.isTrainable && $0.role.isDecayed == decayed }
            let pairs = members.compactMap { parameter in
                graph.gradients.first { $0.parameter == parameter.value }.map { (parameter, value($0.value)) }
            }
            guard !pairs.isEmpty else { continue }
            let weights = pairs.map { value($0.0.value) }
            let momenta =
                momentum > 0
                ? pairs.map { parameter, _ in
                    self.parameter(
                        .root / "momentum" / parameter.name, parameter.shape, .optimizerState, .constant(0))
                } : []
            let update = SGDUpdate(
                count: pairs.count, momentum: momentum, nesterov: nesterov, weightDecay: decayed ? weightDecay : 0)
            let outputs = apply(update, weights + pairs.map(\.1) + momenta + [rate], scope: .root / "optimizer")
            for (old, new) in zip(weights + momenta, outputs) { self.update(old, with: new) }
        }
    }
}
