// Names of parameters in transformers' files, whose networks are those of torchvision and timm with every part called
// otherwise. A table from its names to those of the zoo; shapes and order of dimensions are the same. EfficientNet and
// MobileNetV2, whose blocks it counts through, have theirs in TransformersNames+Blocks.swift.
// Source: transformers' modeling_resnet.py, modeling_regnet.py and modeling_convnext.py.

import FoveaTensorCore

/// A family of transformers whose networks the zoo has.
enum TransformersNames: String, CaseIterable {
    case resnet, regnet, convnext, efficientnet
    case mobileNetV2 = "mobilenet_v2"

    /// The family whose names these are.
    init?(_ names: [String]) {
        guard
            let family = Self.allCases.first(where: { family in
                names.contains { $0.hasPrefix(family.rawValue + family.blocks) }
            })
        else { return nil }
        self = family
    }

    /// Where the family keeps its blocks.
    private var blocks: String {
        switch self {
        case .resnet, .regnet, .convnext: ".encoder.stages."
        case .efficientnet: ".encoder.blocks."
        case .mobileNetV2: ".layer."
        }
    }

    /// Whether the weights were TensorFlow's, whose padding and norms only networks of the zoo called `tf_` have.
    var isOfTensorFlow: Bool { self == .efficientnet || self == .mobileNetV2 }

    /// What may be computed otherwise there, and the values that mean what the zoo computes.
    private var choices: [String: [JSONValue]] {
        switch self {
        case .resnet:
            [
                "hidden_act": [.string("relu")], "downsample_in_bottleneck": [.bool(false)],
                "downsample_in_first_stage": [.bool(false)],
            ]
        case .regnet: ["hidden_act": [.string("relu")], "downsample_in_first_stage": [.bool(true)]]
        case .convnext: ["hidden_act": [.string("gelu")]]
        case .efficientnet:
            [
                "hidden_act": [.string("swish"), .string("silu")], "pooling_type": [.string("mean")],
                "batch_norm_eps": [.number(0.001)],
            ]
        case .mobileNetV2:
            [
                "hidden_act": [.string("relu6")], "tf_padding": [.bool(true)], "output_stride": [.integer(32)],
                "first_layer_is_expansion": [.bool(true)], "finegrained_output": [.bool(true)],
                "layer_norm_eps": [.number(0.001)],
            ]
        }
    }

    /// Throws a `Failure` of kind `.model` if a config.json asks for what no network of the zoo computes.
    func check(_ configuration: [String: JSONValue], file: String) throws {
        for (key, usual) in choices.sorted(by: { $0.key < $1.key }) {
            guard let value = configuration[key], !usual.contains(value) else { continue }
            throw Failure(
                .model, "\(file): \(key) of this \(rawValue) is not the usual one, and no network here computes it so",
                advice: "`fovea models` lists the networks that are known.")
        }
    }

    /// What the zoo calls the parameters: torchvision's names, but ConvNeXt's and those of TensorFlow's weights as timm has
    /// them. Names that are not in the table stay.
    func own(_ names: [String]) -> [String] {
        switch self {
        case .resnet: names.map { Self.resNet($0) ?? $0 }
        case .regnet: names.map { Self.regNet($0) ?? $0 }
        case .convnext: names.map { Self.convNeXt($0) ?? $0 }
        case .efficientnet: Self.efficientNet(names)
        case .mobileNetV2: names.map { Self.mobileNetV2($0) ?? $0 }
        }
    }

    private static func resNet(_ name: String) -> String? {
        if let part = name.wholeMatch(of: /resnet\.embedder\.embedder\.(convolution|normalization)\.(\w+)/) {
            return (part.1 == "convolution" ? "conv1." : "bn1.") + part.2
        }
        if let part = name.wholeMatch(
            of: /resnet\.encoder\.stages\.(\d)\.layers\.(\d+)\.shortcut\.(convolution|normalization)\.(\w+)/)
        {
            return "layer\(next(part.1)).\(part.2).downsample.\(part.3 == "convolution" ? 0 : 1).\(part.4)"
        }
        if let part = name.wholeMatch(
            of: /resnet\.encoder\.stages\.(\d)\.layers\.(\d+)\.layer\.(\d)\.(convolution|normalization)\.(\w+)/)
        {
            let kind = part.4 == "convolution" ? "conv" : "bn"
            return "layer\(next(part.1)).\(part.2).\(kind)\(next(part.3)).\(part.5)"
        }
        return name.wholeMatch(of: /classifier\.1\.(\w+)/).map { "fc.\($0.1)" }
    }

    private static func regNet(_ name: String) -> String? {
        if let part = name.wholeMatch(of: /regnet\.embedder\.embedder\.(convolution|normalization)\.(\w+)/) {
            return "stem.\(part.1 == "convolution" ? 0 : 1).\(part.2)"
        }
        if let part = name.wholeMatch(of: /regnet\.encoder\.stages\.(\d)\.layers\.(\d+)\.(.+)/) {
            let block = "trunk_output.block\(next(part.1)).block\(next(part.1))-\(part.2)"
            if let inner = part.3.wholeMatch(of: /(shortcut|layer\.[013])\.(convolution|normalization)\.(\w+)/) {
                let branches = ["shortcut": "proj", "layer.0": "f.a", "layer.1": "f.b", "layer.3": "f.c"]
                let branch = branches[String(inner.1)] ?? ""
                return "\(block).\(branch).\(inner.2 == "convolution" ? 0 : 1).\(inner.3)"
            }
            if let inner = part.3.wholeMatch(of: /layer\.2\.attention\.([02])\.(\w+)/) {
                return "\(block).f.se.\(inner.1 == "0" ? "fc1" : "fc2").\(inner.2)"
            }
        }
        return name.wholeMatch(of: /classifier\.1\.(\w+)/).map { "fc.\($0.1)" }
    }

    private static func convNeXt(_ name: String) -> String? {
        if let part = name.wholeMatch(of: /convnext\.embeddings\.(patch_embeddings|layernorm)\.(\w+)/) {
            return "stem.\(part.1 == "patch_embeddings" ? 0 : 1).\(part.2)"
        }
        if let part = name.wholeMatch(of: /convnext\.encoder\.stages\.(\d)\.downsampling_layer\.(\d)\.(\w+)/) {
            return "stages.\(part.1).downsample.\(part.2).\(part.3)"
        }
        if let part = name.wholeMatch(of: /convnext\.encoder\.stages\.(\d)\.layers\.(\d+)\.(\w+)(\.\w+)?/) {
            let parts = [
                "layer_scale_parameter": "gamma", "dwconv": "conv_dw", "layernorm": "norm", "pwconv1": "mlp.fc1",
                "pwconv2": "mlp.fc2",
            ]
            return parts[String(part.3)].map { "stages.\(part.1).blocks.\(part.2).\($0)\(part.4 ?? "")" }
        }
        if let part = name.wholeMatch(of: /convnext\.layernorm\.(\w+)/) { return "head.norm.\(part.1)" }
        return name.wholeMatch(of: /classifier\.(\w+)/).map { "head.fc.\($0.1)" }
    }

    /// Stages and layers are counted from 0 there, from 1 here.
    private static func next(_ digits: Substring) -> Int { (Int(digits) ?? 0) + 1 }
}
