// What a person set, before there is data: the configuration file and the flags over it, and the trained weights that they
// name. Training and preview begin with it, so that a preview shows what the training would.

import FoveaHub
import FoveaModelFiles
import FoveaModeling
import FoveaTensorCore
import FoveaTraining

extension TrainingOverrides {
    /// These over a configuration file, if there is one, checked as far as it can be without data. Throws a `Failure` of kind
    /// `.usage`.
    func laid(overFile file: String?) throws -> TrainingOverrides {
        let overrides = try file.map { laid(over: try TrainingOverrides(file: $0)) } ?? self
        if let model = overrides.model, !ModelReference.isWeights(model) { _ = try Registry.architecture(model) }
        try overrides.augmentation?.check()
        return overrides
    }

    /// The weights that `model` names, if it does; `model` is their network from then on. `fetching` is told of what is fetched,
    /// `note` what a person should know. Throws a `Failure`.
    mutating func startingWeights(fetching: HubProgress?, note: (String) -> Void) throws -> StartingWeights? {
        guard let named = model, !ModelReference.isNetwork(named) else { return nil }
        guard fromScratch != true else {
            throw Failure(
                .usage, "--from-scratch, and --model \(named), which are trained weights",
                advice: "Leave one of them out, or name a network: `fovea models` lists them.")
        }
        let start = try ModelReference.startingWeights(named, progress: fetching)
        model = start.configuration.architecture
        for text in start.notes { note(text) }
        return start
    }
}
