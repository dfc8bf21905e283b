// What is done at random to training pictures, so that the network meets each in many guises. Belongs to a training run;
// the model file keeps it only as part of the run's record.

/// How a region is cut out of a training picture.
package enum RandomCrop: Codable, Sendable, Equatable {
    /// The same geometry as preprocessing.
    case none
    /// `pixels` of zero-valued (after normalising: mean-coloured is not meant, black is) border, then a window of the network's size.
    case padded(pixels: Int)
    /// A region of `scale` times the area and `ratio` aspect, resized to the network's size (Szegedy et al. 2015).
    case resized(scale: ClosedRange<Float>, ratio: ClosedRange<Float>)
}

/// The random part of the path from a picture to the network's input. Draws depend on (seed, epoch, sample) alone.
package struct Augmentation: Codable, Sendable, Equatable {
    /// How a region is cut out.
    package var crop: RandomCrop
    /// Mirrored left to right in half of the draws.
    package var flip: Bool

    package init(crop: RandomCrop = .none, flip: Bool = false) {
        self.crop = crop
        self.flip = flip
    }

    /// Nothing at random.
    package static let none = Augmentation()
}
