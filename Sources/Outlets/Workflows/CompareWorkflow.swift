// Several networks on one data set, so that a person can choose: each is fine-tuned the same way, its head alone unless told
// otherwise, measured on the validation split with the plan that serves, and timed. Nothing is kept of the trained files.

import FoveaCompiler
import FoveaModelFiles
import FoveaRunning
import FoveaTensorCore
import FoveaTraining
import Foundation

/// What is compared.
package struct ComparisonRequest: Sendable {
    /// Whatever `train --model` takes.
    package var models: [String]
    /// How each is trained; its `output` is not written.
    package var training: TrainingRequest
    /// Seconds that each network's speed is measured for.
    package var seconds = 1.0

    package init(models: [String], training: TrainingRequest) {
        self.models = models
        self.training = training
    }
}

/// What came of one network. Its numbers are absent where it could not be trained.
package struct ComparisonRow: Sendable, Codable, Equatable {
    /// As it was named.
    package let model: String
    /// The registered network.
    package var network: String?
    /// Rows and columns that it sees.
    package var size: Int?
    /// 0...1, and the 95 % interval, on the validation split.
    package var accuracy: Double?
    package var lower: Double?
    package var upper: Double?
    /// Pictures measured.
    package var count: Int?
    /// Answers a second for pictures in memory, all cores.
    package var picturesPerSecond: Double?
    /// Bytes of the model file.
    package var bytes: Int?
    /// Seconds from opening the data to the written file.
    package var seconds: Double?
    /// Why there is nothing else.
    package var error: String?

    init(_ model: String) { self.model = model }
}

/// All rows, best first.
package struct Comparison: Sendable, Codable {
    package var schema = 1
    package let fineTuning: String
    package let models: [ComparisonRow]
}

/// Compares.
package enum CompareWorkflow {
    /// Trains and measures every model in turn. One that fails is told in its row, and the next is tried; wrong data ends all.
    package static func run(
        _ request: ComparisonRequest, stop: StopSignal, observers: [any TrainingObserver],
        makeLibrary: (Int?) throws -> any KernelLibrary, begun: (String) -> Void, tell: (TrainingNotice) -> Void
    ) throws -> Comparison {
        let folder = FileManager.default.temporaryDirectory.appending(path: "comparison-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var rows: [ComparisonRow] = []
        for (number, model) in request.models.enumerated() {
            begun("\(model) (\(number + 1) of \(request.models.count))")
            var training = request.training
            training.overrides.model = model
            training.output = folder.appending(path: "\(number).fovea").path
            let start = ContinuousClock.now
            do {
                let outcome = try TrainingWorkflow.run(
                    training, stop: stop, observers: observers, makeLibrary: makeLibrary, tell: tell)
                let seconds = (ContinuousClock.now - start).seconds
                rows.append(
                    try row(
                        model, outcome, seconds: seconds, speedSeconds: request.seconds,
                        library: makeLibrary(training.overrides.threads ?? nil)))
            } catch let failure as Failure where failure.kind != .data && failure.kind != .interrupted {
                var row = ComparisonRow(model)
                row.error = failure.message
                rows.append(row)
            }
            if stop.isSet { break }
        }
        return Comparison(
            fineTuning: (request.training.overrides.fineTuning ?? .head).rawValue,
            models: rows.sorted { ($0.accuracy ?? -1) > ($1.accuracy ?? -1) })
    }

    private static func row(
        _ model: String, _ outcome: TrainingOutcome, seconds: Double, speedSeconds: Double, library: any KernelLibrary
    ) throws -> ComparisonRow {
        let loaded = try LoadedModel(path: outcome.path)
        var row = ComparisonRow(model)
        row.network = outcome.card.architecture.architecture
        row.size = outcome.card.architecture.height
        if let score = outcome.card.scores.first {
            (row.accuracy, row.lower, row.upper, row.count) = (score.accuracy, score.lower, score.upper, score.count)
        }
        row.picturesPerSecond = try library.perform {
            let runner = try loaded.runner(batchSize: loaded.usualBatchSize, library: library)
            _ = try runner.run(count: runner.batchSize)
            var times: [Double] = []
            repeat {
                let start = ContinuousClock.now
                _ = try runner.run(count: runner.batchSize)
                times.append((ContinuousClock.now - start).seconds)
            } while times.reduce(0, +) < speedSeconds || times.count < 3
            return Double(runner.batchSize) / times.sorted()[times.count / 2]
        }
        row.bytes = (try FileManager.default.attributesOfItem(atPath: outcome.path)[.size] as? NSNumber)?.intValue
        row.seconds = seconds
        return row
    }
}
