// Names of parameters in transformers' files, whose ResNets, RegNets and ConvNeXts are those of torchvision and timm with every
// part called otherwise. A table from its names to those of the zoo; shapes and order of dimensions are the same.
// Source: transformers' modeling_resnet.py, modeling_regnet.py and modeling_convnext.py.

import FoveaTensorCore

/// A family of transformers whose networks the zoo has.
enum TransformersNames: String, CaseIterable {
    case resnet, regnet, convnext

    /// The family whose names these are.
    init?(_ names: [String]) {
        guard
            let family = Self.allCases.first(where: { family in
                names.contains { $0.hasPrefix(family.rawValue + ".encoder.stages.") }
            })
        else { return nil }
        self = family
    }

    /// What may be computed otherwise there, and the value that means what the zoo computes.
    private var choices: [String: JSONValue] {
        switch self {
        case .resnet:
            [
                "hidden_act": .string("relu"), "downsample_in_bottleneck": .bool(false),
                "downsample_in_first_stage": .bool(false),
            ]
        case .regnet: ["hidden_act": .string("relu"), "downsample_in_first_stage": .bool(true)]
        case .convnext: ["hidden_act": .string("gelu")]
        }
    }

    /// Throws a `Failure` of kind `.model` if a config.json asks for what no network of the zoo computes.
    func check(_ configuration: [String: JSONValue], file: String) throws {
        for (key, usual) in choices.sorted(by: { $0.key < $1.key }) {
            guard let value = configuration[key], value != usual else { continue }
            throw Failure(
                .model, "\(file): \(key) of this \(rawValue) is not the usual one, and no network here computes it so",
                advice: "`fovea models` lists the networks that are known.")
        }
    }

    /// What the zoo calls a parameter: torchvision's name, ConvNeXt's as timm has it. A name that is not in the table stays.
    func own(_ name: String) -> String {
        switch self {
        case .resnet: Self.resNet(name) ?? name
        case .regnet: Self.regNet(name) ?? name
        case .convnext: Self.convNeXt(name) ?? name
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
