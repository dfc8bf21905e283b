// What the passes that rewrite a graph share: who reads a value, and dropping what nobody reads.

import FoveaGraph
import FoveaOperators
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

    /// Lets nodes do while they write what an `Add` would do afterwards, where nobody else reads what they write nor what is
    /// added, which is overwritten. `adding` gives the operator that also adds its last input; nil if there is none. Only
    /// nodes that `mayChange` are touched, and values that nobody else reads.
    func withSums(
        where mayChange: (Node) -> Bool = { _ in true }, in adding: (any Operator) -> (any Operator)?
    ) -> Graph {
        var graph = self
        let (readers, outside) = (readers(), readOutside())
        var producers: [ValueID: Int] = [:]
        for (position, node) in nodes.enumerated() {
            for output in node.outputs { producers[output] = position }
        }
        var dropped: Set<Int> = []
        for position in nodes.indices where graph.nodes[position].operator is Add && mayChange(nodes[position]) {
            let add = graph.nodes[position]
            for (term, residual) in [(add.inputs[1], add.inputs[0]), (add.inputs[0], add.inputs[1])] {
                guard term != residual, let producer = producers[term], !dropped.contains(producer),
                    readers[term]?.count == 1, !outside.contains(term),
                    let op = adding(graph.nodes[producer].operator),
                    // What the node itself reads must not change while it writes.
                    !graph.nodes[producer].inputs.contains(residual),
                    let source = producers[residual], let last = readers[residual], last.max() == position,
                    !outside.contains(residual), last.allSatisfy({ mayChange(nodes[$0]) }),
                    // A reshaped value lies where the value lies.
                    !([source] + last).contains(where: { graph.nodes[$0].operator is Reshape })
                else { continue }
                graph.nodes[position] = Node(
                    op, inputs: graph.nodes[producer].inputs + [residual], outputs: add.outputs,
                    scope: graph.nodes[producer].scope)
                dropped.insert(producer)
                break
            }
        }
        graph.nodes = graph.nodes.indices.filter { !dropped.contains($0) }.map { graph.nodes[$0] }
        return graph
    }

    /// Adds a value that a pass needs.
    mutating func addValue(_ shape: Shape) -> ValueID {
        values.append(.init(shape: shape, dataType: .f32, origin: .node))
        return ValueID(values.count - 1)
    }
}
