// Training pass: parameters that stay as they are, and what follows from that. Norms whose numbers stay, and all norms where
// that is asked for, use running statistics. What depends on no trained parameter is compiled as it is in inference: norms
// folded, activations and sums fused, weights prepared once. Its gradients are never emitted.

import FoveaGraph
import FoveaOperators

/// What a training leaves as it is.
package struct Freezing: Sendable {
    /// Whether the parameter of this name stays.
    package var isFrozen: @Sendable (String) -> Bool
    /// True if all norms use running statistics, which stay; their scales and shifts are trained unless they are frozen.
    package var fixesNorms: Bool

    package init(fixesNorms: Bool = false, isFrozen: @escaping @Sendable (String) -> Bool = { _ in false }) {
        self.isFrozen = isFrozen
        self.fixesNorms = fixesNorms
    }

    /// Nothing.
    package static let none = Freezing()
}

enum Freeze {
    /// The forward graph with frozen parameters marked, before anything is fused.
    static func apply(_ graph: Graph, _ freezing: Freezing) -> Graph {
        var graph = graph
        for position in graph.parameters.indices where freezing.isFrozen(graph.parameters[position].name) {
            graph.parameters[position].isFrozen = true
        }
        let frozen = Set(graph.parameters.filter(\.isFrozen).map(\.value))
        for position in graph.nodes.indices {
            let node = graph.nodes[position]
            guard let norm = node.operator as? BatchNormTraining,
                freezing.fixesNorms || (frozen.contains(node.inputs[1]) && frozen.contains(node.inputs[2]))
            else { continue }
            graph.nodes[position].operator = BatchNormInference(epsilon: norm.epsilon)
            graph.nodes[position].outputs = [node.outputs[0]]
            graph.updates.removeAll { node.outputs.contains($0.value) }
        }
        guard !frozen.isEmpty else { return graph }
        let trained = Set(graph.parameters.filter(\.isTrained).map(\.value))
        // Passes keep the values that they leave, so that this holds for what they make of the graph.
        let changing = graph.dependents(of: trained)
        let isStill: (Node) -> Bool = { !$0.inputs.contains(where: changing.contains) }
        return FusePostOps.apply(FoldBatchNorms.apply(graph, where: isStill), where: isStill).pruned()
    }
}
