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
        do {
            _ = try inferenceGraph(batch: 1)
        } catch let failure as Failure {
            guard let least = Self.leastSize(configuration) else { throw failure }
            throw Failure(
                failure.kind,
                "\(configuration.architecture) cannot see pictures of \(configuration.height) x \(configuration.width): "
                    + failure.message,
                advice: "Use --size \(least) or more, or another --model.")
        }
    }

    /// Rows and columns from which on the network has something left to look at in the end; nil if that is not what fails.
    private static func leastSize(_ configuration: ModelConfiguration) -> Int? {
        let first = min(configuration.height, configuration.width) + 1
        return (first..<max(first, 513)).first { size in
            var larger = configuration
            (larger.height, larger.width) = (size, size)
            guard let architecture = try? Registry.architecture(configuration.architecture) else { return false }
            let builder = GraphBuilder(mode: .inference)
            let network = architecture.make(larger)
            _ = network.classifier(network.features(builder.input("x", [1, larger.channels, size, size])))
            return (try? builder.finish()) != nil
        }
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
