// A network in two parts, cut where its head begins: the backbone, which is the same for every data set, and the head, which
// tells the classes apart. Fine-tuning runs the first once and trains the second on what it gave.

import FoveaCompiler
import FoveaGraph
import FoveaOperators
import FoveaTensorCore

/// What stands between the head's layer and the network's answer.
package enum HeadForm: Sendable, Equatable {
    /// Nothing: one fully connected layer, whose loss has one lowest point.
    case last
    /// A 1x1 convolution of a map and the mean over its places, perhaps with a ReLU between them. Without the ReLU the mean
    /// may be taken first; with it too, as long as biases are high enough for it to cut nothing. Biases may be: of a constant
    /// that is added to every class a softmax sees nothing.
    case averaged(isRectified: Bool)
    /// Other layers.
    case layered
}

extension Model {
    /// The names of the head's parameters.
    package var headParameters: [String] {
        get throws {
            let prefix = head.path + "."
            return try inferenceGraph(batch: 1).parameters.map(\.name).filter { $0.hasPrefix(prefix) }
        }
    }

    /// The backbone in inference form: input `x` (batch, C, H, W), output `features`, what enters the head; its mean over the
    /// map where the head is averaged (batch, F).
    package func backboneGraph(batch: Int) throws -> Graph {
        let form = try headForm
        var graph = try inferenceGraph(batch: batch)
        let features = try headNode(of: graph).inputs[0]
        graph.outputs = []
        let builder = GraphBuilder(continuing: graph, mode: .inference)
        let value = builder.value(features)
        if case .averaged = form {
            builder.output("features", value.globalAveragePool().flatten())
        } else {
            builder.output("features", value)
        }
        return try builder.finish().pruned()
    }

    /// The network up to its head's layer, without what follows: input `x` (batch, C, H, W), output `responses`, for an
    /// averaged head (batch, classes, H', W').
    package func responseGraph(batch: Int) throws -> Graph {
        var graph = try inferenceGraph(batch: batch)
        graph.outputs = [.init(name: "responses", value: try headNode(of: graph).outputs[0])]
        return graph.pruned()
    }

    /// The head with its loss: inputs `features`, `targets` (batch, classes) and `sampleWeights` (batch), outputs `loss` () and
    /// `probabilities` (batch, classes). Nothing is dropped at random. Its parameters are the head's. Of an averaged head it
    /// is what there is of it without a ReLU, on averaged features.
    package func headGraph(batch: Int, loss configuration: LossConfiguration) throws -> Graph {
        if case .averaged = try headForm { return try averagedHead(batch: batch, loss: configuration) }
        var graph = try inferenceGraph(batch: batch)
        let features = try headNode(of: graph).inputs[0]
        guard let logits = graph.output("logits") else { preconditionFailure("a network has logits") }
        graph.nodes.removeAll { $0.outputs.contains(features) }
        graph.values[features.index].origin = .input("features")
        graph.inputs = [.init(name: "features", value: features)]
        graph.outputs = [.init(name: "logits", value: logits)]
        graph = graph.pruned()
        let read = Set(graph.nodes.flatMap(\.inputs))
        graph.parameters.removeAll { !read.contains($0.value) }
        let builder = GraphBuilder(continuing: graph, mode: .training)
        return try finish(builder, logits: builder.value(logits), batch: batch, loss: configuration)
    }

    /// The loss behind the logits.
    private func finish(
        _ builder: GraphBuilder, logits: Value, batch: Int, loss configuration: LossConfiguration
    ) throws -> Graph {
        let (loss, probabilities) = logits.softmaxCrossEntropy(
            targets: builder.input("targets", [batch, self.configuration.classCount]),
            sampleWeights: builder.input("sampleWeights", [batch]), labelSmoothing: configuration.labelSmoothing,
            classWeights: configuration.classWeights, .root / "loss")
        builder.output("loss", loss)
        builder.output("probabilities", probabilities)
        return try builder.finish()
    }

    /// A 1x1 convolution of a single place is a fully connected layer.
    private func averagedHead(batch: Int, loss: LossConfiguration) throws -> Graph {
        let graph = try inferenceGraph(batch: 1)
        let layer = try headNode(of: graph)
        let own = layer.inputs.dropFirst().compactMap { id in graph.parameters.first { $0.value == id } }
        let filters = own[0].shape
        let builder = GraphBuilder(mode: .training)
        let features = builder.input("features", [batch, filters[1]])
        let values = own.map { builder.parameter(.root / $0.name, $0.shape, $0.role, $0.initializer) }
        let matrix = values[0].apply(Reshape([filters[0], filters[1]], isOfParameter: true))
        let logits = features.apply(
            FullyConnected(hasBias: own.count > 1), [matrix] + values.dropFirst(), scope: layer.scope)
        return try finish(builder, logits: logits, batch: batch, loss: loss)
    }

    /// What follows the head's layer.
    package var headForm: HeadForm {
        get throws {
            let graph = try inferenceGraph(batch: 1)
            let layer = try headNode(of: graph)
            let logits = graph.output("logits")
            if layer.operator is FullyConnected { return logits == layer.outputs[0] ? .last : .layered }
            guard let convolution = layer.operator as? Convolution, convolution.window == Window(1),
                convolution.groups == 1, !convolution.addsResidual
            else { return .layered }
            var (value, isRectified, isAveraged) = (layer.outputs[0], false, false)
            while value != logits {
                let readers = graph.nodes.filter { $0.inputs.contains(value) }
                guard readers.count == 1, readers[0].inputs.count == 1 else { return .layered }
                switch readers[0].operator {
                case let activation as Activation where activation.kind == .relu && !isAveraged: isRectified = true
                case is GlobalAveragePooling: isAveraged = true
                case is Reshape where isAveraged: break
                default: return .layered
                }
                value = readers[0].outputs[0]
            }
            return isAveraged ? .averaged(isRectified: isRectified) : .layered
        }
    }

    /// The layer that reads the head's weight.
    private func headNode(of graph: Graph) throws -> Node {
        let name = (head / "weight").path
        guard let weight = graph.parameters.first(where: { $0.name == name })?.value,
            let node = graph.nodes.first(where: { $0.inputs.count > 1 && $0.inputs[1] == weight })
        else { preconditionFailure("\(configuration.architecture) has no layer that reads \(name)") }
        return node
    }
}
