// Everything a training run is told, as one value: recorded in the model file, where it is the recipe, and readable again
// as a configuration file. Where a number depends on the data or the network, the defaults are chosen elsewhere.

import FoveaOperators
import FoveaPreprocessing
import FoveaTensorCore

/// The configuration of a training run. Its JSON keys are those of the configuration file.
package struct TrainingConfiguration: Codable, Sendable, Equatable {
    /// How the learning rate falls.
    package enum ScheduleName: String, Codable, Sendable, CaseIterable {
        case constant, step, cosine
        case oneCycle = "one-cycle"
    }

    /// The rule of the updates.
    package enum OptimizerName: String, Codable, Sendable, CaseIterable {
        /// Stochastic gradient descent with momentum.
        case sgd
        /// AdamW.
        case adamW = "adamw"
    }

    /// Which statistics norms use while the network is trained.
    package enum NormStatistics: String, Codable, Sendable, CaseIterable {
        /// The batch's, which running averages follow.
        case batch
        /// The running averages, which stay as they are.
        case fixed
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
    /// The rule of the updates.
    package var optimizer = OptimizerName.sgd
    /// Momentum of stochastic gradient descent.
    package var momentum: Float = 0.9
    /// Nesterov's form of the momentum.
    package var nesterov = true
    /// Of AdamW, the part of its mean gradient that a step keeps, and of its mean squared gradient.
    package var beta1: Float = 0.9
    package var beta2: Float = 0.999
    /// Of AdamW, what the root of the mean squared gradient is raised by.
    package var epsilon: Float = 1e-8
    /// Decay of the weights; not of norms and biases. Of SGD a part of the gradient (L2), of AdamW of the step.
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
    /// How much of a network that starts from trained weights is trained; nil where it starts from none.
    package var fineTuning: FineTuning?
    /// Patterns of parameters that stay as they are; see `FrozenNames`.
    package var freeze: [String] = []
    /// The statistics of norms; those whose scale and shift are frozen are fixed in any case.
    package var norms = NormStatistics.batch
    /// The factor of the learning rate from a block of layers to the one before it; see `LayerRates`.
    package var layerDecay: Float = 1
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
        case optimizer, momentum, nesterov, beta1, beta2, epsilon
        case weightDecay = "weight-decay"
        case labelSmoothing = "label-smoothing"
        case schedule
        case warmupEpochs = "warmup-epochs"
        case stepEpochs = "step-epochs"
        case stepFactor = "step-factor"
        case patience, seed, threads, precision
        case savesMemory = "save-memory"
        case fineTuning = "fine-tune"
        case freeze, norms
        case layerDecay = "layer-decay"
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
        try container.encode(optimizer, forKey: .optimizer)
        try container.encode(momentum, forKey: .momentum)
        try container.encode(nesterov, forKey: .nesterov)
        try container.encode(beta1, forKey: .beta1)
        try container.encode(beta2, forKey: .beta2)
        try container.encode(epsilon, forKey: .epsilon)
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
        try container.encode(fineTuning, forKey: .fineTuning)
        try container.encode(freeze, forKey: .freeze)
        try container.encode(norms, forKey: .norms)
        try container.encode(layerDecay, forKey: .layerDecay)
        try container.encode(augmentation, forKey: .augmentation)
    }

    /// The rule of the updates, with its numbers.
    package var rule: Optimizer {
        switch optimizer {
        case .sgd: .sgd(momentum: momentum, nesterov: nesterov && momentum > 0)
        case .adamW: .adamW(beta1: beta1, beta2: beta2, epsilon: epsilon)
        }
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
