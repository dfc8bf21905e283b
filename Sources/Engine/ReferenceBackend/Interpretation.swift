// What one run of the reference interpreter computed: every value of the graph, and those with names by name.

import FoveaGraph
import FoveaTensorCore

/// All values of one run.
package struct Interpretation<Scalar: ReferenceScalar>: Sendable {
    private let graph: Graph
    /// Every value, at the index of its id.
    package let values: [Tensor<Scalar>]

    init(graph: Graph, values: [Tensor<Scalar>]) {
        precondition(values.count == graph.values.count, "a value of the graph is computed by no node")
        self.graph = graph
        self.values = values
    }

    /// One value.
    package subscript(_ id: ValueID) -> Tensor<Scalar> { values[id.index] }

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
