// EfficientNet and MobileNetV2 in transformers' files: weights of TensorFlow whose blocks are counted through, where timm, whose
// names the zoo has for them, counts stages and the blocks of each.
// Source: transformers' modeling_efficientnet.py and modeling_mobilenet_v2.py.

import FoveaModeling

extension TransformersNames {
    /// Blocks of each stage, which a network of another depth has `depth` times as many of, rounded up.
    private static func stages(blocks: Int) -> [Int]? {
        [1, 1.1, 1.2, 1.4, 1.8].lazy.map { depth in TimmStage.first.map { $0.scaled(width: 1, depth: depth).count } }
            .first { $0.reduce(0, +) == blocks }
    }

    /// Stage and place in it of a block.
    private static func place(_ block: Int, in stages: [Int]) -> (stage: Int, block: Int)? {
        var rest = block
        for (stage, count) in stages.enumerated() {
            if rest < count { return (stage, rest) }
            rest -= count
        }
        return nil
    }

    static func efficientNet(_ names: [String]) -> [String] {
        let last = names.compactMap {
            $0.prefixMatch(of: /efficientnet\.encoder\.blocks\.(\d+)\./).flatMap { Int($0.1) }
        }.max()
        guard let stages = stages(blocks: (last ?? 0) + 1) else { return names }
        return names.map { efficientNet($0, stages) ?? $0 }
    }

    private static func efficientNet(_ name: String, _ stages: [Int]) -> String? {
        if let part = name.wholeMatch(of: /efficientnet\.embeddings\.(convolution|batchnorm)\.(\w+)/) {
            return (part.1 == "convolution" ? "conv_stem." : "bn1.") + part.2
        }
        if let part = name.wholeMatch(of: /efficientnet\.encoder\.top_(conv|bn)\.(\w+)/) {
            return (part.1 == "conv" ? "conv_head." : "bn2.") + part.2
        }
        guard let part = name.wholeMatch(of: /efficientnet\.encoder\.blocks\.(\d+)\.(\w+)\.(\w+)\.(\w+)/),
            let place = Int(part.1).flatMap({ place($0, in: stages) })
        else { return nil }
        // The first stage's blocks do not widen, so that their parts are one fewer.
        let widens = place.stage > 0
        let parts = [
            "expand_conv": "conv_pw", "expand_bn": "bn1", "depthwise_conv": "conv_dw",
            "depthwise_norm": widens ? "bn2" : "bn1", "reduce": "se.conv_reduce", "expand": "se.conv_expand",
            "project_conv": widens ? "conv_pwl" : "conv_pw", "project_bn": widens ? "bn3" : "bn2",
        ]
        return parts[String(part.3)].map { "blocks.\(place.stage).\(place.block).\($0).\(part.4)" }
    }

    static func mobileNetV2(_ name: String) -> String? {
        guard let part = name.wholeMatch(of: /mobilenet_v2\.(.+)\.(convolution|normalization)\.(\w+)/) else {
            return nil
        }
        let isConvolution = part.2 == "convolution"
        let whole = [
            "conv_stem.first_conv": ("conv_stem", "bn1"),
            "conv_stem.conv_3x3": ("blocks.0.0.conv_dw", "blocks.0.0.bn1"),
            "conv_stem.reduce_1x1": ("blocks.0.0.conv_pw", "blocks.0.0.bn2"), "conv_1x1": ("conv_head", "bn2"),
        ]
        if let pair = whole[String(part.1)] { return "\(isConvolution ? pair.0 : pair.1).\(part.3)" }
        let inner = [
            "expand_1x1": ("conv_pw", "bn1"), "conv_3x3": ("conv_dw", "bn2"), "reduce_1x1": ("conv_pwl", "bn3"),
        ]
        guard let block = part.1.wholeMatch(of: /layer\.(\d+)\.(\w+)/), let pair = inner[String(block.2)],
            let place = Int(block.1).flatMap({ place($0, in: TimmStage.mobile.dropFirst().map(\.count)) })
        else { return nil }
        return "blocks.\(place.stage + 1).\(place.block).\(isConvolution ? pair.0 : pair.1).\(part.3)"
    }
}
