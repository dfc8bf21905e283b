// The training loop: epochs of steps, each followed by validation with the plan that serves; the best epoch's weights win.
// It draws nothing itself: order, augmentation and dropout follow from (seed, epoch, sample). It writes no files.

import FoveaCollecting
import FoveaCompiler
import FoveaGraph
import FoveaLoading
import FoveaModelFiles
import FoveaModeling
import FoveaPreprocessing
import FoveaRunning
import FoveaTensorCore

/// Everything a run needs.
package struct TrainingTask: Sendable {
    package var model: Model
    /// Class names in index order.
    package var classes: [String]
    package var training: any Source
    package var validation: any Source
    package var preprocessing: Preprocessing
    package var configuration: TrainingConfiguration
    /// Threads that load pictures.
    package var loaderThreads: Int
    /// Whether decoded pictures are kept between epochs.
    package var cache = CacheOptions()
    /// Weights to start from; nil: from values drawn at random.
    package var start: StartingWeights?
    /// Weights of the whole network to start from instead, such as those with a head that was just fitted.
    package var tensors: [(name: String, tensor: Tensor<Float>)]?
    /// Pictures that may be broken before the run ends; nil for half of them.
    package var maxBroken: Int?

    package init(
        model: Model, classes: [String], training: any Source, validation: any Source, preprocessing: Preprocessing,
        configuration: TrainingConfiguration, loaderThreads: Int
    ) {
        self.model = model
        self.classes = classes
        self.training = training
        self.validation = validation
        self.preprocessing = preprocessing
        self.configuration = configuration
        self.loaderThreads = loaderThreads
    }
}

/// What a run ends with.
package struct TrainingResult: Sendable {
    /// The best epoch's parameters, in the order of declaration.
    package let tensors: [(name: String, tensor: Tensor<Float>)]
    package let history: [EpochReport]
    /// The head that was fitted before the first epoch, or instead of epochs.
    package var head: HeadReport?
    /// From 1; 0 if no epoch was completed, or none was better than the fitted head.
    package let bestEpoch: Int
    package let reason: EndReason
    /// Pictures that could not be read, each once.
    package let failures: [PictureFailure]
    /// Seconds from the first step to the last.
    package let seconds: Double
    /// The failure that ended the run, where the best epoch before it could be kept.
    package let trouble: Failure?

    /// True if the tensors are worth measuring: an epoch was completed, or a head was fitted.
    package var hasLearned: Bool { bestEpoch > 0 || head != nil }
}

/// Trains a network.
package enum Trainer {
    /// Trains on the library's thread and waits. Throws a `Failure` if nothing could be kept.
    package static func run(
        _ task: TrainingTask, library: any KernelLibrary, stop: StopSignal, observers: [any TrainingObserver]
    ) throws -> TrainingResult {
        try library.perform {
            guard let way = task.configuration.fineTuning else {
                return try TrainingRun(task, library: library, stop: stop, observers: observers).train()
            }
            return try FineTuningRun(task, way, library: library, stop: stop, observers: observers).train()
        }
    }
}
