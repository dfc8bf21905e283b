// The card of a model that was just trained: what it was trained on and how, the scores of the best epoch measured anew
// with the plan that serves, and a few outputs to check other machines against.

import FoveaCollecting
import FoveaCompiler
import FoveaEvaluating
import FoveaMeasures
import FoveaModelFiles
import FoveaPictures
import FoveaRunning
import FoveaTensorCore
import FoveaTraining
import Foundation

/// Everything a card is made from.
struct TrainedCard {
    let task: TrainingTask
    let data: DataSet
    let training: HashingSource
    let validation: HashingSource
    let result: TrainingResult

    /// The card. Measures the validation split, unless no epoch was completed.
    func card(library: any KernelLibrary) throws -> ModelCard {
        var card = ModelCard(
            architecture: task.model.configuration, classes: task.classes, preprocessing: task.preprocessing,
            precision: task.configuration.precision.rawValue, training: try trainingRecord(library), data: dataRecord(),
            program: ProgramVersion.name)
        let loaded = try LoadedModel(ModelFile(card: card, tensors: result.tensors), name: "the trained network")
        if result.hasLearned {
            var options = EvaluationOptions()
            options.batchSize = min(task.configuration.batchSize, validation.entries.count)
            options.loaderThreads = task.loaderThreads
            let measured = try Evaluation.run(
                loaded, on: validation, classes: data.classes, library: library, options: options)
            card.scores = [ScoreRecord(split: Split.validation.rawValue, measured.scores)]
        }
        card.probe = try Probe.answered(by: loaded, library: library)
        return card
    }

    private func trainingRecord(_ library: any KernelLibrary) throws -> TrainingRecord {
        TrainingRecord(
            recipe: try recipe(), epochs: result.history.count, bestEpoch: result.bestEpoch,
            seed: task.configuration.seed, threads: library.threadCount, program: ProgramVersion.name,
            seconds: result.seconds, history: try json(history))
    }

    /// The epochs; a head that was fitted is the one before the first.
    private var history: [EpochReport] {
        (result.head.map { [$0.asEpoch] } ?? []) + result.history
    }

    /// The configuration of the run, and what it started from.
    private func recipe() throws -> JSONValue {
        let configuration = try json(task.configuration)
        guard let start = task.start, case .object(var members) = configuration else { return configuration }
        members["start"] = .object([
            "origin": .string(start.origin), "licence": start.licence.map(JSONValue.string) ?? .null,
        ])
        return .object(members)
    }

    private func json(_ value: some Encodable) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
    }

    /// Names of classes and hashes of pictures; the test split stays closed.
    private func dataRecord() -> DataRecord {
        let hashes = training.allHashes().compactMap { $0 }
        let others = validation.allHashes().compactMap { $0 }
        var bytes: [UInt8] = []
        for name in data.classes { bytes += Array(name.utf8) + [0] }
        for group in [hashes, others] {
            for hash in group.sorted() { withUnsafeBytes(of: hash.bigEndian) { bytes += Array($0) } }
            bytes.append(0)
        }
        var counts = [
            Split.training.rawValue: training.entries.count, Split.validation.rawValue: validation.entries.count,
        ]
        if let test = data.splits[.test], (test as? DeferredSource)?.isOpened ?? true {
            counts[Split.test.rawValue] = test.entries.count
        }
        return DataRecord(
            name: data.name, fingerprint: ContentHash(.encoded(bytes)).hexadecimal, counts: counts,
            trainingPictures: PictureHashes(hashes))
    }
}

extension Probe {
    /// Inputs of a probe.
    private static let count = 2

    /// A probe with the answers of the plan that serves.
    package static func answered(by loaded: LoadedModel, library: any KernelLibrary) throws -> Probe {
        let seed: UInt64 = 0
        let model = loaded.model.configuration
        let outputs = try library.perform {
            let runner = try loaded.runner(batchSize: 1, library: library)
            return try (0..<count).map { index in
                let input = Probe.input(seed: seed, index: index, for: model)
                return try input.elements.withUnsafeBufferPointer { Array(try runner.run($0, count: 1)) }
            }
        }
        return Probe(seed: seed, outputs: outputs)
    }
}

extension ScoreRecord {
    /// What a card keeps of the scores of a split.
    package init(split: String, _ scores: Scores) {
        self.init(
            split: split, count: scores.count, accuracy: scores.accuracy, lower: scores.interval.lower,
            upper: scores.interval.upper, top5: scores.top5, loss: scores.loss, macroF1: scores.macro.f1,
            calibrationError: scores.calibrationError)
    }
}
