// What is done at random to training pictures, so that the network meets each in many guises. Belongs to a training run;
// the model file keeps it only as part of the run's record. What each step draws stands in Augmentation+Draw.swift.

/// How a region is cut out of a training picture.
package enum RandomCrop: Codable, Sendable, Equatable {
    /// The same geometry as preprocessing.
    case none
    /// `pixels` of zero-valued (after normalising: mean-coloured is not meant, black is) border, then a window of the network's size.
    case padded(pixels: Int)
    /// A region of `scale` times the area and `ratio` aspect, resized to the network's size (Szegedy et al. 2015).
    case resized(scale: ClosedRange<Float>, ratio: ClosedRange<Float>)
}

/// What fills the corners that a rotation or another warp leaves empty.
package enum WarpFill: String, Codable, Sendable, CaseIterable {
    case black
    /// The mean colour of the training pictures.
    case mean
}

/// The random part of the path from a picture to the network's input, in the order in which it is done. Draws depend on
/// (seed, epoch, sample) alone, those of MixUp and CutMix on (seed, epoch, batch).
package struct Augmentation: Sendable, Equatable {
    /// How a region is cut out.
    package var crop: RandomCrop
    /// Mirrored left to right in half of the draws.
    package var flip: Bool
    /// Turned upside down, mirrored, in half of the draws.
    package var verticalFlip = false
    /// What fills the corners after a warp.
    package var fill = WarpFill.black
    package var rotation: RandomRotation?
    package var affine: RandomAffine?
    package var perspective: RandomPerspective?
    package var trivialAugment: TrivialAugment?
    package var randAugment: RandAugment?
    package var jitter: ColourJitter?
    package var grayscale: RandomGrayscale?
    package var blur: RandomBlur?
    package var sharpness: RandomSharpness?
    package var posterise: RandomPosterise?
    package var solarise: RandomSolarise?
    package var equalise: RandomEqualise?
    package var autocontrast: RandomAutocontrast?
    package var erasing: RandomErasing?
    package var mixUp: MixUp?
    package var cutMix: CutMix?

    package init(crop: RandomCrop = .none, flip: Bool = false) {
        self.crop = crop
        self.flip = flip
    }

    /// Nothing at random.
    package static let none = Augmentation()

    /// Its keys in a recipe and in a configuration file.
    package enum CodingKeys: String, CodingKey, CaseIterable, Sendable {
        case crop, flip
        case verticalFlip = "vertical-flip"
        case fill, rotation, affine, perspective
        case trivialAugment = "trivial-augment"
        case randAugment = "rand-augment"
        case jitter, grayscale, blur, sharpness, posterise, solarise, equalise, autocontrast, erasing
        case mixUp = "mixup"
        case cutMix = "cutmix"
    }
}

/// One key of an augmentation, without its type.
package enum AugmentationField {
    case crop
    case flag(WritableKeyPath<Augmentation, Bool>)
    case fill
    case step(any AugmentationStepField)
}

/// A step that may be there or not.
package protocol AugmentationStepField {
    associatedtype Step: AugmentationStep
    var path: WritableKeyPath<Augmentation, Step?> { get }
}

private struct StepField<Step: AugmentationStep>: AugmentationStepField {
    let path: WritableKeyPath<Augmentation, Step?>
}

extension Augmentation.CodingKeys {
    /// Where the value of this key is kept.
    package var field: AugmentationField {
        switch self {
        case .crop: .crop
        case .flip: .flag(\.flip)
        case .verticalFlip: .flag(\.verticalFlip)
        case .fill: .fill
        case .rotation: .step(StepField(path: \.rotation))
        case .affine: .step(StepField(path: \.affine))
        case .perspective: .step(StepField(path: \.perspective))
        case .trivialAugment: .step(StepField(path: \.trivialAugment))
        case .randAugment: .step(StepField(path: \.randAugment))
        case .jitter: .step(StepField(path: \.jitter))
        case .grayscale: .step(StepField(path: \.grayscale))
        case .blur: .step(StepField(path: \.blur))
        case .sharpness: .step(StepField(path: \.sharpness))
        case .posterise: .step(StepField(path: \.posterise))
        case .solarise: .step(StepField(path: \.solarise))
        case .equalise: .step(StepField(path: \.equalise))
        case .autocontrast: .step(StepField(path: \.autocontrast))
        case .erasing: .step(StepField(path: \.erasing))
        case .mixUp: .step(StepField(path: \.mixUp))
        case .cutMix: .step(StepField(path: \.cutMix))
        }
    }
}

extension Augmentation: Codable {
    /// A recipe of an older program lacks keys: what they stand for is not done.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        for key in CodingKeys.allCases {
            switch key.field {
            case .crop: crop = try values.decodeIfPresent(RandomCrop.self, forKey: key) ?? .none
            case .fill: fill = try values.decodeIfPresent(WarpFill.self, forKey: key) ?? .black
            case .flag(let path): self[keyPath: path] = try values.decodeIfPresent(Bool.self, forKey: key) ?? false
            case .step(let field): try decode(field, values, key)
            }
        }
    }

    private mutating func decode<Field: AugmentationStepField>(
        _ field: Field, _ values: KeyedDecodingContainer<CodingKeys>, _ key: CodingKeys
    ) throws {
        self[keyPath: field.path] = try values.decodeIfPresent(Field.Step.self, forKey: key)
    }

    /// Crop and flip are always there; other keys only where something is done.
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        for key in CodingKeys.allCases {
            switch key.field {
            case .crop: try values.encode(crop, forKey: key)
            case .fill: if fill != .black { try values.encode(fill, forKey: key) }
            case .flag(let path):
                let value = self[keyPath: path]
                if value || key == .flip { try values.encode(value, forKey: key) }
            case .step(let field): try encode(field, &values, key)
            }
        }
    }

    private func encode<Field: AugmentationStepField>(
        _ field: Field, _ values: inout KeyedEncodingContainer<CodingKeys>, _ key: CodingKeys
    ) throws {
        try values.encodeIfPresent(self[keyPath: field.path], forKey: key)
    }
}

extension Augmentation {
    /// Takes what `other` says under `key`.
    package mutating func take(_ key: CodingKeys, from other: Augmentation) {
        switch key.field {
        case .crop: crop = other.crop
        case .fill: fill = other.fill
        case .flag(let path): self[keyPath: path] = other[keyPath: path]
        case .step(let field): take(field, from: other)
        }
    }

    private mutating func take<Field: AugmentationStepField>(_ field: Field, from other: Augmentation) {
        self[keyPath: field.path] = other[keyPath: field.path]
    }
}
