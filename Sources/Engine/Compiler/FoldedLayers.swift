// The layers of an inference graph that could compute in eight bits, with the weights that they really use: norms folded in.
// What a quantised model stores, and where its filters' steps come from.

import FoveaGraph
import FoveaOperators
import FoveaTensorCore

/// A layer, its weights as they are used, and the parameters that hold them.
package struct FoldedLayer: Sendable {
    /// Its scope.
    package let name: String
    /// (O, ...)
    package let weight: Tensor<Float>
    /// (O), if the layer has one, be it from its norm.
    package let bias: Tensor<Float>?
    /// The parameters that are folded into weight and bias, the weight's own first.
    package let sources: [String]
    /// Multiply-adds of one run.
    package let multiplyAdds: Int

    /// The layers of a graph from `Compiler.inferenceGraph`, in order, with weights from `store`.
    package static func all(of graph: Graph, store: ParameterStore) -> [FoldedLayer] {
        let names = Dictionary(uniqueKeysWithValues: graph.parameters.map { ($0.value, $0.name) })
        var folds: [ValueID: Node] = [:]
        for node in graph.nodes where node.operator is FoldBatchNorm { folds[node.outputs[0]] = node }
        return graph.nodes.compactMap { node in
            guard node.isQuantizable else { return nil }
            let fold = folds[node.inputs[1]]
            let hasBias =
                (node.operator as? Convolution)?.hasBias ?? (node.operator as? FullyConnected)?.hasBias ?? false
            let read = fold?.inputs ?? Array(node.inputs[1...(hasBias ? 2 : 1)])
            let sources = read.compactMap { names[$0] }
            guard sources.count == read.count else { return nil }
            let tensors = sources.map(store.tensor)
            let weights = fold?.operator.forward(tensors) ?? tensors
            return FoldedLayer(
                name: node.scope.path, weight: weights[0], bias: weights.count > 1 ? weights[1] : nil, sources: sources,
                multiplyAdds: node.operator.multiplyAdds(
                    inputs: node.inputs.map(graph.shape), outputs: node.outputs.map(graph.shape)))
        }
    }
}

extension Graph {
    /// The values around the layers and sums that could compute in eight bits, which a calibration must look at.
    package func valuesToCalibrate() -> [(name: String, value: ValueID)] {
        let names = valueNames()
        var seen: Set<ValueID> = readOutside()
        var found: [(name: String, value: ValueID)] = []
        for node in nodes where node.isQuantizable || node.operator is Add {
            let inputs = node.operator is Add ? node.inputs : [node.inputs[0], node.residual].compactMap { $0 }
            for value in inputs + [node.outputs[0]] {
                if let name = names[value], seen.insert(value).inserted { found.append((name, value)) }
            }
        }
        return found
    }
}
