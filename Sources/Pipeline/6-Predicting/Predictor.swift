// A trained model that answers: pictures in, classes with probabilities out, from any task and without blocking it.
// Preprocessing, plan and loop are those the model was measured with. One picture at a time has a plan of its own.

import FoveaCollecting
import FoveaCompiler
import FoveaLoading
import FoveaModelFiles
import FoveaPictures
import FoveaPreprocessing
import FoveaRunning
import FoveaTensorCore
import Foundation

/// A model on a kernel library.
package final class Predictor: Sendable {
    /// What the model is.
    package let card: ModelCard
    private let loaded: LoadedModel
    private let library: any KernelLibrary
    private let plans: Plans

    /// The plans compiled so far, by batch size, and the memory for one picture.
    private final class Plans: @unchecked Sendable {
        // @unchecked: used on the library's thread only.
        private var runners: [Int: InferenceRunner] = [:]
        let scratch = PreprocessingScratch()

        func runner(batchSize: Int, _ loaded: LoadedModel, _ library: any KernelLibrary) throws -> InferenceRunner {
            if let known = runners[batchSize] { return known }
            let made = try loaded.runner(batchSize: batchSize, library: library)
            runners[batchSize] = made
            return made
        }
    }

    /// A predictor for a loaded model. Plans are compiled when they are first needed.
    package init(_ loaded: LoadedModel, library: any KernelLibrary) {
        card = loaded.card
        self.loaded = loaded
        self.library = library
        plans = Plans()
    }

    /// A predictor for a model file. Throws a `Failure` of kind `.model` if it cannot be used.
    package convenience init(path: String, library: any KernelLibrary) throws {
        self.init(try LoadedModel(path: path), library: library)
    }

    /// The `top` most probable classes of one picture. Throws a `Failure` that says why it cannot be read.
    package func predict(_ input: PictureInput, top: Int = 5) async throws -> [Prediction] {
        let content = try PictureList([input]).content(at: 0)
        let (loaded, library, plans) = (loaded, library, plans)
        return try await library.perform {
            let runner = try plans.runner(batchSize: 1, loaded, library)
            guard let pixels = runner.pixels.baseAddress else { return [] }
            let preprocessing = loaded.card.preprocessing
            switch content {
            case .raw(let picture): preprocessing.apply(picture, into: pixels, scratch: plans.scratch)
            case .encoded(let bytes):
                try preprocessing.apply(encoded: bytes, into: pixels, scratch: plans.scratch)
            }
            return try Self.answer(try runner.run(count: 1), loaded.card, top)
        }
    }

    /// Classifies many pictures in batches, while other threads load the next ones.
    ///
    /// `each` is called on the library's thread, in the order of `inputs`, with the answer or what is wrong with the
    /// picture; returning false ends the work. Throws if the network itself fails.
    package func predict(
        _ inputs: [PictureInput], top: Int = 5, batchSize: Int? = nil, loaderThreads: Int? = nil,
        each: @escaping @Sendable (Int, Result<[Prediction], Failure>) -> Bool
    ) async throws {
        guard !inputs.isEmpty else { return }
        let (loaded, library, plans) = (loaded, library, plans)
        try await library.perform {
            // One picture needs no rule, which would build a graph.
            let most = inputs.count == 1 ? 1 : batchSize ?? loaded.usualBatchSize
            let runner = try plans.runner(batchSize: min(inputs.count, most), loaded, library)
            let loader = try BatchLoader(
                source: PictureList(inputs), classCount: loaded.card.classes.count, batchSize: runner.batchSize,
                preprocessing: loaded.card.preprocessing,
                threads: loaderThreads ?? ProcessInfo.processInfo.activeProcessorCount)
            let batch = try loader.batch(at: runner.pixels)
            loader.startInOrder()
            while loader.next(into: batch) {
                guard try Self.answer(batch, runner, loaded.card, top, each) else { return loader.stop() }
            }
        }
    }

    /// Hands on the answers of one batch; false if the receiver has heard enough.
    private static func answer(
        _ batch: Batch, _ runner: InferenceRunner, _ card: ModelCard, _ top: Int,
        _ each: (Int, Result<[Prediction], Failure>) -> Bool
    ) throws -> Bool {
        let probabilities = try runner.run(count: batch.count)
        var failures = batch.failures.makeIterator()
        for (row, index) in batch.indices.enumerated() {
            let result: Result<[Prediction], Failure>
            if batch.sampleWeights[row] == 0 {
                result = .failure(Failure(.data, failures.next()?.reason ?? "the picture cannot be read"))
            } else {
                let own = row * runner.classCount..<(row + 1) * runner.classCount
                result = .success(try answer(UnsafeBufferPointer(rebasing: probabilities[own]), card, top))
            }
            guard each(index, result) else { return false }
        }
        return true
    }

    private static func answer(
        _ probabilities: UnsafeBufferPointer<Float>, _ card: ModelCard, _ top: Int
    ) throws -> [Prediction] {
        guard probabilities.allSatisfy(\.isFinite) else {
            throw Failure(
                .model, "the network's output is not a number",
                advice: "Its weights have diverged: train again with a smaller --lr.")
        }
        return Prediction.top(top, of: probabilities, classes: card.classes)
    }
}
