// One run: its plans, its memory and the loop over epochs. Lives on the engine thread from beginning to end.

import FoveaCollecting
import FoveaCompiler
import FoveaGraph
import FoveaLoading
import FoveaModeling
import FoveaOperators
import FoveaRunning
import FoveaTensorCore

/// The state of a run.
final class TrainingRun {
    let task: TrainingTask
    let stop: StopSignal
    let observers: [any TrainingObserver]
    let store: ParameterStore
    let plan: Plan
    let runner: InferenceRunner
    let loader: BatchLoader
    /// Its pictures are the plan's input.
    let batch: Batch
    let validationLoader: BatchLoader
    let schedule: Schedule
    let stepsPerEpoch: Int
    let batchSize: Int
    var history: [EpochReport] = []
    /// Pictures that could not be read, in the order in which they were met, each once.
    var failures: [PictureFailure] = []
    var failedNames: Set<String> = []
    /// Seconds that one validation takes: rehearsed at first, then measured.
    var validationSeconds = 0.0
    /// The head that the weights at the beginning have; no epoch is kept that is worse.
    let head: HeadReport?
    private var best: [Float]?
    private var bestEpoch = 0
    private let clock = ContinuousClock()

    init(
        _ task: TrainingTask, head: HeadReport? = nil, library: any KernelLibrary, stop: StopSignal,
        observers: [any TrainingObserver]
    ) throws {
        self.task = task
        self.head = head
        self.stop = stop
        self.observers = observers
        let configuration = task.configuration
        let pictureCount = task.training.entries.count
        batchSize = max(1, min(configuration.batchSize, pictureCount))
        let forward = try task.model.trainingGraph(
            batch: batchSize, loss: LossConfiguration(labelSmoothing: configuration.labelSmoothing))
        let rates = LayerRates(forward, decay: configuration.layerDecay)
        let graph = try Compiler.trainingGraph(
            forward, precision: configuration.precision, savesMemory: configuration.savesMemory,
            freezing: try FrozenNames(configuration.freeze).freezing(
                of: forward.parameters, fixesNorms: configuration.norms == .fixed)
        ) {
            $0.appendUpdates(configuration.rule, weightDecay: configuration.weightDecay) { rates.factor($0.name) }
        }
        store = try ParameterStore(graph.parameters)
        plan = try Compiler.plan(graph, isTraining: true, store: store, library: library)
        runner = try InferenceRunner(
            task.model, store: store, batchSize: min(batchSize, task.validation.entries.count),
            precision: configuration.precision, library: library)
        let all = task.training.entries.count + task.validation.entries.count
        loader = try BatchLoader(
            source: task.training, classCount: task.classes.count, batchSize: batchSize,
            preprocessing: task.preprocessing, augmentation: configuration.augmentation, seed: configuration.seed,
            threads: task.loaderThreads, cache: task.cache.share(task.training.entries.count, of: all))
        batch = try loader.batch(at: plan.input("x"))
        validationLoader = try BatchLoader(
            source: task.validation, classCount: task.classes.count, batchSize: runner.batchSize,
            preprocessing: task.preprocessing, threads: task.loaderThreads,
            cache: task.cache.share(task.validation.entries.count, of: all))
        // Above ten batches an epoch the short last one is dropped; below, it is filled up with pictures seen already.
        stepsPerEpoch =
            pictureCount >= 10 * batchSize ? pictureCount / batchSize : (pictureCount + batchSize - 1) / batchSize
        schedule = configuration.schedule(stepsPerEpoch: stepsPerEpoch)
    }

    func tell(_ event: TrainingEvent) {
        for observer in observers { observer.receive(event) }
    }

    /// Runs all epochs, or until something ends the run.
    func train() throws -> TrainingResult {
        let configuration = task.configuration
        try begin()
        tell(.ready(try rehearse()))
        try begin()
        let start = clock.now
        var reason = EndReason.finished
        var trouble: Failure?
        for epoch in 0..<configuration.epochs {
            do {
                guard let report = try runEpoch(epoch) else {
                    reason = .interrupted
                    break
                }
                history.append(report)
                if report.isBest { keep(epoch + 1) }
                tell(.epoch(report))
            } catch let failure as Failure {
                guard best != nil else { throw failure }
                trouble = failure
                break
            }
            if let patience = configuration.patience, epoch + 1 - bestEpoch >= patience {
                reason = .noProgress(epochs: patience)
                break
            }
        }
        if reason != .finished { tell(.ended(reason)) }
        if let best { store.restore(best) }
        return TrainingResult(
            tensors: store.savedTensors(), history: history, head: head, bestEpoch: bestEpoch, reason: reason,
            failures: failures,
            seconds: (clock.now - start).seconds, trouble: trouble)
    }

    /// The weights before the first step: drawn, and then those that the run starts from.
    private func begin() throws {
        store.initialize(seed: task.configuration.seed)
        if let tensors = task.tensors {
            for (name, tensor) in tensors where store.slot(name) != nil { store.set(name, tensor) }
        } else {
            try task.start?.fill(store, of: task.model, classes: task.classes)
        }
        try plan.refresh()
        if head != nil { best = store.snapshot() }
    }

    private func keep(_ epoch: Int) {
        best = store.snapshot()
        bestEpoch = epoch
    }

    /// Measures a few steps and a validation batch that leave no trace, to say how long the run will take.
    private func rehearse() throws -> TrainingPlan {
        plan.input("targets").update(repeating: 0)
        plan.input("sampleWeights").update(repeating: 1)
        plan.input("rate")[0] = 0
        if plan.hasInput("step") { plan.input("step")[0] = 1 }
        try plan.run()
        var times: [Double] = []
        repeat {
            let start = clock.now
            try plan.run()
            times.append((clock.now - start).seconds)
        } while times.count < 10 && times.reduce(0, +) < 0.2
        let start = clock.now
        _ = try runner.run(count: runner.batchSize)
        validationSeconds =
            (clock.now - start).seconds / Double(runner.batchSize) * Double(task.validation.entries.count)
        let epoch = times.sorted()[times.count / 2] * Double(stepsPerEpoch) + validationSeconds
        return TrainingPlan(
            epochs: task.configuration.epochs, stepsPerEpoch: stepsPerEpoch, batchSize: batchSize,
            trainingCount: task.training.entries.count, validationCount: task.validation.entries.count,
            parameterCount: store.slots.reduce(0) {
                $0 + ($1.parameter.isTrained ? $1.parameter.shape.count : 0)
            },
            memoryByteCount: plan.arenaByteCount, estimatedSeconds: epoch * Double(task.configuration.epochs))
    }
}
