// What a quantised network knows beside its weights: which layers compute in eight bits, the steps of their filters, and how
// the values between layers are written. Layers are named by their scopes, values by `valueNames`.

import FoveaGraph
import FoveaOperators
import FoveaTensorCore

/// The layers that compute in eight bits, and in what steps.
package struct NetworkQuantization: Sendable, Equatable {
    /// For each quantised layer, what one step of each filter is worth, (O).
    package var filters: [String: [Float]]
    /// How values are written, by name.
    package var activations: [String: Quantization]

    package init(filters: [String: [Float]], activations: [String: Quantization]) {
        self.filters = filters
        self.activations = activations
    }
}

extension Graph {
    /// Names of values that stay the same from one compilation to the next, for any batch: an input's own, else the scope
    /// of the node that computes it, else the operator's name and a number. Only of first outputs.
    package func valueNames() -> [ValueID: String] {
        var names: [ValueID: String] = [:]
        for input in inputs { names[input.value] = input.name }
        var seen: [String: Int] = [:]
        // Folding a norm is no part of a layer's name.
        for node in nodes where !(node.operator is FoldBatchNorm) {
            let stem = node.scope.path.isEmpty ? node.operator.name : node.scope.path
            seen[stem, default: 0] += 1
            let isAlone = !node.scope.path.isEmpty && seen[stem] == 1
            names[node.outputs[0]] = isAlone ? stem : "\(stem) \(seen[stem] ?? 1)"
        }
        return names
    }
}

extension Node {
    /// True if the layer can compute in eight bits.
    package var isQuantizable: Bool { self.operator is Convolution || self.operator is FullyConnected }

    /// The value that is added to the result, if the node adds one.
    package var residual: ValueID? { (self.operator as? Convolution)?.addsResidual == true ? inputs.last : nil }
}
