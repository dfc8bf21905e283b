// The numbers of a training that starts from trained weights, chosen from the number of pictures: how much of the network is
// trained, by which rule, how fast and how long. Where the weights come from is decided elsewhere.

import FoveaTensorCore
import FoveaTraining

/// Starting numbers of fine-tuning, and what they were measured on.
enum FineTuningDefaults {
    /// With fewer training pictures there is too little to move a whole network by, and the head alone is fitted.
    static let fewestForAll = 300
    /// With more, the head learns on the way: fitting it first costs more than it saves.
    static let mostForStages = 20_000
    /// Few passes suffice: the features are there already.
    static let epochs = 8
    static let batchSize = 32
    /// The highest rates of AdamW, for a batch of 32: everything from the first step on, or after the head was fitted.
    static let fullRate: Float = 1e-3
    static let stagedRate: Float = 5e-4
    static let stagedLayerDecay: Float = 0.95
    static let weightDecay: Float = 0.05

    /// How much is trained of a network that starts from trained weights.
    static func way(pictures: Int) -> FineTuning {
        pictures < fewestForAll ? .head : pictures <= mostForStages ? .staged : .full
    }

    /// Puts the numbers into a configuration, and says why, where the person has not chosen.
    static func apply(
        to configuration: inout TrainingConfiguration, pictures: Int, _ set: TrainingOverrides
    ) -> [String] {
        let way = set.fineTuning ?? way(pictures: pictures)
        configuration.fineTuning = way
        configuration.optimizer = .adamW
        configuration.weightDecay = weightDecay
        configuration.epochs = epochs
        configuration.schedule = .oneCycle
        configuration.learningRate =
            (way == .full ? fullRate : stagedRate) * Float(set.batchSize ?? configuration.batchSize) / Float(batchSize)
        if way == .staged { configuration.layerDecay = stagedLayerDecay }
        // The fit of a head does without, whatever the configuration says.
        if way == .head { configuration.labelSmoothing = 0 }
        return reasons(configuration, way, pictures: pictures, set)
    }

    private static func reasons(
        _ configuration: TrainingConfiguration, _ way: FineTuning, pictures: Int, _ set: TrainingOverrides
    ) -> [String] {
        var reasons: [String] = []
        if set.fineTuning == nil {
            let why =
                switch way {
                case .head: "the head alone, since there are only \(pictures) training pictures"
                case .staged: "the head first, then everything, since there are \(pictures) training pictures"
                case .full: "everything, since there are \(pictures) training pictures"
                }
            reasons.append("fine-tuning \(way.rawValue): \(why)")
        }
        guard way != .head else { return reasons }
        if set.optimizer == nil { reasons.append("optimizer adamw: usual for fine-tuning") }
        if set.learningRate == nil {
            reasons.append(
                "learning rate \(configuration.learningRate), one cycle"
                    + (way == .staged && set.layerDecay == nil
                        ? ", x \(stagedLayerDecay) from block to block towards the picture" : ""))
        }
        if set.epochs == nil { reasons.append("epochs \(configuration.epochs): usual from trained weights") }
        return reasons
    }
}
