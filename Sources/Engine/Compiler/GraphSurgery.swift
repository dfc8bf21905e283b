// What the passes that rewrite a graph share: who reads a value, and dropping what nobody reads.

import FoveaGraph
import FoveaTensorCore

extension Graph {
    /// For each value, the positions of the nodes that read it.
    func readers() -> [ValueID: [Int]] {
        var readers: [ValueID: [Int]] = [:]
        for (position, node) in nodes.enumerated() {
            for input in node.inputs { readers[input, default: []].append(position) }
        }
        return readers
    }

    /// The values that are read from outside the graph: outputs, gradients, updates.
    func readOutside() -> Set<ValueID> {
        Set(outputs.map(\.value) + gradients.map(\.value) + updates.map(\.value))
    }

    /// The graph without nodes whose outputs nobody reads.
    package func pruned() -> Graph {
        var live = readOutside()
        var kept: [Node] = []
        for node in nodes.reversed() where node.outputs.contains(where: live.contains) {
            live.formUnion(node.inputs)
            kept.append(node)
        }
        var graph = self
        graph.nodes = kept.reversed()
        return graph
    }

    /// Adds a value that a pass needs.
    mutating func addValue(_ shape: Shape) -> ValueID {
        values.append(.init(shape: shape, dataType: .f32, origin: .node))
        return ValueID(values.count - 1)
    }
}
