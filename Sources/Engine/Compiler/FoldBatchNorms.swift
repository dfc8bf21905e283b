// Inference pass, and of training for what is frozen: a convolution and the norm that alone reads it become one convolution with other filters and a bias,
// w' = w * scale / sqrt(variance + epsilon),  b' = shift + (b - mean) * scale / sqrt(variance + epsilon)
// (Jacob et al. 2018, section 3.2). The new filters depend on parameters only, so they are computed once per set of weights.

import FoveaGraph
import FoveaOperators

enum FoldBatchNorms {
    /// Folds norms that `mayChange`, and the convolutions before them.
    static func apply(_ graph: Graph, where mayChange: (Node) -> Bool = { _ in true }) -> Graph {
        var graph = graph
        let readers = graph.readers()
        let outside = graph.readOutside()
        var nodes: [Node] = []
        var folded: Set<Int> = []
        for position in graph.nodes.indices where !folded.contains(position) {
            let node = graph.nodes[position]
            guard var convolution = node.operator as? Convolution, let reader = readers[node.outputs[0]],
                reader.count == 1, !outside.contains(node.outputs[0]),
                let norm = graph.nodes[reader[0]].operator as? BatchNormInference, mayChange(graph.nodes[reader[0]])
            else {
                nodes.append(node)
                continue
            }
            let normNode = graph.nodes[reader[0]]
            let fold = FoldBatchNorm(epsilon: norm.epsilon, hasBias: convolution.hasBias)
            let w = graph.addValue(graph.shape(node.inputs[1]))
            let b = graph.addValue([graph.shape(w)[0]])
            nodes.append(
                Node(
                    fold, inputs: Array(node.inputs.dropFirst()) + Array(normNode.inputs.dropFirst()), outputs: [w, b],
                    scope: normNode.scope))
            convolution.hasBias = true
            nodes.append(
                Node(convolution, inputs: [node.inputs[0], w, b], outputs: [normNode.outputs[0]], scope: node.scope))
            folded.insert(reader[0])
        }
        graph.nodes = nodes
        return graph
    }
}
