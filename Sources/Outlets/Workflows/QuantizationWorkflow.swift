// From a model file in floats to one in eight bits: ranges from training pictures, then as few layers left in higher precision
// as the accuracy on the validation split allows. Never measures on the test split, and writes the file whole or not at all.

import FoveaCollecting
import FoveaCompiler
import FoveaEvaluating
import FoveaModelFiles
import FoveaRunning
import FoveaTensorCore

/// What a person asks for.
package struct QuantizationRequest: Sendable {
    /// The model file in floats, and the one to write.
    package var model: String
    package var output: String
    /// The data set that the model was trained on.
    package var data: String
    /// Training pictures that ranges are measured on.
    package var pictures = 256
    /// Where values are cut off.
    package var rule = RangeRule.leastSquares
    /// Threads that load pictures; nil for one a core.
    package var loaderThreads: Int?
    /// How data is opened.
    package var collecting = CollectingOptions()

    package init(model: String, data: String, output: String) {
        self.model = model
        self.data = data
        self.output = output
    }
}

/// What a quantisation tells while it works.
package enum QuantizationNotice: Sendable {
    /// Something a person should know of the data.
    case note(String)
    case calibrating(pictures: Int)
    /// A choice of layers was measured.
    case measured(QuantizationOutcome.Choice)
    /// So many of the layers were looked at for their sensitivity.
    case looked(Int, of: Int)
}

/// What a quantisation leaves behind.
package struct QuantizationOutcome: Sendable {
    /// Layers that were not quantised, and what that gave.
    package struct Choice: Sendable {
        package let kept: [String]
        package let accuracy: Double
        package let loss: Double
    }

    /// Accuracy lost beyond this is worth a warning.
    package static let tolerance = 0.005

    /// The model file that was written.
    package let path: String
    /// Its card.
    package let card: ModelCard
    /// Layers that compute in eight bits.
    package let layers: Int
    /// The validation split before and after.
    package let before: EvaluationResult
    package let after: EvaluationResult
    /// Every choice that was measured, the one taken among them.
    package let choices: [Choice]

    /// Accuracy lost, 0...1; below 0 if it rose.
    package var lost: Double { before.scores.accuracy - after.scores.accuracy }

    /// A sentence if too much was lost.
    package var warning: String? {
        Self.warning(before: before.scores.accuracy, after: after.scores.accuracy, count: after.scores.count)
    }

    package static func warning(before: Double, after: Double, count: Int) -> String? {
        func points(_ part: Double) -> Double { (part * 10000).rounded() / 100 }
        // As it would be printed, so that a loss of exactly the tolerance is none.
        guard points(before - after) > points(tolerance) else { return nil }
        return
            "\(points(before - after)) points of accuracy were lost to quantisation, more than \(points(tolerance)), on "
            + "\(count) validation pictures. Keep the model in floats, or try another --ranges."
    }
}

/// Quantises and saves.
package enum QuantizationWorkflow {
    /// Nothing more is tried once so little accuracy is lost, 0...1.
    private static let enough = 0.001
    /// How many of the most sensitive layers are kept, one try after the other.
    private static let tries = [1, 2, 4, 8]

    /// Quantises and waits. Throws a `Failure` if nothing was saved.
    package static func run(
        _ request: QuantizationRequest, library: any KernelLibrary,
        tell: @escaping (QuantizationNotice) -> Void
    ) throws -> QuantizationOutcome {
        let loaded = try LoadedModel(path: request.model)
        try loaded.requireFloatWeights(for: "quantisation")
        try FileReplacement.check(request.output)
        let data = try DataSet.open(request.data, options: request.collecting)
        for note in data.notes { tell(.note(note)) }
        guard let training = data.splits[.training], let validation = data.splits[.validation] else {
            throw Failure(
                .data,
                "\(data.name): quantisation needs training pictures for ranges and validation pictures to measure on",
                advice: "Give the data set that the model was trained on.")
        }
        var options = EvaluationOptions()
        options.loaderThreads = request.loaderThreads
        func measure(_ model: LoadedModel) throws -> EvaluationResult {
            try Evaluation.run(model, on: validation, classes: data.classes, library: library, options: options)
        }
        let before = try measure(loaded)
        let pictures = try CalibrationPictures(
            training, classes: data.classes, count: request.pictures, for: loaded, loaderThreads: request.loaderThreads)
        tell(.calibrating(pictures: pictures.count))
        let candidate = try QuantizedCandidate(
            loaded, Calibration(loaded, pictures, library: library), rule: request.rule, pictures: pictures.count,
            others: library.fastestPrecision)
        var search = Search(candidate: candidate, before: before.scores.accuracy, measure: measure, tell: tell)
        try search.run(pictures, library: library, enough: enough, tries: tries)
        guard let best = search.best else { preconditionFailure("something was measured") }
        var file = candidate.file(keeping: best.kept)
        file.card.scores = [ScoreRecord(split: Split.validation.rawValue, best.result.scores)]
        file.card.quantization?.before = ScoreRecord(split: Split.validation.rawValue, before.scores)
        file.card.probe = try Probe.answered(by: LoadedModel(file, name: request.output), library: library)
        try file.save(to: request.output)
        return QuantizationOutcome(
            path: request.output, card: file.card, layers: file.steps.count, before: before, after: best.result,
            choices: search.choices)
    }

    /// The search for layers to keep.
    private struct Search {
        let candidate: QuantizedCandidate
        /// The accuracy to come near.
        let before: Double
        let measure: (LoadedModel) throws -> EvaluationResult
        let tell: (QuantizationNotice) -> Void
        var choices: [QuantizationOutcome.Choice] = []
        var best: (kept: Set<String>, result: EvaluationResult)?

        /// The last layer is always kept: it is a thousandth of the work and decides directly. Then the first one, which sees
        /// pixels instead of features, and then those that change answers most, each only if accuracy asks for it.
        mutating func run(
            _ pictures: CalibrationPictures, library: any KernelLibrary, enough: Double, tries: [Int]
        ) throws {
            let names = candidate.layers.map(\.name)
            guard names.count > 1 else {
                throw Failure(.model, "a network of \(names.count) layers is too small to be quantised")
            }
            var kept: Set<String> = [names[names.count - 1]]
            if try tryKeeping(kept) <= enough { return }
            guard names.count > 2 else { return }
            kept.insert(names[0])
            if try tryKeeping(kept) <= enough { return }
            let tell = tell
            let sensitive = try candidate.sensitivity(keeping: kept, pictures, library: library) {
                tell(.looked($0, of: $1))
            }
            for count in tries where count < sensitive.count {
                if try tryKeeping(kept.union(sensitive.prefix(count).map(\.name))) <= enough { return }
            }
        }

        /// Measures a choice and returns the accuracy it lost.
        private mutating func tryKeeping(_ kept: Set<String>) throws -> Double {
            let result = try measure(LoadedModel(candidate.file(keeping: kept), name: "the quantised network"))
            let choice = QuantizationOutcome.Choice(
                kept: candidate.layers.map(\.name).filter(kept.contains), accuracy: result.scores.accuracy,
                loss: result.scores.loss)
            choices.append(choice)
            tell(.measured(choice))
            if best.map({ result.scores.accuracy > $0.result.scores.accuracy }) ?? true { best = (kept, result) }
            return before - result.scores.accuracy
        }
    }
}
