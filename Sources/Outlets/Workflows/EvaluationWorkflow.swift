// Evaluation from a model file and a data set's name to scores: mainly the choice of what to measure on. The test split
// where there is one; of a folder without splits all of it, unless the model was trained on some of it.

import FoveaCollecting
import FoveaCompiler
import FoveaEvaluating
import FoveaRunning
import FoveaTensorCore

/// Measures a model file on a data set.
package enum EvaluationWorkflow {
    /// What was measured, and on what.
    package struct Outcome: Sendable {
        package let result: EvaluationResult
        /// The split, in words.
        package let measured: String
        /// What a person should know of the data.
        package let notes: [String]
    }

    /// The pictures to measure on.
    private struct Choice {
        let data: DataSet
        let source: any Source
        let measured: String
        var notes: [String] = []
    }

    /// Measures and waits. `split` nil: the test split, or what is best without one.
    package static func run(
        _ loaded: LoadedModel, data argument: String, split: Split?, options collecting: CollectingOptions,
        evaluation options: EvaluationOptions, library: any KernelLibrary,
        begun: (_ measured: String, _ count: Int) -> Void
    ) throws -> Outcome {
        let choice = try choose(loaded, argument, split, collecting)
        try choice.source.prepare()
        begun(choice.measured, choice.source.entries.count)
        let result = try Evaluation.run(
            loaded, on: choice.source, classes: choice.data.classes, library: library, options: options)
        return Outcome(result: result, measured: choice.measured, notes: choice.data.notes + choice.notes)
    }

    private static func choose(
        _ loaded: LoadedModel, _ argument: String, _ split: Split?, _ collecting: CollectingOptions
    ) throws -> Choice {
        var undivided = collecting
        undivided.minimumClasses = 1
        undivided.validationPart = 0
        undivided.testPart = 0
        let whole = try DataSet.open(argument, options: undivided)
        var drawing = collecting
        drawing.minimumClasses = 1
        if let split {
            let data =
                whole.splits[split] == nil || split == .training ? try DataSet.open(argument, options: drawing) : whole
            guard let source = data.splits[split] else {
                let found = data.splits.keys.map(\.rawValue).sorted().joined(separator: ", ")
                throw Failure(.data, "\(argument): there is no \(split.rawValue) split", advice: "There is \(found).")
            }
            return Choice(data: data, source: source, measured: "the \(split.rawValue) split")
        }
        if let source = whole.splits[.test] { return Choice(data: whole, source: source, measured: "the test split") }
        if let source = whole.splits[.validation] {
            return Choice(
                data: whole, source: source, measured: "the validation split",
                notes: [
                    "There is no test split. Training chose its best epoch by the validation split, so a model "
                        + "that was trained on this data set scores a little too well here."
                ])
        }
        return try chooseUndivided(loaded, argument, whole, drawing)
    }

    /// A folder without splits: all of it if it is new to the model, else the split that training left out.
    private static func chooseUndivided(
        _ loaded: LoadedModel, _ argument: String, _ whole: DataSet, _ drawing: CollectingOptions
    ) throws -> Choice {
        guard let source = whole.splits[.training] else {
            throw Failure(.data, "\(argument): there is nothing to measure on")
        }
        let hashing = HashingSource(source)
        let known = loaded.card.data?.trainingPictures
        let seen = known.map { known in hashing.allHashes().contains { $0.map(known.contains) == true } } ?? false
        guard seen else { return Choice(data: whole, source: source, measured: "all pictures of the folder") }
        let data = try DataSet.open(argument, options: drawing)
        guard let test = data.splits[.test] else {
            return Choice(data: whole, source: source, measured: "all pictures of the folder")
        }
        return Choice(
            data: data, source: test, measured: "the test split",
            notes: [
                "The model was trained on pictures of this folder, so it is measured on the part that was drawn as "
                    + "its test split and that it has not seen."
            ])
    }
}
