// Inference pass for weights whose norms do nothing, because they were folded into the convolutions where the weights come
// from: every norm goes on as it is, and beside it the statistics of what enters it are taken.

import FoveaGraph
import FoveaOperators
import FoveaTensorCore

/// The graph that measures what enters the norms of a network.
package enum MeasureNorms {
    /// A norm, by the names of its parameters and of the outputs that its batch's statistics have.
    package struct Norm: Sendable {
        package let scale, shift, mean, variance: String
        package let channels: Int
        package let epsilon: Float
        /// Names of outputs (C): the batch's mean and biased variance.
        package let meanOutput, varianceOutput: String
        /// Numbers of a channel in one batch.
        package let count: Int
    }

    /// The unfused inference graph with statistics as its only outputs, and the norms in order. Nil where there are none.
    package static func apply(_ graph: Graph) -> (graph: Graph, norms: [Norm])? {
        var result = graph
        result.nodes = []
        result.outputs = []
        let names = Dictionary(uniqueKeysWithValues: graph.parameters.map { ($0.value, $0.name) })
        var norms: [Norm] = []
        for node in graph.nodes {
            result.nodes.append(node)
            guard let norm = node.operator as? BatchNormInference,
                let scale = names[node.inputs[1]], let shift = names[node.inputs[2]],
                let mean = names[node.inputs[3]], let variance = names[node.inputs[4]]
            else { continue }
            let shape = graph.shape(node.inputs[0])
            let c: Shape = [shape[1]]
            let outputs = [result.addValue(shape)] + (0..<4).map { _ in result.addValue(c) }
            result.nodes.append(
                Node(
                    BatchNormTraining(epsilon: norm.epsilon), inputs: node.inputs, outputs: outputs, scope: node.scope))
            result.outputs.append(.init(name: "mean of \(mean)", value: outputs[1]))
            result.outputs.append(.init(name: "variance of \(variance)", value: outputs[2]))
            norms.append(
                Norm(
                    scale: scale, shift: shift, mean: mean, variance: variance, channels: shape[1],
                    epsilon: norm.epsilon, meanOutput: "mean of \(mean)", varianceOutput: "variance of \(variance)",
                    count: shape[0] * shape[2] * shape[3]))
        }
        return norms.isEmpty ? nil : (result.pruned(), norms)
    }
}
