// Measures a model on the pictures of a source: the same loop, plan and preprocessing as prediction. Counts what it could
// not read and what the model has seen in training; refuses to measure nothing.

import FoveaCollecting
import FoveaCompiler
import FoveaLoading
import FoveaMeasures
import FoveaModelFiles
import FoveaRunning
import FoveaTensorCore
import Foundation

/// What an evaluation ends with.
package struct EvaluationResult: Sendable {
    /// Everything measured.
    package let scores: Scores
    /// Pictures that could not be read; they are in no score.
    package let failures: [PictureFailure]
    /// How many of the pictures the model was trained on; nil if its card does not say.
    package let seenInTraining: Int?
    /// What a person should know, one sentence each.
    package let notes: [String]
    /// Wall-clock time of loading and computing.
    package let seconds: Double

    package init(
        scores: Scores, failures: [PictureFailure], seenInTraining: Int?, notes: [String], seconds: Double
    ) {
        (self.scores, self.failures, self.seenInTraining) = (scores, failures, seenInTraining)
        (self.notes, self.seconds) = (notes, seconds)
    }
}

/// How an evaluation is run.
package struct EvaluationOptions: Sendable {
    /// Pictures a batch; nil for what suits the network.
    package var batchSize: Int?
    /// Threads that load pictures; nil for one a core.
    package var loaderThreads: Int?
    /// Told how many pictures are done; called on the engine thread after every batch.
    package var progress: (@Sendable (Int) -> Void)?

    package init() {}
}

/// Measures models.
package enum Evaluation {
    /// Measures a model on a source whose labels index `classes`; the classes are matched by name.
    ///
    /// Waits for the end. Throws a `Failure` of kind `.data` if the model lacks a class or no picture can be read.
    package static func run(
        _ loaded: LoadedModel, on source: any Source, classes: [String], library: any KernelLibrary,
        options: EvaluationOptions = EvaluationOptions()
    ) throws -> EvaluationResult {
        let start = ContinuousClock.now
        let card = loaded.card
        let hashing = HashingSource(try RelabelledSource(source, classes: classes, known: card.classes))
        let entries = hashing.entries
        guard !entries.isEmpty else { throw Failure(.data, "the split holds no picture") }
        let measurement = try library.perform {
            let batchSize = min(entries.count, options.batchSize ?? loaded.usualBatchSize)
            let runner = try loaded.runner(batchSize: batchSize, library: library)
            let loader = try BatchLoader(
                source: hashing, classCount: card.classes.count, batchSize: batchSize,
                preprocessing: card.preprocessing,
                threads: options.loaderThreads ?? ProcessInfo.processInfo.activeProcessorCount)
            return try runner.measure(loader, entries: entries, classes: card.classes) { done in
                options.progress?(done)
                return true
            }
        }
        guard let measurement else { preconditionFailure("nobody ended the measurement") }
        if measurement.measures.count == 0, measurement.measures.notFinite == 0,
            let first = measurement.failures.first
        {
            throw Failure(
                .data, "none of \(entries.count) pictures can be read; the first is \(first.name): \(first.reason)")
        }
        let scores = try measurement.measures.summary()
        let seen = card.data.map { data in
            hashing.allHashes().reduce(0) { $0 + ($1.map(data.trainingPictures.contains) == true ? 1 : 0) }
        }
        return EvaluationResult(
            scores: scores, failures: measurement.failures, seenInTraining: seen,
            notes: notes(scores, measurement.failures, seen, of: entries.count),
            seconds: Double((ContinuousClock.now - start) / .nanoseconds(1)) * 1e-9)
    }

    private static func notes(
        _ scores: Scores, _ failures: [PictureFailure], _ seen: Int?, of count: Int
    ) -> [String] {
        var notes: [String] = []
        let empty = scores.classes.filter { $0.support == 0 }.map(\.name.printable)
        if !empty.isEmpty {
            let more = empty.count > 10 ? " and \(empty.count - 10) more" : ""
            notes.append(
                "\(empty.count == 1 ? "A class of the model has" : "\(empty.count) classes of the model have") no "
                    + "picture here: \(empty.prefix(10).joined(separator: ", "))\(more).")
        }
        if !failures.isEmpty {
            notes.append(
                "\(failures.count) of \(count) pictures could not be read\(failures.causes) and are in no score; the first is "
                    + "\(failures[0].name.printable): \(failures[0].reason)")
        }
        if let seen, seen > 0 {
            notes.append(
                "\(seen) of \(count) pictures were in the model's training: the scores are better than they would be "
                    + "on new pictures.")
        }
        return notes
    }
}
