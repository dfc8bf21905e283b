// Named augmentations, and what each means for which pictures. A preset is a starting point: whatever a person sets lies
// over it.

/// How much is done at random.
package enum AugmentationPreset: String, Sendable, CaseIterable, Codable {
    /// Nothing.
    case none
    /// What hardly ever harms: crops and mirroring.
    case light
    /// Changes of shape and colour besides.
    case standard
    /// For long trainings on few pictures: an operation at random strength, erasing, and mixing.
    case strong
}

/// What a preset must know of the pictures.
package struct AugmentedPictures: Sendable, Equatable {
    /// Rows and columns of the network's input.
    package var size: Int
    /// Small pictures are shown whole; photographs in random parts.
    package var isSmall: Bool
    /// Digits and letters are others when mirrored or turned far.
    package var showsSigns: Bool
    /// Without colour there is none to change.
    package var isGray: Bool
    /// Padded because they are long and thin: always shown whole.
    package var isPadded: Bool

    package init(size: Int, isSmall: Bool, showsSigns: Bool, isGray: Bool, isPadded: Bool) {
        self.size = size
        self.isSmall = isSmall
        self.showsSigns = showsSigns
        self.isGray = isGray
        self.isPadded = isPadded
    }
}

extension AugmentationPreset {
    /// The augmentation for these pictures.
    package func augmentation(for pictures: AugmentedPictures) -> Augmentation {
        guard self != .none else { return .none }
        var result = Augmentation(flip: !pictures.showsSigns)
        let isWhole = pictures.isSmall || pictures.isPadded
        if !isWhole { result.crop = .resized(scale: self == .strong ? 0.2...1 : 0.35...1, ratio: 3 / 4...4 / 3) }
        guard self != .light else { return result }
        result.fill = isWhole ? .black : .mean
        if pictures.showsSigns {
            result.affine = .signs(self == .strong ? 15 : 8)
        } else if isWhole {
            // An eighth of the size: 4 px of 32, as is usual for CIFAR.
            if pictures.isPadded {
                result.affine = RandomAffine()
            } else {
                result.crop = .padded(pixels: max(1, pictures.size / 8))
            }
        }
        if self == .standard {
            var jitter = ColourJitter()
            if pictures.isGray { (jitter.saturation, jitter.hue) = (0, 0) }
            result.jitter = jitter
            return result
        }
        if !pictures.showsSigns { result.trivialAugment = TrivialAugment() }
        result.erasing = RandomErasing()
        result.mixUp = MixUp()
        result.cutMix = CutMix()
        return result
    }
}

extension RandomAffine {
    /// Slight turns, moves and slants, as handwriting has them.
    fileprivate static func signs(_ degrees: Float) -> RandomAffine {
        var result = RandomAffine()
        (result.degrees, result.shear) = (degrees, degrees)
        return result
    }
}
