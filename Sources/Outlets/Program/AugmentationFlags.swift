// Flags about what is done at random to training pictures, shared by `train` and `preview`.

import ArgumentParser
import FoveaPreprocessing
import FoveaTraining

/// A preset, and whether pictures are mirrored.
struct AugmentationFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What is done at random to training pictures: none, light, standard or strong. docs/augmentation.md lists the operations; each can be set in the --config file.",
            valueName: "preset"))
    var augment: AugmentationPreset?

    @Flag(
        inversion: .prefixedNo,
        help: "Mirror pictures left to right in half of the draws. Digits and letters are not, unless you say so.")
    var mirror: Bool?

    /// Puts in what was given.
    func apply(to overrides: inout TrainingOverrides) {
        if let augment { overrides.preset = TrainingOverrides.PresetChoice(augment) }
        overrides.mirrors = mirror
    }
}

extension AugmentationPreset: ExpressibleByArgument {}
