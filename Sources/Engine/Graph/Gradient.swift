// Reverse-mode differentiation of a graph: appends the nodes that compute d loss / d parameter for every trainable
// parameter (Rumelhart, Hinton and Williams 1986). Gradients that nobody needs are never emitted.

import FoveaTensorCore

extension GraphBuilder {
    /// Appends the backward pass of `loss`, a value of one element, and records a gradient for each trainable parameter.
    ///
    /// `seed` is d loss / d loss, usually a constant 1. Traps if a trainable parameter does not reach the loss.
    package func differentiate(_ loss: Value, seed: Value) {
        let trainable = graph.parameters.filter(\.role.isTrainable).map(\.value)
        let needed = reachable(from: trainable)
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
        for parameter in trainable {
            guard let gradient = sums[parameter] else {
                preconditionFailure("\(graph.values[parameter.index].origin) does not reach the loss")
            }
            setGradient(gradient, of: parameter)
        }
    }

    /// The values that depend on any of `roots`, roots included.
    private func reachable(from roots: [ValueID]) -> Set<ValueID> {
        var reached = Set(roots)
        for node in graph.nodes where node.inputs.contains(where: reached.contains) {
            reached.formUnion(node.outputs)
        }
        return reached
    }
}

extension Value {
    /// The sum of two gradients of one value.
    func accumulated(with other: Value, scope: Scope) -> Value { apply(Add(), [other], scope: scope) }
}
