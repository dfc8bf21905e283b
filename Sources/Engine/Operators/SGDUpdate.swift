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
    /// What the rate is multiplied by, for layers that learn more slowly.
    package var rateFactor: Float

    package init(count: Int, momentum: Float, nesterov: Bool, weightDecay: Float, rateFactor: Float = 1) {
        precondition(!nesterov || momentum > 0, "Nesterov's rule needs a momentum above 0, not \(momentum)")
        self.count = count
        self.momentum = momentum
        self.nesterov = nesterov
        self.weightDecay = weightDecay
        self.rateFactor = rateFactor
    }

    package var name: String { "sgd update" }

    package var attributes: String {
        let parts = [
            "\(count) parameters", momentum > 0 ? "momentum \(momentum)" : nil, nesterov ? "nesterov" : nil,
            weightDecay == 0 ? nil : "weight decay \(weightDecay)",
            rateFactor == 1 ? nil : "rate x \(rateFactor)",
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
        guard let given = inputs.last?.elements[0] else { preconditionFailure("an update has a learning rate") }
        let rate = given * S(rateFactor)
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
