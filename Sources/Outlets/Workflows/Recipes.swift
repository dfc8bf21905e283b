// The numbers that a training starts from where nobody says otherwise: one place to look at, and to tune. What they were
// measured on stands beside them; which of them a data set gets is decided in Defaults.swift.

import FoveaPreprocessing
import FoveaTraining

/// The starting numbers for one kind of pictures.
package struct Recipe: Sendable {
    /// The network.
    var model: String
    /// Rows and columns; nil: those of the pictures.
    var size: Int?
    var epochs: Int
    var batchSize: Int
    /// The learning rate at `Recipe.rateBatch` pictures a step; it grows and falls with the batch (Goyal et al. 2017).
    var learningRate: Float
    var weightDecay: Float
    var labelSmoothing: Float
    var preset: AugmentationPreset
    /// The part of the shorter side that evaluation keeps.
    var cropFraction: Double
    /// How a picture reaches the network's size.
    var interpolation: Interpolation

    /// The batch that learning rates are stated for.
    static let rateBatch = 128

    /// Up to 64 px, such as Fashion-MNIST: one cycle over few epochs (Smith and Topin 2018). No crops: so few epochs are too
    /// short for them. On Fashion-MNIST, seed 0, they cost 0.4 points of validation accuracy (93.31 to 93.73 %).
    static let smallPictures = Recipe(
        model: "smallcnn", size: nil, epochs: 10, batchSize: 128, learningRate: 0.1, weightDecay: 5e-4,
        labelSmoothing: 0.05, preset: .light, cropFraction: 1,
        interpolation: .bilinear)

    /// Photographs: random resized crops (Szegedy et al. 2015), milder than ImageNet's 0.08 since data sets are small.
    static let photographs = Recipe(
        model: "resnet18", size: 128, epochs: 18, batchSize: 32, learningRate: 0.1, weightDecay: 5e-4,
        labelSmoothing: 0.1, preset: .light, cropFraction: 0.875, interpolation: .bilinear)

    /// Pictures of at most this many pixels a side are small.
    static let smallSide = 64
    /// No network is built for less.
    static let smallestSide = 16

    /// Networks without batch norm, which a rate for normed ones drives apart, and the part of it that they bear.
    static let networksWithoutNorm: Set<String> = ["lenet5"]
    package static let rateWithoutNorm: Float = 0.2

    /// Fewer training pictures than this get smaller batches and more epochs.
    static let fewPictures = 500
    /// Steps that an epoch should have at least.
    static let fewestSteps = 12
    /// The smallest batch that this leads to; norms need some pictures to measure.
    package static let smallestBatch = 8
    /// How many times the epochs few pictures get.
    static let moreEpochs = 2
}
