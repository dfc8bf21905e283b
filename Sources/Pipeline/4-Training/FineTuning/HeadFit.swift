// Multinomial logistic regression on cached features: L-BFGS for a row of decays, from strong to weak, each started where the
// one before ended. The validation pictures say which decay is right. Changes nothing but the head.

import FoveaCompiler
import FoveaGraph
import FoveaModeling
import FoveaTensorCore

/// How a head was fitted.
package struct HeadReport: Sendable, Equatable, Codable {
    /// The decay that was chosen.
    package let weightDecay: Double
    package let trainingLoss: Double
    package let trainingAccuracy: Double
    package internal(set) var validationLoss: Double
    package internal(set) var validationAccuracy: Double
    /// Decays tried, and evaluations of the loss on all pictures.
    package let decays: Int
    package let evaluations: Int

    /// The same as an epoch before the first, for histories.
    package var asEpoch: EpochReport {
        EpochReport(
            epoch: 0, trainingLoss: trainingLoss, trainingAccuracy: trainingAccuracy, validationLoss: validationLoss,
            validationAccuracy: validationAccuracy, isBest: true, learningRate: 0, seconds: 0, picturesPerSecond: 0)
    }
}

/// Fits heads.
enum HeadFit {
    /// Decays that are tried, strongest first. 3e-4 is scikit-learn's `C = 1` for 3,000 pictures.
    static let decays = [1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6]
    /// Stronger ones, tried as long as each is better than the one before, where the first of the others was the best.
    static let strongerDecays = [3e-1, 1, 3, 10]
    /// Decays without a better validation loss after which weaker ones are not tried.
    private static let patience = 2
    private static let eventInterval = Duration.milliseconds(100)

    /// Fits the head in `store`, which holds the whole network, and leaves the best one there. On the library's thread.
    /// Nil if `goesOn` said no before anything was fitted.
    static func run(
        _ model: Model, store: ParameterStore, training: FeatureCache, validation: FeatureCache,
        loss: LossConfiguration, library: any KernelLibrary, tell: (TrainingEvent) -> Void, goesOn: () -> Bool
    ) throws -> HeadReport? {
        let objective = try HeadObjective(model, training, loss: loss, library: library)
        // Judged as evaluation judges: without smoothing and class weights.
        let judge = try HeadObjective(model, validation, loss: LossConfiguration(), library: library)
        // One lowest point: any start serves, and zeros favour nothing. Else the first weights break the tie of the units.
        var point =
            try model.headForm == .layered
            ? objective.start(from: store) : [Float](repeating: 0, count: objective.pointCount)
        var best: (point: [Float], decay: Double, score: (loss: Double, accuracy: Double))?
        var (evaluations, tried, since) = (0, 0, 0)
        var told = ContinuousClock.now
        /// Fits from where the last fit ended; true if the validation loss is lower than ever.
        func isBetter(_ decay: Double) throws -> Bool {
            tried += 1
            let result = try LBFGS().minimize(from: point, goesOn: goesOn) {
                let value = try objective.value(at: $0, decay: decay, slopes: &$1)
                evaluations += 1
                if ContinuousClock.now - told >= Self.eventInterval {
                    told = .now
                    let most = decays.count + strongerDecays.count
                    tell(.fitting(decay: tried, of: most, evaluations: evaluations, loss: value))
                }
                return value
            }
            point = result.point
            let score = try judge.score(at: point)
            guard best.map({ score.loss < $0.score.loss }) ?? true else { return false }
            best = (point, decay, score)
            return true
        }
        for decay in decays where since < patience && goesOn() { since = try isBetter(decay) ? 0 : since + 1 }
        if let first = best, first.decay == decays[0] {
            point = first.point
            for decay in strongerDecays where goesOn() {
                guard try isBetter(decay) else { break }
            }
        }
        guard let best else { return nil }
        let fit = try objective.score(at: best.point)
        objective.write(best.point, to: store)
        return HeadReport(
            weightDecay: best.decay, trainingLoss: fit.loss, trainingAccuracy: fit.accuracy,
            validationLoss: best.score.loss, validationAccuracy: best.score.accuracy, decays: tried,
            evaluations: evaluations)
    }
}
