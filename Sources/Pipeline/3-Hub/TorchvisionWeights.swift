// torchvision's weights for the networks of the zoo: which file, and with which pictures they were measured. From
// torchvision 0.29, torchvision/models; BSD 3-Clause. The digits in a file's name begin its SHA-256, as PyTorch checks too.

import FoveaPreprocessing
import FoveaTensorCore

/// A set of weights of torchvision.
package struct TorchvisionWeights: Sendable, Equatable {
    /// torchvision's name of the network.
    package let name: String
    /// `V1` or `V2`.
    package let version: String
    /// The file at download.pytorch.org/models.
    package let file: String
    /// The shorter side before the centre is cut out.
    package let resize: Int
    /// The side of the pictures.
    package let crop: Int
    package let interpolation: Interpolation
    /// Top 1 on ImageNet's validation pictures, in per cent, as torchvision states it.
    package let accuracy: Double
    /// Whether torchvision takes it when nothing is said.
    package let isDefault: Bool

    /// The first digits of the file's SHA-256.
    var hash: String { String(file.split(separator: "-").last?.split(separator: ".").first ?? "") }

    /// What `--model` takes.
    package var reference: String { isDefault ? "torchvision/\(name)" : "torchvision/\(name)@\(version)" }

    /// How pictures are prepared. GoogLeNet's came from elsewhere: torchvision has the network itself turn ImageNet's mean
    /// and deviation into a half and a half (`transform_input`).
    package var preprocessing: Preprocessing {
        let isHalf = name == "googlenet"
        return Preprocessing(
            height: crop, width: crop, channels: 3, cropFraction: Double(crop) / Double(resize),
            interpolation: interpolation, mean: isHalf ? [0.5, 0.5, 0.5] : [0.485, 0.456, 0.406],
            deviation: isHalf ? [0.5, 0.5, 0.5] : [0.229, 0.224, 0.225])
    }

    /// The weights of this name; the default ones without a version. Throws a `Failure` of kind `.usage`.
    package init(named name: String, version: String?) throws {
        let own = Self.all.filter { $0.name == name }
        let wanted = version.map { $0.uppercased().replacing("IMAGENET1K_", with: "") }
        guard let found = own.first(where: { wanted == nil ? $0.isDefault : $0.version == wanted }) else {
            let near = own.isEmpty ? nearest(to: name, in: Self.all.map(\.name)) : own.map { "\(name)@\($0.version)" }
            throw Failure(
                .usage,
                "torchvision has no \(name.printable)\(version.map { "@\($0.printable)" } ?? "") that is known here",
                advice: near.isEmpty ? nil : "Did you mean torchvision/\(near.joined(separator: " or torchvision/"))?")
        }
        self = found
    }

    private init(
        _ name: String, _ version: String, _ file: String, _ resize: Int, _ crop: Int, _ interpolation: Interpolation,
        _ accuracy: Double, isDefault: Bool = true
    ) {
        (self.name, self.version, self.file, self.resize, self.crop) = (name, version, file, resize, crop)
        (self.interpolation, self.accuracy, self.isDefault) = (interpolation, accuracy, isDefault)
    }

    /// All that are known here.
    package static let all: [TorchvisionWeights] = [
        .init("alexnet", "V1", "alexnet-owt-7be5be79.pth", 256, 224, .bilinear, 56.522),
        .init("convnext_tiny", "V1", "convnext_tiny-983f1562.pth", 236, 224, .bilinear, 82.52),
        .init("convnext_small", "V1", "convnext_small-0c510722.pth", 230, 224, .bilinear, 83.616),
        .init("densenet121", "V1", "densenet121-a639ec97.pth", 256, 224, .bilinear, 74.434),
        .init("densenet169", "V1", "densenet169-b2777c0a.pth", 256, 224, .bilinear, 75.6),
        .init("efficientnet_b0", "V1", "efficientnet_b0_rwightman-7f5810bc.pth", 256, 224, .bicubic, 77.692),
        .init(
            "efficientnet_b1", "V1", "efficientnet_b1_rwightman-bac287d4.pth", 256, 240, .bicubic, 78.642,
            isDefault: false),
        .init("efficientnet_b1", "V2", "efficientnet_b1-c27df63c.pth", 255, 240, .bilinear, 79.838),
        .init("efficientnet_b2", "V1", "efficientnet_b2_rwightman-c35c1473.pth", 288, 288, .bicubic, 80.608),
        .init("efficientnet_b3", "V1", "efficientnet_b3_rwightman-b3899882.pth", 320, 300, .bicubic, 82.008),
        .init("efficientnet_b4", "V1", "efficientnet_b4_rwightman-23ab8bcd.pth", 384, 380, .bicubic, 83.384),
        .init("efficientnet_v2_s", "V1", "efficientnet_v2_s-dd5fe13b.pth", 384, 384, .bilinear, 84.228),
        .init("googlenet", "V1", "googlenet-1378be20.pth", 256, 224, .bilinear, 69.778),
        .init("mobilenet_v2", "V1", "mobilenet_v2-b0353104.pth", 256, 224, .bilinear, 71.878, isDefault: false),
        .init("mobilenet_v2", "V2", "mobilenet_v2-7ebf99e0.pth", 232, 224, .bilinear, 72.154),
        .init(
            "mobilenet_v3_large", "V1", "mobilenet_v3_large-8738ca79.pth", 256, 224, .bilinear, 74.042, isDefault: false
        ),
        .init("mobilenet_v3_large", "V2", "mobilenet_v3_large-5c1a4163.pth", 232, 224, .bilinear, 75.274),
        .init("mobilenet_v3_small", "V1", "mobilenet_v3_small-047dcff4.pth", 256, 224, .bilinear, 67.668),
        .init("regnet_y_400mf", "V1", "regnet_y_400mf-c65dace8.pth", 256, 224, .bilinear, 74.046, isDefault: false),
        .init("regnet_y_400mf", "V2", "regnet_y_400mf-e6988f5f.pth", 232, 224, .bilinear, 75.804),
        .init("regnet_y_1_6gf", "V1", "regnet_y_1_6gf-b11a554e.pth", 256, 224, .bilinear, 77.95, isDefault: false),
        .init("regnet_y_1_6gf", "V2", "regnet_y_1_6gf-0d7bc02a.pth", 232, 224, .bilinear, 80.876),
        .init("regnet_y_800mf", "V1", "regnet_y_800mf-1b27b58c.pth", 256, 224, .bilinear, 76.42, isDefault: false),
        .init("regnet_y_800mf", "V2", "regnet_y_800mf-58fc7688.pth", 232, 224, .bilinear, 78.828),
        .init("resnet18", "V1", "resnet18-f37072fd.pth", 256, 224, .bilinear, 69.758),
        .init("resnet34", "V1", "resnet34-b627a593.pth", 256, 224, .bilinear, 73.314),
        .init("resnet50", "V1", "resnet50-0676ba61.pth", 256, 224, .bilinear, 76.13, isDefault: false),
        .init("resnet50", "V2", "resnet50-11ad3fa6.pth", 232, 224, .bilinear, 80.858),
        .init("resnet101", "V1", "resnet101-63fe2227.pth", 256, 224, .bilinear, 77.374, isDefault: false),
        .init("resnet101", "V2", "resnet101-cd907fc2.pth", 232, 224, .bilinear, 81.886),
        .init("resnet152", "V1", "resnet152-394f9c45.pth", 256, 224, .bilinear, 78.312, isDefault: false),
        .init("resnet152", "V2", "resnet152-f82ba261.pth", 232, 224, .bilinear, 82.284),
        .init("resnext50_32x4d", "V1", "resnext50_32x4d-7cdf4587.pth", 256, 224, .bilinear, 77.618, isDefault: false),
        .init("resnext50_32x4d", "V2", "resnext50_32x4d-1a0047aa.pth", 232, 224, .bilinear, 81.198),
        .init("wide_resnet50_2", "V1", "wide_resnet50_2-95faca4d.pth", 256, 224, .bilinear, 78.468, isDefault: false),
        .init("wide_resnet50_2", "V2", "wide_resnet50_2-9ba9bcbe.pth", 232, 224, .bilinear, 81.602),
        .init("shufflenet_v2_x0_5", "V1", "shufflenetv2_x0.5-f707e7126e.pth", 256, 224, .bilinear, 60.552),
        .init("shufflenet_v2_x1_0", "V1", "shufflenetv2_x1-5666bf0f80.pth", 256, 224, .bilinear, 69.362),
        .init("shufflenet_v2_x1_5", "V1", "shufflenetv2_x1_5-3c479a10.pth", 232, 224, .bilinear, 72.996),
        .init("shufflenet_v2_x2_0", "V1", "shufflenetv2_x2_0-8be3c8ee.pth", 232, 224, .bilinear, 76.23),
        .init("squeezenet1_0", "V1", "squeezenet1_0-b66bff10.pth", 256, 224, .bilinear, 58.092),
        .init("squeezenet1_1", "V1", "squeezenet1_1-b8a52dc0.pth", 256, 224, .bilinear, 58.178),
        .init("vgg11", "V1", "vgg11-8a719046.pth", 256, 224, .bilinear, 69.02),
        .init("vgg11_bn", "V1", "vgg11_bn-6002323d.pth", 256, 224, .bilinear, 70.37),
        .init("vgg13", "V1", "vgg13-19584684.pth", 256, 224, .bilinear, 69.928),
        .init("vgg13_bn", "V1", "vgg13_bn-abd245e5.pth", 256, 224, .bilinear, 71.586),
        .init("vgg16", "V1", "vgg16-397923af.pth", 256, 224, .bilinear, 71.592),
        .init("vgg16_bn", "V1", "vgg16_bn-6c64b313.pth", 256, 224, .bilinear, 73.36),
        .init("vgg19", "V1", "vgg19-dcbb9e9d.pth", 256, 224, .bilinear, 72.376),
        .init("vgg19_bn", "V1", "vgg19_bn-c79401a0.pth", 256, 224, .bilinear, 74.218),
    ]
}
