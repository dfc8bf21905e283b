// Every network that can be asked for by name. A new one is a file in Zoo and a line here.

import FoveaTensorCore

/// How often a network was right where its authors measured it: what a person chooses by, and no promise of ours.
package struct PublishedAccuracy: Sendable, Equatable {
    /// Top-1, in percent.
    package let percent: Double
    /// The data set, such as `ImageNet-1K`.
    package let data: String
    /// Whose number it is: weights or a table of a paper.
    package let source: String

    /// Of torchvision's weights of the first recipe, as their `meta` states it.
    static func torchvision(_ percent: Double, _ weights: String = "IMAGENET1K_V1") -> PublishedAccuracy {
        PublishedAccuracy(percent: percent, data: "ImageNet-1K", source: "torchvision \(weights)")
    }

    /// Of weights on the hub, as timm measured all of them: results/results-imagenet.csv of pytorch-image-models.
    static func timm(_ percent: Double, _ weights: String) -> PublishedAccuracy {
        PublishedAccuracy(percent: percent, data: "ImageNet-1K", source: "timm/\(weights)")
    }
}

/// A registered network.
package struct Architecture: Sendable {
    /// The name a person types, such as `resnet18`.
    package let name: String
    /// One line about it, with its source.
    package let summary: String
    /// Rows and columns that it is meant for.
    package let nominalSize: Int
    /// What its authors measured, where they did.
    package let accuracy: PublishedAccuracy?
    /// Builds it for a configuration.
    package let make: @Sendable (ModelConfiguration) -> any Network

    package init(
        name: String, summary: String, nominalSize: Int, accuracy: PublishedAccuracy? = nil,
        make: @escaping @Sendable (ModelConfiguration) -> any Network
    ) {
        self.name = name
        self.summary = summary
        self.nominalSize = nominalSize
        self.accuracy = accuracy
        self.make = make
    }
}

/// The list of networks.
package enum Registry {
    /// All networks by family, small ones first.
    package static let architectures: [Architecture] = [
        LeNet5.architectures, PlainCNN.architectures, SmallCNN.architectures, CIFARResNet.architectures,
        AlexNet.architectures, VGG.architectures, SqueezeNet.architectures, GoogLeNet.architectures,
        ResNet.architectures, ResNetD.architectures, DenseNet.architectures, MobileNetV2.architectures,
        MobileNetV3.architectures, ShuffleNetV2.architectures, EfficientNet.architectures, RegNet.architectures,
        ConvNeXt.architectures, TimmEfficientNet.architectures,
    ].flatMap { $0 }

    /// The network of this name, or a `Failure` of kind `.usage` with the nearest names.
    package static func architecture(_ name: String) throws -> Architecture {
        if let found = architectures.first(where: { $0.name == name }) { return found }
        let near = nearest(to: name, in: architectures.map(\.name))
        throw Failure(
            .usage, "there is no network called \(name)",
            advice: near.isEmpty
                ? "`fovea models` lists them."
                : "Did you mean \(near.joined(separator: " or "))? `fovea models` lists all.")
    }
}
