// Training pass: a batch norm and the activation that alone reads it become one node, forward and, since gradients are
// appended later, backward: two passes over memory less each way, and the norm's output is not kept.

import FoveaGraph
import FoveaOperators

enum FuseNormActivation {
    /// Those whose slope is cheaper to compute again than to read from memory.
    private static let fused: Set<Activation.Kind> = [.relu, .relu6, .silu, .hardSwish]

    static func apply(_ graph: Graph) -> Graph {
        var graph = graph
        let readers = graph.readers()
        let outside = graph.readOutside()
        var dropped: Set<Int> = []
        for position in graph.nodes.indices {
            let y = graph.nodes[position].outputs[0]
            guard let reader = readers[y], reader.count == 1, !outside.contains(y),
                let activation = graph.nodes[reader[0]].operator as? Activation, fused.contains(activation.kind),
                let norm = graph.nodes[position].operator.activated(activation.kind)
            else { continue }
            graph.nodes[position].operator = norm
            graph.nodes[position].outputs[0] = graph.nodes[reader[0]].outputs[0]
            dropped.insert(reader[0])
        }
        graph.nodes = graph.nodes.indices.filter { !dropped.contains($0) }.map { graph.nodes[$0] }
        return graph
    }
}

extension Operator {
    /// The same norm with an activation behind it; nil of what is no norm, or has one already.
    fileprivate func activated(_ kind: Activation.Kind) -> (any Operator)? {
        if var norm = self as? BatchNormTraining, norm.activation == nil {
            norm.activation = kind
            return norm
        }
        if var norm = self as? BatchNormInference, norm.activation == nil {
            norm.activation = kind
            return norm
        }
        return nil
    }
}
