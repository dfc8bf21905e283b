// The façade for asking a model: load a file, classify pictures, from any task. The only public way in; what it promises
// is stable, and everything behind it may change.

import FoveaCompiler
import FoveaOneDNNBackend
import FoveaPredicting
import FoveaTensorCore
import FoveaWorkflows
import Foundation

/// What went wrong, where, and what to do; every error of this module is one.
public typealias Failure = FoveaTensorCore.Failure

/// A trained model that classifies pictures. Safe to share between tasks; its work runs on a thread of its own.
///
///     let classifier = try Classifier(contentsOf: "flowers.fovea")
///     for answer in try await classifier.classify(path: "rose.jpg", top: 3) {
///         print(answer.label, answer.probability)
///     }
public final class Classifier: Sendable {
    /// A class and how probable it is.
    public struct Answer: Sendable, Equatable {
        /// The class's name.
        public let label: String
        /// Its index in `classes`.
        public let index: Int
        /// 0...1; over all classes they sum to 1.
        public let probability: Float
    }

    private let predictor: Predictor

    /// Reads a model file, or trained weights as `fovea predict` takes them: a file of safetensors, PyTorch or ONNX, a
    /// folder, or a name on a hub. `threads` compute; nil for one a core.
    /// Throws a `Failure` of kind `.model` that says what is wrong with the file.
    public init(contentsOf path: String, threads: Int? = nil) throws {
        predictor = Predictor(try ModelReference.open(path).model, library: try OneDNNLibrary(threads: threads))
    }

    /// The names of the classes, in the order of their indices.
    public var classes: [String] { predictor.card.classes }

    /// The accuracy that was measured on pictures held back from training, 0...1; nil if nothing was measured.
    public var measuredAccuracy: Double? { predictor.card.scores.first?.accuracy }

    /// The `top` most probable classes of a picture file (JPEG, PNG or WebP), the best first.
    /// Throws a `Failure` of kind `.data` if it cannot be read.
    public func classify(path: String, top: Int = 5) async throws -> [Answer] {
        try await predictor.predict(.file(path), top: top).map(Answer.init)
    }

    /// The same from the bytes of a picture file.
    public func classify(_ encoded: Data, top: Int = 5) async throws -> [Answer] {
        try await predictor.predict(.encoded([UInt8](encoded), name: "the picture"), top: top).map(Answer.init)
    }

    /// The answers for many files, in their order, as they become known: batches are computed while the next ones load.
    /// A file that cannot be read has a `Failure` in its place.
    public func classify(
        paths: [String], top: Int = 5
    ) -> AsyncThrowingStream<(path: String, answers: Result<[Answer], Failure>), any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    try await predictor.predict(paths.map(PictureInput.file), top: top) { index, result in
                        let answers = result.map { $0.map(Answer.init) }
                        if case .terminated = continuation.yield((paths[index], answers)) { return false }
                        return true
                    }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}

extension Classifier.Answer {
    init(_ prediction: Prediction) {
        self.init(label: prediction.class, index: prediction.index, probability: prediction.probability)
    }
}
