// What a run tells those who watch it, as values. Events leave at most ten times a second between epochs' ends.

import FoveaLoading
import FoveaMeasures

/// What is known of a run before its first step.
package struct TrainingPlan: Sendable {
    package let epochs: Int
    package let stepsPerEpoch: Int
    package let batchSize: Int
    package let trainingCount: Int
    package let validationCount: Int
    /// Weights that are trained.
    package let parameterCount: Int
    /// Memory of the training plan's activations, in bytes.
    package let memoryByteCount: Int
    /// Seconds that the whole run will take, from a few measured steps; validation included.
    package let estimatedSeconds: Double
}

/// Where a run stands.
package struct StepReport: Sendable {
    /// From 1.
    package let epoch: Int
    /// Steps of this epoch that are done.
    package let step: Int
    package let stepsPerEpoch: Int
    /// The mean loss of this epoch so far, by pictures.
    package let loss: Double
    package let learningRate: Float
    /// Training pictures a second, since the last report.
    package let picturesPerSecond: Double
    /// Seconds until the end of the run, if it runs all epochs.
    package let secondsLeft: Double
}

/// What an epoch ended with.
package struct EpochReport: Sendable, Codable {
    /// From 1.
    package let epoch: Int
    /// The mean training loss, by pictures.
    package let trainingLoss: Double
    /// 0...1, measured on augmented pictures while the weights changed; of a mixed picture, the class that
    /// it shows most of is the right answer.
    package let trainingAccuracy: Double
    /// The mean negative log-likelihood of the validation pictures.
    package let validationLoss: Double
    /// 0...1
    package let validationAccuracy: Double
    /// True if no earlier epoch was as good.
    package let isBest: Bool
    package let learningRate: Float
    /// Seconds of training in this epoch.
    package let seconds: Double
    /// Training pictures a second.
    package let picturesPerSecond: Double
}

/// Something that happened in a run.
package enum TrainingEvent: Sendable {
    /// The backbone has run over so many pictures of all, before a head is fitted.
    case backbone(done: Int, of: Int)
    /// The norms of the starting weights did nothing and were measured on so many pictures.
    case normsMeasured(Int)
    /// A head is being fitted: the decay that is tried, from 1, the most there are, evaluations of the loss so far, and the
    /// training loss with the decay.
    case fitting(decay: Int, of: Int, evaluations: Int, loss: Double)
    /// A head was fitted on what the backbone gave.
    case head(HeadReport)
    case ready(TrainingPlan)
    case step(StepReport)
    case validating(epoch: Int)
    case epoch(EpochReport)
    /// A picture that could not be read, told once.
    case picture(PictureFailure)
    /// Why the run ended before its last epoch.
    case ended(EndReason)
}

/// Why a run ended.
package enum EndReason: Sendable, Equatable {
    case finished
    /// No better validation score for this many epochs.
    case noProgress(epochs: Int)
    case interrupted
}

/// Watches a run. Called on the engine thread, between steps: what takes long here delays training.
package protocol TrainingObserver: Sendable {
    /// Something happened.
    func receive(_ event: TrainingEvent)
}
