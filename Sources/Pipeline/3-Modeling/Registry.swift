// Every network that can be asked for by name. A new one is a file in Zoo and a line here.

import FoveaTensorCore

/// A registered network.
package struct Architecture: Sendable {
    /// The name a person types, such as `resnet18`.
    package let name: String
    /// One line about it, with its source.
    package let summary: String
    /// Rows and columns that it is meant for.
    package let nominalSize: Int
    /// Builds it for a configuration.
    package let make: @Sendable (ModelConfiguration) -> any Network
}

/// The list of networks.
package enum Registry {
    /// All networks, small ones first.
    package static let architectures: [Architecture] = [
        Architecture(
            name: "lenet5", summary: "LeCun et al. 1998, with ReLU and max pooling", nominalSize: 28,
            make: { LeNet5(classCount: $0.classCount) }),
        Architecture(
            name: "plaincnn", summary: "three convolutions with pooling and one fully connected layer", nominalSize: 28,
            make: { PlainCNN(classCount: $0.classCount) }),
        Architecture(
            name: "smallcnn", summary: "a small residual network for pictures of 28 to 64 px", nominalSize: 28,
            make: { SmallCNN(classCount: $0.classCount) }),
        Architecture(
            name: "resnet18", summary: "He et al. 2015; up to 64 px with a 3x3 stem", nominalSize: 224,
            make: { ResNet(.basic, [2, 2, 2, 2], $0) }),
        Architecture(
            name: "resnet34", summary: "He et al. 2015; up to 64 px with a 3x3 stem", nominalSize: 224,
            make: { ResNet(.basic, [3, 4, 6, 3], $0) }),
        Architecture(
            name: "resnet50", summary: "He et al. 2015; up to 64 px with a 3x3 stem", nominalSize: 224,
            make: { ResNet(.bottleneck, [3, 4, 6, 3], $0) }),
        Architecture(
            name: "mobilenet_v2", summary: "Sandler et al. 2018; up to 64 px with less striding", nominalSize: 224,
            make: { MobileNetV2($0) }),
        Architecture(
            name: "vgg11_bn", summary: "Simonyan and Zisserman 2014, with batch norm", nominalSize: 224,
            make: { VGG([[64], [128], [256, 256], [512, 512], [512, 512]], $0) }),
    ]

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
