// Reverse-mode differentiation of a graph: appends the nodes that compute d loss / d parameter for every trained
// parameter (Rumelhart, Hinton and Williams 1986). Gradients that nobody needs are never emitted.

import FoveaTensorCore

extension GraphBuilder {
    /// Appends the backward pass of `loss`, a value of one element, and records a gradient for each trained parameter.
    ///
    /// `seed` is d loss / d loss, usually a constant 1. Traps if a trained parameter does not reach the loss.
    package func differentiate(_ loss: Value, seed: Value) {
        let trained = graph.parameters.filter(\.isTrained).map(\.value)
        let needed = graph.dependents(of: Set(trained))
        var sums: [ValueID: Value] = [loss.id: seed]
        for node in graph.nodes.reversed() {
            guard node.inputs.contains(where: needed.contains) else { continue }
            let outputGradients = node.outputs.map { sums[$0] }
            guard outputGradients.contains(where: { $0 != nil }) else { continue }
            let context = GradientContext(
                inputs: node.inputs.map(value), outputs: node.outputs.map(value), outputGradients: outputGradients,
                needs: node.inputs.map(needed.contains), scope: node.scope)
            let gradients = node.operator.gradients(context)
            for (input, gradient) in zip(node.inputs, gradients) where needed.contains(input) {
                guard let gradient else { continue }
                sums[input] = sums[input].map { $0.accumulated(with: gradient, scope: node.scope) } ?? gradient
            }
        }
        for parameter in trained {
            guard let gradient = sums[parameter] else {
                preconditionFailure("\(graph.values[parameter.index].origin) does not reach the loss")
            }
            setGradient(gradient, of: parameter)
        }
    }
}

extension Value {
    /// The sum of two gradients of one value.
    func accumulated(with other: Value, scope: Scope) -> Value { apply(Add(), [other], scope: scope) }
}
