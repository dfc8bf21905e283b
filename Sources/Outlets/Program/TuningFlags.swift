// Flags of `fovea train` about what is trained of a network, and by which rule.

import ArgumentParser
import FoveaTraining

/// Optimizer, fine-tuning, freezing.
struct TuningFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The rule of the updates: sgd (with momentum), usual for networks from scratch, or adamw, usual for fine-tuning. Weight decay leaves norms and biases alone.",
            valueName: "rule"))
    var optimizer: TrainingConfiguration.OptimizerName?

    @Option(help: ArgumentHelp("Decay of the weights, not of norms and biases.", valueName: "number"))
    var weightDecay: Float?

    @Option(
        help: ArgumentHelp(
            "Of a network that starts from trained weights, train the head alone, on features that are computed once (seconds); the head first, then everything (staged); or everything at once (full). Chosen from the number of pictures unless given.",
            valueName: "way"))
    var fineTune: FineTuning?

    @Option(
        help: ArgumentHelp(
            "Leave parameters as they are: a pattern such as 'layer1.*' or '*.bias', or a part such as features. Can be given several times.",
            valueName: "pattern"))
    var freeze: [String] = []

    @Option(
        help: ArgumentHelp(
            "The statistics of batch norms in training: batch, or fixed, which leaves the running averages as they are.",
            valueName: "which"))
    var norms: TrainingConfiguration.NormStatistics?

    @Option(
        help: ArgumentHelp(
            "Multiply the learning rate by this from each block of layers to the one before it.", valueName: "factor"))
    var layerDecay: Float?

    /// Puts in what was given.
    func apply(to overrides: inout TrainingOverrides) {
        overrides.optimizer = optimizer
        overrides.weightDecay = weightDecay
        overrides.fineTuning = fineTune
        overrides.freeze = freeze.isEmpty ? nil : freeze
        overrides.norms = norms
        overrides.layerDecay = layerDecay
    }

    func validate() throws {
        if let layerDecay, !(layerDecay > 0 && layerDecay <= 1) {
            throw ValidationError("--layer-decay is \(layerDecay), it must be above 0 and at most 1")
        }
        if let weightDecay, !(weightDecay >= 0 && weightDecay <= 1) {
            throw ValidationError("--weight-decay is \(weightDecay), it must be from 0 to 1")
        }
    }
}

extension TrainingConfiguration.OptimizerName: ExpressibleByArgument {}
extension TrainingConfiguration.NormStatistics: ExpressibleByArgument {}
extension FineTuning: ExpressibleByArgument {}
