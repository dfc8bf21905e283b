// Training from a data set's name to a model file: choose what nobody set, check what can be checked before hours of work,
// train, measure the best epoch with the plan that serves, and write one file, whole or not at all.

import FoveaCollecting
import FoveaCompiler
import FoveaGraph
import FoveaHub
import FoveaLoading
import FoveaModelFiles
import FoveaModeling
import FoveaPreprocessing
import FoveaTensorCore
import FoveaTraining
import Foundation

/// What a person asks for.
package struct TrainingRequest: Sendable {
    /// A folder or a known name.
    package var data: String
    /// The model file to write.
    package var output: String
    /// Told of weights that are fetched.
    package var fetching: HubProgress?
    /// How trained weights are found for photographs where nobody names a network; nil: they are not looked for.
    package var defaultStart: DefaultStart?
    /// A configuration file.
    package var configurationFile: String?
    /// What was set otherwise; lies over the file.
    package var overrides = TrainingOverrides()
    /// Threads that load pictures; nil for one a core.
    package var loaderThreads: Int?
    /// Whether decoded pictures are kept between epochs.
    package var cache = CacheOptions(mode: .auto)
    /// Pictures that may be broken before the run ends; nil for half of them.
    package var maxBroken: Int?
    /// How data is opened.
    package var collecting = CollectingOptions()

    package init(data: String, output: String) {
        self.data = data
        self.output = output
    }
}

/// What a training tells before and after its epochs.
package enum TrainingNotice: Sendable {
    case opened(DataSet)
    case chosen(Defaults)
    /// Something a person should know.
    case note(String)
    /// The last epoch is over; the best one is measured and written.
    case saving
}

/// What a training leaves behind.
package struct TrainingOutcome: Sendable {
    /// The model file that was written.
    package let path: String
    /// Its card.
    package let card: ModelCard
    /// The run.
    package let result: TrainingResult
}

/// Trains and saves.
package enum TrainingWorkflow {
    /// Trains and waits. `makeLibrary` is asked for kernels with so many threads.
    ///
    /// Whenever an epoch was completed there is a model file afterwards, even if the run was interrupted or its loss
    /// became NaN (then `result.trouble` says so). Before that an interrupted run leaves its weights as they are, but
    /// not over an older file. Throws a `Failure` if nothing was saved.
    package static func run(
        _ request: TrainingRequest, stop: StopSignal, observers: [any TrainingObserver],
        makeLibrary: (Int?) throws -> any KernelLibrary, tell: (TrainingNotice) -> Void
    ) throws -> TrainingOutcome {
        var overrides = try request.overrides.laid(overFile: request.configurationFile)
        try FileReplacement.check(request.output)
        var start = try overrides.startingWeights(fetching: request.fetching) { tell(.note($0)) }
        let mayLook = start == nil && overrides.model == nil && overrides.fromScratch != true
        if !mayLook || request.defaultStart == nil { try check(overrides, start) }
        let data = try DataSet.open(request.data, options: request.collecting)
        tell(.opened(data))
        for note in data.notes { tell(.note(note)) }
        let survey = try Defaults.survey(data)
        var reason: String?
        if mayLook, let search = request.defaultStart, Defaults.arePhotographs(survey, overrides) {
            let pictures = data.splits[.training]?.entries.count ?? 0
            start = try search.weights(pictures: pictures, overrides, fetching: request.fetching) { tell(.note($0)) }
            reason = start.map { _ in "the usual start for \(pictures) photographs" }
            for text in start?.notes ?? [] { tell(.note(text)) }
            overrides.model = start?.configuration.architecture
        }
        try check(overrides, start)
        let library = try makeLibrary(overrides.threads ?? nil)
        let defaults = try Defaults.choose(
            data, overrides, fastest: library.fastestPrecision, start: start, survey: survey, reasonForStart: reason)
        tell(.chosen(defaults))
        guard let training = data.splits[.training], let validation = data.splits[.validation] else {
            throw Failure(
                .data, "\(data.name): there is no validation split, and too few pictures to draw one",
                advice: "Add pictures, or give train and validation folders of your own.")
        }
        let configuration = defaults.configuration
        let model = try Model(
            ModelConfiguration(
                architecture: configuration.model, channels: defaults.preprocessing.channels,
                height: configuration.size, width: configuration.size, classCount: data.classes.count))
        if stop.isSet { throw interrupted }
        let sources = (training: HashingSource(training), validation: HashingSource(validation))
        var task = TrainingTask(
            model: model, classes: data.classes, training: sources.training, validation: sources.validation,
            preprocessing: defaults.preprocessing, configuration: configuration,
            loaderThreads: request.loaderThreads ?? ProcessInfo.processInfo.activeProcessorCount)
        (task.cache, task.maxBroken, task.start) = (request.cache, request.maxBroken, start)
        if let start {
            // Whatever does not fit is said before the first picture is read.
            let trial = try ParameterStore(model.inferenceGraph(batch: 1).parameters)
            let fit = try start.fill(trial, of: model, classes: data.classes)
            for note in fit.notes { tell(.note(note)) }
            // A head that is fitted first begins anew.
            if configuration.fineTuning == .full, let note = fit.unnamedClassifier { tell(.note(note)) }
        }
        let result = try Trainer.run(task, library: library, stop: stop, observers: observers)
        guard result.hasLearned || !FileManager.default.fileExists(atPath: request.output) else {
            throw Failure(
                .interrupted, "interrupted before an epoch was completed",
                advice: "Nothing was written: the older \(request.output) is untouched.")
        }
        tell(.saving)
        let card = try TrainedCard(
            task: task, data: data, training: sources.training, validation: sources.validation, result: result
        ).card(library: library)
        try save(ModelFile(card: card, tensors: result.tensors), to: request.output)
        return TrainingOutcome(path: request.output, card: card, result: result)
    }

    /// Throws a `Failure` of kind `.usage` if weights are wanted that there are none of.
    private static func check(_ overrides: TrainingOverrides, _ start: StartingWeights?) throws {
        guard let way = overrides.fineTuning, start == nil else { return }
        throw Failure(
            .usage, "--fine-tune \(way.rawValue): there are no trained weights to start from",
            advice: "Name some: --model FILE.")
    }

    /// Writes the model file; where that fails, to the folder for temporary files, since hours of work went into it.
    private static func save(_ file: ModelFile, to path: String) throws {
        do {
            try file.save(to: path)
        } catch let failure as Failure {
            let name = path.split(separator: "/").last.map(String.init) ?? "model.fovea"
            let refuge = FileManager.default.temporaryDirectory.path + "/rescued-\(UUID().uuidString.prefix(8))-" + name
            guard (try? file.save(to: refuge)) != nil else { throw failure }
            throw Failure(failure.kind, failure.message, advice: "The model was saved as \(refuge) instead.")
        }
    }

    private static let interrupted = Failure(
        .interrupted, "interrupted before the first step", advice: "Nothing was written.")
}
