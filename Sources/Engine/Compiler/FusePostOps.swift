// Inference pass, and of training for what is frozen: what follows a convolution or a fully connected layer is done while its result is still in registers:
// first a sum with another value, then an activation.

import FoveaGraph
import FoveaOperators

enum FusePostOps {
    /// Fuses nodes that `mayChange`.
    static func apply(_ graph: Graph, where mayChange: (Node) -> Bool = { _ in true }) -> Graph {
        fuseActivations(fuseSums(fuseActivations(graph, mayChange), mayChange), mayChange)
    }

    /// convolution -> activation, fully connected -> activation
    private static func fuseActivations(_ graph: Graph, _ mayChange: (Node) -> Bool) -> Graph {
        var graph = graph
        let readers = graph.readers()
        let outside = graph.readOutside()
        var dropped: Set<Int> = []
        for position in graph.nodes.indices {
            let y = graph.nodes[position].outputs[0]
            guard let reader = readers[y], reader.count == 1, !outside.contains(y),
                let activation = graph.nodes[reader[0]].operator as? Activation, activation.kind.isForMaps,
                mayChange(graph.nodes[reader[0]])
            else { continue }
            if var convolution = graph.nodes[position].operator as? Convolution, convolution.activation == nil {
                convolution.activation = activation.kind
                graph.nodes[position].operator = convolution
            } else if var connected = graph.nodes[position].operator as? FullyConnected, connected.activation == nil {
                connected.activation = activation.kind
                graph.nodes[position].operator = connected
            } else {
                continue
            }
            graph.nodes[position].outputs[0] = graph.nodes[reader[0]].outputs[0]
            dropped.insert(reader[0])
        }
        graph.nodes = graph.nodes.indices.filter { !dropped.contains($0) }.map { graph.nodes[$0] }
        return graph
    }

    /// convolution -> add, where the add is the last to read the other value: the convolution adds into its memory.
    private static func fuseSums(_ graph: Graph, _ mayChange: (Node) -> Bool) -> Graph {
        graph.withSums(where: mayChange) { op in
            guard var convolution = op as? Convolution, !convolution.addsResidual, convolution.activation == nil
            else { return nil }
            convolution.addsResidual = true
            return convolution
        }
    }
}
