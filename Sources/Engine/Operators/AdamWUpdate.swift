// AdamW (Loshchilov and Hutter 2019, algorithm 2), by torch.optim.AdamW's rule: the decay acts on the weights, not on the
// gradient. With k the number of the step, from 1:
//   w = w - rate weightDecay w;  m' = beta1 m + (1 - beta1) g;  v' = beta2 v + (1 - beta2) g^2;
//   w' = w - rate / (1 - beta1^k)  m' / (sqrt(v') / sqrt(1 - beta2^k) + epsilon).
// One node updates many parameters, as SGDUpdate does.

import FoveaGraph
import FoveaTensorCore

/// One step of AdamW for `count` parameters.
///
/// Inputs: w_1 ... w_n, g_1 ... g_n, m_1 ... m_n, v_1 ... v_n, then rate () and the step's number (), from 1.
/// Outputs: w'_1 ... w'_n, m'_1 ... m'_n, v'_1 ... v'_n.
package struct AdamWUpdate: Operator {
    package var count: Int
    package var beta1: Float
    package var beta2: Float
    package var epsilon: Float
    package var weightDecay: Float
    /// What the rate is multiplied by, for layers that learn more slowly.
    package var rateFactor: Float

    package init(
        count: Int, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, weightDecay: Float,
        rateFactor: Float = 1
    ) {
        precondition(0 <= beta1 && beta1 < 1 && 0 <= beta2 && beta2 < 1, "\(beta1) and \(beta2) are not below 1")
        self.count = count
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.rateFactor = rateFactor
    }

    package var name: String { "adamw update" }

    package var attributes: String {
        let parts = [
            "\(count) parameters", "betas \(beta1), \(beta2)", weightDecay == 0 ? nil : "weight decay \(weightDecay)",
            rateFactor == 1 ? nil : "rate x \(rateFactor)",
        ]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        guard inputs.count == 4 * count + 2 else {
            throw Failure(
                .usage, "an update of \(count) parameters has \(4 * count + 2) inputs, not \(inputs.count)")
        }
        for index in count..<4 * count where inputs[index] != inputs[index % count] {
            throw Failure(.usage, "a gradient or moment of \(inputs[index]) does not fit \(inputs[index % count])")
        }
        for (what, shape) in [("the learning rate", inputs[4 * count]), ("the step", inputs[4 * count + 1])]
        where shape != [] {
            throw Failure(.usage, "\(what) is one number, not \(shape)")
        }
        return Array(inputs[..<count]) + Array(inputs[2 * count..<4 * count])
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let rate = inputs[4 * count].elements[0] * S(rateFactor)
        let step = Double(inputs[4 * count + 1].elements[0])
        // beta^step as exp(step log beta), in Double in any case: 1 minus it would lose digits.
        func correction(_ beta: Float) -> Double { beta == 0 ? 1 : 1 - .exp(step * .log(Double(beta))) }
        let (size, root) = (rate / S(correction(beta1)), S(correction(beta2).squareRoot()))
        var weights = Array(inputs[..<count])
        var means = Array(inputs[2 * count..<3 * count])
        var squares = Array(inputs[3 * count..<4 * count])
        for k in 0..<count {
            let gradient = inputs[count + k]
            for index in 0..<gradient.shape.count {
                let g = gradient.elements[index]
                let mean = S(beta1) * means[k].elements[index] + (1 - S(beta1)) * g
                let square = S(beta2) * squares[k].elements[index] + (1 - S(beta2)) * g * g
                means[k].elements[index] = mean
                squares[k].elements[index] = square
                weights[k].elements[index] -= rate * S(weightDecay) * weights[k].elements[index]
                weights[k].elements[index] -= size * mean / (square.squareRoot() / root + S(epsilon))
            }
        }
        return weights + means + squares
    }
}
