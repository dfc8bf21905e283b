// A network with its configuration: builds the graphs that training and inference are compiled from, and the store for its
// weights. Every graph of a model has inputs and outputs of the same names.

import FoveaGraph
import FoveaOperators
import FoveaTensorCore

/// What a training graph adds to a network.
package struct LossConfiguration: Sendable, Equatable {
    /// Szegedy et al. 2016, section 7; 0...1.
    package var labelSmoothing: Float
    /// A factor for each class; nil: all 1.
    package var classWeights: [Float]?

    package init(labelSmoothing: Float = 0, classWeights: [Float]? = nil) {
        self.labelSmoothing = labelSmoothing
        self.classWeights = classWeights
    }
}

/// A network that can be trained and asked.
package struct Model: Sendable {
    package let configuration: ModelConfiguration
    private let network: any Network

    /// The registered network of this configuration. Throws a `Failure` if the name is unknown or the pictures do not fit.
    package init(_ configuration: ModelConfiguration) throws {
        self.configuration = configuration
        network = try Registry.architecture(configuration.architecture).make(configuration)
        _ = try inferenceGraph(batch: 1)
    }

    /// The layer that tells the classes apart: its weights are `head.weight`.
    package var head: Scope { network.head }

    /// Input `x` (batch, C, H, W); outputs `logits` and `probabilities` (batch, classes).
    package func inferenceGraph(batch: Int) throws -> Graph {
        let builder = GraphBuilder(mode: .inference)
        let logits = forward(builder, batch: batch)
        builder.output("logits", logits)
        builder.output("probabilities", logits.softmax())
        return try builder.finish()
    }

    /// Inputs `x` (batch, C, H, W), `targets` (batch, classes), `sampleWeights` (batch) and, where the network drops,
    /// `random` (2); outputs `loss` (), `probabilities` (batch, classes).
    package func trainingGraph(batch: Int, loss configuration: LossConfiguration) throws -> Graph {
        let builder = GraphBuilder(mode: .training)
        let logits = forward(builder, batch: batch)
        let loss = builder.apply(
            SoftmaxCrossEntropy(
                labelSmoothing: configuration.labelSmoothing, classWeights: configuration.classWeights),
            [
                logits, builder.input("targets", [batch, self.configuration.classCount]),
                builder.input("sampleWeights", [batch]),
            ], scope: .root / "loss")
        builder.output("loss", loss[0])
        builder.output("probabilities", loss[1])
        return try builder.finish()
    }

    private func forward(_ builder: GraphBuilder, batch: Int) -> Value {
        let x = builder.input(
            "x", [batch, configuration.channels, configuration.height, configuration.width])
        return network.classifier(network.features(x))
    }
}
