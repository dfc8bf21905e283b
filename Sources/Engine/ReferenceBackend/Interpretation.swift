// What one run of the reference interpreter computed: every value of the graph, and those with names by name.

import FoveaGraph
import FoveaTensorCore

/// All values of one run.
package struct Interpretation<Scalar: ReferenceScalar>: Sendable {
    private let graph: Graph
    /// Values at the indices of their ids; nil for those that a pass of the compiler left without a node.
    package let values: [Tensor<Scalar>?]

    init(graph: Graph, values: [Tensor<Scalar>?]) {
        self.graph = graph
        self.values = values
    }

    /// One value. Traps if no node computes it.
    package subscript(_ id: ValueID) -> Tensor<Scalar> {
        guard let value = values[id.index] else { preconditionFailure("value \(id.index) is computed by no node") }
        return value
    }

    /// The named outputs.
    package var outputs: [String: Tensor<Scalar>] {
        Dictionary(graph.outputs.map { ($0.name, self[$0.value]) }, uniquingKeysWith: { _, last in last })
    }

    /// d loss / d parameter, by the parameter's name.
    package var gradients: [String: Tensor<Scalar>] { byParameter(graph.gradients) }

    /// New contents of parameters, by the parameter's name.
    package var updates: [String: Tensor<Scalar>] { byParameter(graph.updates) }

    private func byParameter(_ entries: [Graph.ForParameter]) -> [String: Tensor<Scalar>] {
        let names = Dictionary(uniqueKeysWithValues: graph.parameters.map { ($0.value, $0.name) })
        var tensors: [String: Tensor<Scalar>] = [:]
        for entry in entries {
            if let name = names[entry.parameter] { tensors[name] = self[entry.value] }
        }
        return tensors
    }
}
