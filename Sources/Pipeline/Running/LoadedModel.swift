// A model file ready to be asked: the network of its card, and its weights in one block of memory. Reading a file into it
// is strict; nothing is computed here.

import FoveaCompiler
import FoveaGraph
import FoveaModelFiles
import FoveaModeling
import FoveaTensorCore

/// A network with trained weights.
package struct LoadedModel: Sendable {
    /// What the weights are.
    package let card: ModelCard
    /// The network.
    package let model: Model
    /// The weights.
    package let store: ParameterStore
    /// Multiply-adds of one picture.
    package let multiplyAdds: Int
    /// The precision that somebody asked for; nil for that of the card. Layers in eight bits stay so.
    package var requestedPrecision: Precision?
    /// The layers that compute in eight bits, and how; nil if there are none.
    package let quantization: NetworkQuantization?
    /// What messages call it.
    package let name: String

    /// Whether the weights are those that were saved; nil if they did not come from a file.
    private let verification: Verification?

    /// The network of a model in memory. `name` is what messages call it.
    /// Throws a `Failure` of kind `.model` if the weights do not fit the network, with the full list of differences.
    package init(_ file: ModelFile, name: String) throws {
        try self.init(file.card, steps: file.steps, name: name) { store in
            try store.load(file.tensors, from: name)
            return nil
        }
    }

    /// Reads a model file. Throws a `Failure` of kind `.model`. The hash of its weights is computed meanwhile and is known
    /// before the first answer: `verify` waits for it, and `runner` calls that.
    package init(path: String) throws {
        let file = try OpenModelFile(path: path)
        try self.init(file.card, steps: file.steps, name: path) { store in
            try store.check(file.contents, from: path)
            return try file.read(keeping: store) { store.slot($0) == nil ? nil : store.elements($0) }
        }
    }

    /// The network of weights from anywhere. `program` is who asks.
    /// Throws a `Failure` of kind `.model` if they have no classifier.
    package init(_ weights: StartingWeights, program: String) throws {
        let card = try weights.usableCard(program: program)
        try card.check(file: weights.name)
        let model = try Model(card.architecture)
        try self.init(card, steps: [:], name: weights.name) { store in
            _ = try WeightFit(weights.weights, into: store, of: model)
            return nil
        }
    }

    private init(
        _ card: ModelCard, steps: [String: [Float]], name: String, fill: (ParameterStore) throws -> Verification?
    ) throws {
        self.card = card
        self.name = name
        quantization = card.quantization.map { NetworkQuantization($0, steps: steps) }
        guard card.output == .softmax else {
            throw Failure(.model, "\(name): gives each class a probability of its own, which is not supported yet")
        }
        do {
            model = try Model(card.architecture)
        } catch let failure as Failure {
            throw Failure(
                .model, "\(name): \(failure.message)",
                advice: "The file was written by a newer Fovea, or was changed.")
        }
        let graph = try model.inferenceGraph(batch: 1)
        multiplyAdds = graph.multiplyAdds
        store = try ParameterStore(
            quantization.map { Compiler.inferenceGraph(graph, quantization: $0).parameters } ?? graph.parameters)
        verification = try fill(store)
    }

    /// Waits until the weights are known to be those that were saved. Throws a `Failure` of kind `.model` if they are not.
    package func verify() throws { try verification?.check() }

    /// Throws a `Failure` of kind `.model` if the weights are steps of eight bits, which `purpose` cannot start from.
    package func requireFloatWeights(for purpose: String) throws {
        guard quantization != nil else { return }
        throw Failure(
            .model, "\(name): its weights are int8, and \(purpose) needs those they were made from",
            advice: "Name the model that was quantised.")
    }

    /// The precision that serves: the one asked for, else the one that was measured if this processor has it, else f32.
    /// Of a quantised network, that of the other layers.
    package func precision(on library: any KernelLibrary) -> Precision {
        if let requestedPrecision { return requestedPrecision }
        return Precision(rawValue: card.quantization?.others ?? card.precision) == library.fastestPrecision
            ? library.fastestPrecision : .f32
    }

    /// The plan that serves. To be called on the library's thread.
    package func runner(batchSize: Int, library: any KernelLibrary) throws -> InferenceRunner {
        let runner = try InferenceRunner(
            model, store: store, batchSize: batchSize, precision: precision(on: library), quantization: quantization,
            library: library)
        try verify()
        return runner
    }
}

extension NetworkQuantization {
    /// What a card and the file's tensors say.
    init(_ record: QuantizationRecord, steps: [String: [Float]]) {
        let suffix = ".weight"
        let filters = steps.filter { $0.key.hasSuffix(suffix) }.map {
            (String($0.key.dropLast(suffix.count)), $0.value)
        }
        let activations = record.activations.map {
            ($0.name, Quantization($0.type == "u8" ? .u8 : .s8, scales: [$0.scale]))
        }
        self.init(
            filters: Dictionary(filters, uniquingKeysWith: { first, _ in first }),
            activations: Dictionary(activations, uniquingKeysWith: { first, _ in first }))
    }
}
