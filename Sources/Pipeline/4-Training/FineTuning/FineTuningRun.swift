// Fine-tuning: from trained weights to a network for other classes, in one of three ways. Decides nothing about rates and
// epochs; it prepares the weights that the epochs start from, or replaces the epochs by a fit of the head.

import FoveaCollecting
import FoveaCompiler
import FoveaGraph
import FoveaLoading
import FoveaModeling
import FoveaTensorCore

/// How much of a network that starts from trained weights is trained.
package enum FineTuning: String, Codable, Sendable, CaseIterable {
    /// The last layer alone, on features that the backbone computes once.
    case head
    /// The last layer first, then everything.
    case staged
    /// Everything, from the first step on.
    case full
}

/// One fine-tuning. Lives on the engine thread.
struct FineTuningRun {
    let task: TrainingTask
    let way: FineTuning
    let library: any KernelLibrary
    let stop: StopSignal
    let observers: [any TrainingObserver]
    private let clock = ContinuousClock()

    init(
        _ task: TrainingTask, _ way: FineTuning, library: any KernelLibrary, stop: StopSignal,
        observers: [any TrainingObserver]
    ) {
        (self.task, self.way, self.library, self.stop, self.observers) = (task, way, library, stop, observers)
    }

    func train() throws -> TrainingResult {
        let start = clock.now
        let store = try ParameterStore(try task.model.inferenceGraph(batch: 1).parameters)
        try begin(store)
        if way != .head, task.configuration.norms == .batch, try NormEstimation.isNeeded(task.model, store: store) {
            let looked = try NormEstimation.run(
                task.model, store: store, on: task.training, preprocessing: task.preprocessing,
                loaderThreads: task.loaderThreads, seed: task.configuration.seed, library: library,
                goesOn: { !stop.isSet })
            tell(.normsMeasured(looked))
        }
        var fit: (report: HeadReport, failures: [PictureFailure])?
        if way != .full { fit = try fitHead(store) }
        guard way != .head, !stop.isSet || fit == nil else {
            return TrainingResult(
                tensors: store.savedTensors(), history: [], head: fit?.report, bestEpoch: 0,
                reason: stop.isSet ? .interrupted : .finished, failures: fit?.failures ?? [],
                seconds: (clock.now - start).seconds, trouble: nil)
        }
        var task = task
        task.tensors = store.savedTensors()
        return try TrainingRun(task, head: fit?.report, library: library, stop: stop, observers: observers).train()
    }

    /// First values, and the weights to start from over them.
    private func begin(_ store: ParameterStore) throws {
        store.initialize(seed: task.configuration.seed)
        try task.start?.fill(store, of: task.model, classes: task.classes)
    }

    /// Runs the backbone over all pictures and fits the head in `store`.
    private func fitHead(_ store: ParameterStore) throws -> (report: HeadReport, failures: [PictureFailure]) {
        let settings = FeatureSettings(
            preprocessing: task.preprocessing, precision: task.configuration.precision,
            loaderThreads: task.loaderThreads)
        let all = task.training.entries.count + task.validation.entries.count
        var caches: [FeatureCache] = []
        var done = 0
        for source in [task.training, task.validation] {
            let before = done
            guard
                let cache = try FeatureCache.compute(
                    task.model, store: store, on: source, settings, library: library,
                    goesOn: {
                        done = before + $0
                        tell(.backbone(done: done, of: all))
                        return !stop.isSet
                    })
            else { throw Self.interrupted }
            caches.append(cache)
        }
        let failures = caches.flatMap(\.failures)
        try task.check(failures)
        if way == .head { for failure in failures { tell(.picture(failure)) } }
        // The decay is what keeps a head from confidence; smoothing beside it cost two points on photographs.
        var report = try HeadFit.run(
            task.model, store: store, training: caches[0], validation: caches[1], loss: LossConfiguration(),
            library: library, tell: tell, goesOn: { !stop.isSet })
        if report != nil, try task.model.headForm == .averaged(isRectified: true) {
            report = try HeadLift.run(
                task.model, store: store, on: task.validation, settings, library: library, report: report,
                goesOn: { !stop.isSet })
        }
        guard let report else { throw Self.interrupted }
        tell(.head(report))
        return (report, failures)
    }

    private func tell(_ event: TrainingEvent) {
        for observer in observers { observer.receive(event) }
    }

    private static let interrupted = Failure(
        .interrupted, "interrupted before a head was fitted", advice: "Nothing was written.")
}

extension TrainingTask {
    /// Throws a `Failure` of kind `.data` if more pictures cannot be read than may be.
    func check(_ failures: [PictureFailure]) throws {
        let all = training.entries.count + validation.entries.count
        guard let first = failures.first, failures.count > maxBroken ?? all / 2 else { return }
        let limit = maxBroken.map { ", and --max-broken is \($0)" } ?? ""
        throw Failure(
            .data,
            "\(failures.count) of \(all) pictures cannot be read\(limit); the first is \(first.name): \(first.reason)",
            advice: "Mend or remove them, or allow more with --max-broken.")
    }
}
