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
    /// The precision that somebody asked for; nil for that of the card.
    package var requestedPrecision: Precision?

    /// Whether the weights are those that were saved; nil if they did not come from a file.
    private let verification: Verification?

    /// The network of a model in memory. `name` is what messages call it.
    /// Throws a `Failure` of kind `.model` if the weights do not fit the network, with the full list of differences.
    package init(_ file: ModelFile, name: String) throws {
        try self.init(file.card, name: name) { store in
            try store.load(file.tensors, from: name)
            return nil
        }
    }

    /// Reads a model file. Throws a `Failure` of kind `.model`. The hash of its weights is computed meanwhile and is known
    /// before the first answer: `verify` waits for it, and `runner` calls that.
    package init(path: String) throws {
        let file = try OpenModelFile(path: path)
        try self.init(file.card, name: path) { store in
            try store.check(file.contents, from: path)
            return try file.read(keeping: store) { store.slot($0) == nil ? nil : store.elements($0) }
        }
    }

    private init(_ card: ModelCard, name: String, fill: (ParameterStore) throws -> Verification?) throws {
        self.card = card
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
        store = try ParameterStore(graph.parameters)
        verification = try fill(store)
    }

    /// Waits until the weights are known to be those that were saved. Throws a `Failure` of kind `.model` if they are not.
    package func verify() throws { try verification?.check() }

    /// The precision that serves: the one asked for, else the one that was measured if this processor has it, else f32.
    package func precision(on library: any KernelLibrary) -> Precision {
        if let requestedPrecision { return requestedPrecision }
        return Precision(rawValue: card.precision) == library.fastestPrecision ? library.fastestPrecision : .f32
    }

    /// The plan that serves. To be called on the library's thread.
    package func runner(batchSize: Int, library: any KernelLibrary) throws -> InferenceRunner {
        let runner = try InferenceRunner(
            model, store: store, batchSize: batchSize, precision: precision(on: library), library: library)
        try verify()
        return runner
    }

    /// Pictures a batch when many are asked: enough to keep the kernels busy, small enough to stay in cache.
    package var usualBatchSize: Int { max(card.architecture.height, card.architecture.width) <= 64 ? 128 : 32 }
}
