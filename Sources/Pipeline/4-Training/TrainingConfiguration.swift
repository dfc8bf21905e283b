// Everything a training run is told, as one value: recorded in the model file, where it is the recipe, and readable again
// as a configuration file. Where a number depends on the data or the network, the defaults are chosen elsewhere.

import FoveaPreprocessing
import FoveaTensorCore

/// The configuration of a training run. Its JSON keys are those of the configuration file.
package struct TrainingConfiguration: Codable, Sendable, Equatable {
    /// How the learning rate falls.
    package enum ScheduleName: String, Codable, Sendable, CaseIterable {
        case constant, step, cosine
        case oneCycle = "one-cycle"
    }

    /// The registered name of the network.
    package var model: String
    /// Rows and columns of the network's input.
    package var size: Int
    /// Passes over the training pictures.
    package var epochs = 10
    /// Pictures a step.
    package var batchSize = 32
    /// The highest learning rate.
    package var learningRate: Float = 0.1
    /// Momentum of stochastic gradient descent.
    package var momentum: Float = 0.9
    /// Nesterov's form of the momentum.
    package var nesterov = true
    /// Decay of the weights, as a part of the gradient (L2).
    package var weightDecay: Float = 1e-4
    /// The part of the target that is spread over all classes (Szegedy et al. 2016, section 7).
    package var labelSmoothing: Float = 0
    /// How the learning rate falls.
    package var schedule: ScheduleName = .cosine
    /// Epochs of linear warm-up, fractions allowed; of a one-cycle schedule the rise, or 0 for its usual 30 %.
    package var warmupEpochs: Double = 0
    /// Epochs between two falls of the step schedule.
    package var stepEpochs = 30
    /// The factor of the step schedule.
    package var stepFactor: Float = 0.1
    /// Epochs without a better validation score after which the run stops; nil to run all.
    package var patience: Int?
    /// The seed of every random draw.
    package var seed: UInt64 = 0
    /// Kernel threads; nil for one a core.
    package var threads: Int?
    /// The arithmetic of training and of the plan that serves.
    package var precision = Precision.f32
    /// Keeps less of the forward pass and computes it again: about half the memory, about two thirds of the speed.
    package var savesMemory = false
    /// What is done at random to training pictures.
    package var augmentation: Augmentation = .none

    package init(model: String, size: Int) {
        self.model = model
        self.size = size
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case model, size, epochs
        case batchSize = "batch-size"
        case learningRate = "learning-rate"
        case momentum, nesterov
        case weightDecay = "weight-decay"
        case labelSmoothing = "label-smoothing"
        case schedule
        case warmupEpochs = "warmup-epochs"
        case stepEpochs = "step-epochs"
        case stepFactor = "step-factor"
        case patience, seed, threads, precision
        case savesMemory = "save-memory"
        case augmentation
    }

    /// Writes every key, null where a value is nil: a recipe says all and inherits nothing.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(model, forKey: .model)
        try container.encode(size, forKey: .size)
        try container.encode(epochs, forKey: .epochs)
        try container.encode(batchSize, forKey: .batchSize)
        try container.encode(learningRate, forKey: .learningRate)
        try container.encode(momentum, forKey: .momentum)
        try container.encode(nesterov, forKey: .nesterov)
        try container.encode(weightDecay, forKey: .weightDecay)
        try container.encode(labelSmoothing, forKey: .labelSmoothing)
        try container.encode(schedule, forKey: .schedule)
        try container.encode(warmupEpochs, forKey: .warmupEpochs)
        try container.encode(stepEpochs, forKey: .stepEpochs)
        try container.encode(stepFactor, forKey: .stepFactor)
        try container.encode(patience, forKey: .patience)
        try container.encode(seed, forKey: .seed)
        try container.encode(threads, forKey: .threads)
        try container.encode(precision, forKey: .precision)
        try container.encode(savesMemory, forKey: .savesMemory)
        try container.encode(augmentation, forKey: .augmentation)
    }

    /// The learning rate of every step, for so many steps an epoch.
    package func schedule(stepsPerEpoch: Int) -> Schedule {
        let decay: Schedule.Decay =
            switch schedule {
            case .constant: .constant
            case .step: .step(every: stepEpochs * stepsPerEpoch, factor: stepFactor)
            case .cosine: .cosine(floor: 0)
            case .oneCycle: .oneCycle()
            }
        let warmup = (warmupEpochs * Double(stepsPerEpoch)).rounded()
        return Schedule(peak: learningRate, decay: decay, warmupSteps: Int(min(warmup, 1e15)))
    }
}
