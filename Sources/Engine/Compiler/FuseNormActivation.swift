// Training pass: a batch norm and the ReLU that alone reads it become one node, forward and, since gradients are appended
// later, backward: one pass over memory less each way, and the norm's output is not kept.

import FoveaGraph
import FoveaOperators

enum FuseNormActivation {
    static func apply(_ graph: Graph) -> Graph {
        var graph = graph
        let readers = graph.readers()
        let outside = graph.readOutside()
        var dropped: Set<Int> = []
        for position in graph.nodes.indices {
            guard var norm = graph.nodes[position].operator as? BatchNormTraining, !norm.relu else { continue }
            let y = graph.nodes[position].outputs[0]
            guard let reader = readers[y], reader.count == 1, !outside.contains(y),
                let activation = graph.nodes[reader[0]].operator as? Activation, activation.kind == .relu
            else { continue }
            norm.relu = true
            graph.nodes[position].operator = norm
            graph.nodes[position].outputs[0] = graph.nodes[reader[0]].outputs[0]
            graph.nodes[position].outputs.append(graph.addValue(graph.shape(y)))
            dropped.insert(reader[0])
        }
        graph.nodes = graph.nodes.indices.filter { !dropped.contains($0) }.map { graph.nodes[$0] }
        return graph
    }
}
