// The façade for training: a folder of labelled pictures to a model file, with progress as a stream. What is not set is
// chosen from the data, as on the command line. Ending the stream early stops the run and keeps the best epoch so far.

import FoveaOneDNNBackend
import FoveaTensorCore
import FoveaTraining
import FoveaWorkflows
import Foundation
import Synchronization

/// A training to be run.
///
///     let training = Training(data: "flowers", output: "flowers.fovea")
///     for try await progress in training.run() {
///         if case .epoch(let epoch) = progress { print(epoch.number, epoch.accuracy) }
///     }
public struct Training: Sendable {
    /// A folder with one folder of pictures for each class, or a known name such as `fashion-mnist`.
    public var data: String
    /// The model file to write.
    public var output: String
    /// The network; nil to choose.
    public var model: String?
    /// Whether photographs may be learned from trained weights, where they are on this machine and `model` is nil.
    public var startsFromTrainedWeights = true
    /// Whether such weights may be fetched, once, where they are not: some 20 MB from huggingface.co.
    public var mayFetch = false
    /// Rows and columns that the network sees; nil to choose.
    public var size: Int?
    /// Passes over the training pictures; nil to choose.
    public var epochs: Int?
    /// Pictures a step; nil to choose.
    public var batchSize: Int?
    /// The highest learning rate; nil to choose.
    public var learningRate: Float?
    /// The seed of every random draw.
    public var seed: UInt64 = 0
    /// Threads that compute; nil for one a core.
    public var threads: Int?

    /// A training with everything else chosen from the data.
    public init(data: String, output: String) {
        self.data = data
        self.output = output
    }

    /// What an epoch ended with.
    public struct Epoch: Sendable {
        /// From 1; 0 is a head that was fitted before the first epoch, or instead of epochs.
        public let number: Int
        /// The mean training loss.
        public let trainingLoss: Double
        /// Accuracy on the validation pictures, 0...1.
        public let accuracy: Double
        /// True if no earlier epoch was as good.
        public let isBest: Bool
    }

    /// What a run tells.
    public enum Progress: Sendable {
        /// What was chosen from the data, and why: one sentence each.
        case chosen([String])
        /// Something worth knowing, such as a picture that cannot be read.
        case note(String)
        /// The part of the run that is done, 0...1, and the mean loss of this epoch so far.
        case step(done: Double, loss: Double)
        /// An epoch is over.
        case epoch(Epoch)
        /// The model file is written. Its accuracy on the validation pictures, 0...1, if an epoch was completed.
        case saved(path: String, accuracy: Double?)
    }

    /// Trains on threads of its own. The stream ends after `.saved`, or throws a `Failure`.
    public func run() -> AsyncThrowingStream<Progress, any Error> {
        let request = request
        return AsyncThrowingStream { continuation in
            let stop = StopSignal()
            continuation.onTermination = { _ in stop.set() }
            Thread.detachNewThread {
                do {
                    let relay = Relay(continuation)
                    let outcome = try TrainingWorkflow.run(
                        request, stop: stop, observers: [relay], makeLibrary: { try OneDNNLibrary(threads: $0) },
                        tell: relay.tell)
                    continuation.yield(.saved(path: outcome.path, accuracy: outcome.card.scores.first?.accuracy))
                    continuation.finish(throwing: outcome.result.trouble)
                } catch {
                    continuation.finish(throwing: error)
                }
            }
        }
    }

    private var request: TrainingRequest {
        var request = TrainingRequest(data: data, output: output)
        request.overrides.model = model
        if !startsFromTrainedWeights { request.overrides.fromScratch = true }
        let consent: DownloadConsent = mayFetch ? .given : .unasked
        request.defaultStart = DefaultStart { _ in consent }
        request.overrides.size = size
        request.overrides.epochs = epochs
        request.overrides.batchSize = batchSize
        request.overrides.learningRate = learningRate
        request.overrides.seed = seed
        if let threads { request.overrides.threads = .some(threads) }
        return request
    }
}

/// Hands events on to a stream.
private final class Relay: TrainingObserver {
    private let continuation: AsyncThrowingStream<Training.Progress, any Error>.Continuation
    /// Epochs of the run, known before its first step.
    private let epochs = Atomic<Int>(1)

    init(_ continuation: AsyncThrowingStream<Training.Progress, any Error>.Continuation) {
        self.continuation = continuation
    }

    func tell(_ notice: TrainingNotice) {
        switch notice {
        case .chosen(let defaults): continuation.yield(.chosen(defaults.reasons))
        case .note(let text): continuation.yield(.note(text))
        case .opened, .saving: break
        }
    }

    func receive(_ event: TrainingEvent) {
        switch event {
        case .ready(let plan): epochs.store(max(1, plan.epochs), ordering: .relaxed)
        case .step(let report):
            let epoch = Double(report.epoch - 1) + Double(report.step) / Double(report.stepsPerEpoch)
            continuation.yield(.step(done: epoch / Double(epochs.load(ordering: .relaxed)), loss: report.loss))
        case .epoch(let report):
            continuation.yield(
                .epoch(
                    Training.Epoch(
                        number: report.epoch, trainingLoss: report.trainingLoss, accuracy: report.validationAccuracy,
                        isBest: report.isBest)))
        case .picture(let failure): continuation.yield(.note("\(failure.name): \(failure.reason)"))
        case .head(let report):
            continuation.yield(
                .epoch(
                    Training.Epoch(
                        number: 0, trainingLoss: report.trainingLoss, accuracy: report.validationAccuracy,
                        isBest: true)))
        case .normsMeasured(let count): continuation.yield(.note("the norms were measured anew on \(count) pictures"))
        case .backbone, .fitting, .validating, .ended: break
        }
    }
}
