// A network in two parts, cut where its head begins: the backbone, which is the same for every data set, and the head, which
// tells the classes apart. Fine-tuning runs the first once and trains the second on what it gave.

import FoveaCompiler
import FoveaGraph
import FoveaOperators
import FoveaTensorCore

extension Model {
    /// The names of the head's parameters.
    package var headParameters: [String] {
        get throws {
            let prefix = head.path + "."
            return try inferenceGraph(batch: 1).parameters.map(\.name).filter { $0.hasPrefix(prefix) }
        }
    }

    /// The backbone in inference form: input `x` (batch, C, H, W), output `features`, what enters the head.
    package func backboneGraph(batch: Int) throws -> Graph {
        var graph = try inferenceGraph(batch: batch)
        graph.outputs = [.init(name: "features", value: try headInput(of: graph))]
        return graph.pruned()
    }

    /// The head with its loss: inputs `features`, `targets` (batch, classes) and `sampleWeights` (batch), outputs `loss` () and
    /// `probabilities` (batch, classes). Nothing is dropped at random. Its parameters are the head's.
    package func headGraph(batch: Int, loss configuration: LossConfiguration) throws -> Graph {
        var graph = try inferenceGraph(batch: batch)
        let features = try headInput(of: graph)
        guard let logits = graph.output("logits") else { preconditionFailure("a network has logits") }
        graph.nodes.removeAll { $0.outputs.contains(features) }
        graph.values[features.index].origin = .input("features")
        graph.inputs = [.init(name: "features", value: features)]
        graph.outputs = [.init(name: "logits", value: logits)]
        graph = graph.pruned()
        let read = Set(graph.nodes.flatMap(\.inputs))
        graph.parameters.removeAll { !read.contains($0.value) }
        let builder = GraphBuilder(continuing: graph, mode: .training)
        let (loss, probabilities) = builder.value(logits).softmaxCrossEntropy(
            targets: builder.input("targets", [batch, self.configuration.classCount]),
            sampleWeights: builder.input("sampleWeights", [batch]), labelSmoothing: configuration.labelSmoothing,
            classWeights: configuration.classWeights, .root / "loss")
        builder.output("loss", loss)
        builder.output("probabilities", probabilities)
        return try builder.finish()
    }

    /// True if the head's answer is the network's: one fully connected layer, whose loss has one lowest point.
    package var headIsLast: Bool {
        get throws {
            let graph = try inferenceGraph(batch: 1)
            let value = try headInput(of: graph)
            return graph.nodes.contains {
                $0.operator is FullyConnected && $0.inputs[0] == value && graph.output("logits") == $0.outputs[0]
            }
        }
    }

    /// What the layer reads that uses the head's weight.
    private func headInput(of graph: Graph) throws -> ValueID {
        let name = (head / "weight").path
        guard let weight = graph.parameters.first(where: { $0.name == name })?.value,
            let node = graph.nodes.first(where: { $0.inputs.count > 1 && $0.inputs[1] == weight })
        else { preconditionFailure("\(configuration.architecture) has no layer that reads \(name)") }
        return node.inputs[0]
    }
}
