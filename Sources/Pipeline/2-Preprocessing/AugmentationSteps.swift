// The steps that an augmentation may have, with their usual parameters and the limits of each. Values only: what they
// draw stands in Augmentation+Draw.swift, what the draws do to pixels in PixelChange.swift and Mixing.swift.

/// Turned by up to `degrees` either way.
package struct RandomRotation: AugmentationStep {
    package var degrees: Float = 10
    package var probability: Float = 1

    package init() {}

    package static var parameters: [AugmentationParameter<RandomRotation>] {
        [
            .number("degrees", \.degrees, 0...180),
            .number("probability", \.probability, 0...1),
        ]
    }
}

/// Turned by up to `degrees`, moved by up to `translate` of each side, scaled by a factor within `scale`, and slanted
/// by up to `shear` degrees.
package struct RandomAffine: AugmentationStep {
    package var degrees: Float = 0
    package var translate: Float = 0.1
    package var scale: ClosedRange<Float> = 0.9...1.1
    package var shear: Float = 0
    package var probability: Float = 1

    package init() {}

    package static var parameters: [AugmentationParameter<RandomAffine>] {
        [
            .number("degrees", \.degrees, 0...180),
            .number("translate", \.translate, 0...1),
            .range("scale", \.scale, 0.05...20),
            .number("shear", \.shear, 0...80),
            .number("probability", \.probability, 0...1),
        ]
    }
}

/// Each corner pulled inwards by up to `distortion` of half a side.
package struct RandomPerspective: AugmentationStep {
    package var distortion: Float = 0.3
    package var probability: Float = 0.5

    package init() {}

    package static var parameters: [AugmentationParameter<RandomPerspective>] {
        [
            .number("distortion", \.distortion, 0...0.95),
            .number("probability", \.probability, 0...1),
        ]
    }
}

/// One operation of its list at a random strength (Müller and Hutter 2021, the wide space).
package struct TrivialAugment: AugmentationStep {
    package init() {}

    package static var parameters: [AugmentationParameter<TrivialAugment>] {
        []
    }
}

/// `operations` of its list, one after the other, each at strength `magnitude` of 30 (Cubuk et al. 2020).
package struct RandAugment: AugmentationStep {
    package var operations = 2
    package var magnitude = 9

    package init() {}

    package static var parameters: [AugmentationParameter<RandAugment>] {
        [
            .whole("operations", \.operations, 1...10),
            .whole("magnitude", \.magnitude, 0...30),
        ]
    }
}

/// Brightness, contrast and saturation multiplied by a factor of at most 1 more or less this much, hue turned by up to
/// this part of the circle; in random order.
package struct ColourJitter: AugmentationStep {
    package var brightness: Float = 0.2
    package var contrast: Float = 0.2
    package var saturation: Float = 0.2
    package var hue: Float = 0.02
    package var probability: Float = 1

    package init() {}

    package static var parameters: [AugmentationParameter<ColourJitter>] {
        [
            .number("brightness", \.brightness, 0...5),
            .number("contrast", \.contrast, 0...5),
            .number("saturation", \.saturation, 0...5),
            .number("hue", \.hue, 0...0.5),
            .number("probability", \.probability, 0...1),
        ]
    }
}

/// The colour taken away.
package struct RandomGrayscale: AugmentationStep {
    package var probability: Float = 0.1

    package init() {}

    package static var parameters: [AugmentationParameter<RandomGrayscale>] {
        [
            .number("probability", \.probability, 0...1)
        ]
    }
}

/// A Gaussian blur with a deviation of `sigma` pixels.
package struct RandomBlur: AugmentationStep {
    package var sigma: ClosedRange<Float> = 0.1...2
    package var probability: Float = 0.2

    package init() {}

    package static var parameters: [AugmentationParameter<RandomBlur>] {
        [
            .range("sigma", \.sigma, 0.01...20),
            .number("probability", \.probability, 0...1),
        ]
    }
}

/// Sharpened by `factor`: 0 blurs, 1 changes nothing, 2 sharpens.
package struct RandomSharpness: AugmentationStep {
    package var factor: Float = 2
    package var probability: Float = 0.2

    package init() {}

    package static var parameters: [AugmentationParameter<RandomSharpness>] {
        [
            .number("factor", \.factor, 0...20),
            .number("probability", \.probability, 0...1),
        ]
    }
}

/// All but the highest `bits` of each sample cleared.
package struct RandomPosterise: AugmentationStep {
    package var bits = 4
    package var probability: Float = 0.2

    package init() {}

    package static var parameters: [AugmentationParameter<RandomPosterise>] {
        [
            .whole("bits", \.bits, 1...8),
            .number("probability", \.probability, 0...1),
        ]
    }
}

/// Samples of at least `threshold` inverted.
package struct RandomSolarise: AugmentationStep {
    package var threshold = 128
    package var probability: Float = 0.2

    package init() {}

    package static var parameters: [AugmentationParameter<RandomSolarise>] {
        [
            .whole("threshold", \.threshold, 0...256),
            .number("probability", \.probability, 0...1),
        ]
    }
}

/// Each channel's histogram made flat.
package struct RandomEqualise: AugmentationStep {
    package var probability: Float = 0.2

    package init() {}

    package static var parameters: [AugmentationParameter<RandomEqualise>] {
        [
            .number("probability", \.probability, 0...1)
        ]
    }
}

/// Each channel stretched over the whole scale.
package struct RandomAutocontrast: AugmentationStep {
    package var probability: Float = 0.2

    package init() {}

    package static var parameters: [AugmentationParameter<RandomAutocontrast>] {
        [
            .number("probability", \.probability, 0...1)
        ]
    }
}

/// A rectangle of `scale` times the area and `ratio` aspect replaced by the mean colour (Zhong et al. 2017).
package struct RandomErasing: AugmentationStep {
    package var scale: ClosedRange<Float> = 0.02...0.33
    package var ratio: ClosedRange<Float> = 0.3...3.3
    package var probability: Float = 0.25

    package init() {}

    package static var parameters: [AugmentationParameter<RandomErasing>] {
        [
            .range("scale", \.scale, 0.001...1),
            .range("ratio", \.ratio, 0.01...100),
            .number("probability", \.probability, 0...1),
        ]
    }
}

/// Each picture of a batch mixed with another, and the labels with them: the share is drawn from a beta distribution
/// whose two parameters are `alpha` (Zhang et al. 2017).
package struct MixUp: AugmentationStep {
    package var alpha: Float = 0.2
    package var probability: Float = 1

    package init() {}

    package static var parameters: [AugmentationParameter<MixUp>] {
        [
            .number("alpha", \.alpha, 0.01...100),
            .number("probability", \.probability, 0...1),
        ]
    }
}

/// A rectangle of each picture of a batch replaced by another's, and the labels mixed by area (Yun et al. 2019).
package struct CutMix: AugmentationStep {
    package var alpha: Float = 1
    package var probability: Float = 1

    package init() {}

    package static var parameters: [AugmentationParameter<CutMix>] {
        [
            .number("alpha", \.alpha, 0.01...100),
            .number("probability", \.probability, 0...1),
        ]
    }
}
