// EfficientNets as timm has them, under its names of parameters: those of TensorFlow's weights (`tf_*`), whose convolutions
// pad as TensorFlow's do, those of timm's own weights, and the tiny one of its tests. Tan and Le 2019, table 1; 2021, table 4.
// MobileNetV2 (Sandler et al. 2018, table 2) is one of them there; of TensorFlow's weights timm has none, transformers has.

import FoveaGraph
import FoveaOperators

extension TimmEfficientNet {
    static let architectures = [
        Architecture(
            name: "test_efficientnet", summary: "timm's tiny network for tests", nominalSize: 160,
            make: {
                TimmEfficientNet(
                    stages: TimmStage.test, stem: 24, last: 256, dropout: 0, norm: NormNumbers(), padsSame: false,
                    classCount: $0.classCount)
            }),
        first("b0", width: 1, depth: 1, size: 224, dropout: 0.2, 76.532),
        first("b1", width: 1, depth: 1.1, size: 240, dropout: 0.2, 78.560),
        first("b2", width: 1.1, depth: 1.2, size: 260, dropout: 0.3, 79.604),
        first("b3", width: 1.2, depth: 1.4, size: 300, dropout: 0.3, 80.878),
        first("b4", width: 1.4, depth: 1.8, size: 380, dropout: 0.4, 82.608),
        mobile("050", width: 0.5, .timm(65.950, "mobilenetv2_050.lamb_in1k")),
        mobile("100", width: 1, .timm(72.976, "mobilenetv2_100.ra_in1k")),
        mobile("140", width: 1.4, .timm(76.520, "mobilenetv2_140.ra_in1k")),
        authorsMobile("035", width: 0.35, 60.3), authorsMobile("050", width: 0.5, 65.4),
        authorsMobile("075", width: 0.75, 69.8), authorsMobile("100", width: 1, 71.8),
        authorsMobile("140", width: 1.4, 75.0),
        Architecture(
            name: "timm_efficientnet_b0", summary: "Tan and Le 2019, under timm's names", nominalSize: 224,
            accuracy: .timm(77.694, "efficientnet_b0.ra_in1k"),
            make: {
                TimmEfficientNet(
                    stages: TimmStage.first, stem: 32, last: 1280, dropout: 0.2, norm: NormNumbers(), padsSame: false,
                    classCount: $0.classCount)
            }),
        second(
            "b0", TimmStage.secondB0, stem: 32, size: 192, .timm(78.358, "tf_efficientnetv2_b0.in1k at 224 px")),
        second("s", TimmStage.secondS, stem: 24, size: 300, .timm(83.900, "tf_efficientnetv2_s.in1k at 384 px")),
    ]

    private static let tensorFlowNorm = NormNumbers(epsilon: 1e-3)

    private static func first(
        _ name: String, width: Double, depth: Double, size: Int, dropout: Float, _ percent: Double
    ) -> Architecture {
        let stages = TimmStage.first.map { $0.scaled(width: width, depth: depth) }
        let (stem, last) = (divisible(32 * width), divisible(1280 * width))
        return Architecture(
            name: "tf_efficientnet_\(name)", summary: "Tan and Le 2019, for TensorFlow's weights", nominalSize: size,
            accuracy: .timm(percent, "tf_efficientnet_\(name).in1k"),
            make: {
                TimmEfficientNet(
                    stages: stages, stem: stem, last: last, dropout: dropout, norm: tensorFlowNorm, padsSame: true,
                    classCount: $0.classCount)
            })
    }

    private static func mobile(
        _ name: String, width: Double, _ accuracy: PublishedAccuracy, ofTensorFlow: Bool = false
    ) -> Architecture {
        let stages = TimmStage.mobile.map { $0.scaled(width: width, depth: 1) }
        let (stem, last) = (divisible(32 * width), max(1280, divisible(1280 * width)))
        let purpose = ofTensorFlow ? "for TensorFlow's weights" : "under timm's names"
        return Architecture(
            name: (ofTensorFlow ? "tf_" : "") + "mobilenetv2_\(name)",
            summary: "Sandler et al. 2018, channels times \(width), \(purpose)", nominalSize: 224, accuracy: accuracy,
            make: {
                TimmEfficientNet(
                    stages: stages, stem: stem, last: last, dropout: 0.2,
                    norm: ofTensorFlow ? tensorFlowNorm : NormNumbers(), padsSame: ofTensorFlow, activation: .relu6,
                    dropRate: 0, classCount: $0.classCount)
            })
    }

    private static func authorsMobile(_ name: String, width: Double, _ percent: Double) -> Architecture {
        mobile(name, width: width, .mobileNetV2Authors(percent), ofTensorFlow: true)
    }

    private static func second(
        _ name: String, _ stages: [TimmStage], stem: Int, size: Int, _ accuracy: PublishedAccuracy
    ) -> Architecture {
        Architecture(
            name: "tf_efficientnetv2_\(name)", summary: "Tan and Le 2021, for TensorFlow's weights", nominalSize: size,
            accuracy: accuracy,
            make: {
                TimmEfficientNet(
                    stages: stages, stem: stem, last: 1280, dropout: 0.2, norm: tensorFlowNorm, padsSame: true,
                    classCount: $0.classCount)
            })
    }
}

/// An EfficientNet under timm's names.
package struct TimmEfficientNet: Network {
    var stages: [TimmStage]
    /// Channels of the first and of the last convolution.
    var stem, last: Int
    var dropout: Float
    var norm: NormNumbers
    /// True where convolutions pad as TensorFlow's "SAME" does.
    var padsSame: Bool
    var activation = Activation.Kind.silu
    /// How often the last block is left out in training; earlier ones less.
    var dropRate: Float = 0.2
    var classCount: Int

    package var head: Scope { .root / "classifier" }

    package func features(_ x: Value) -> Value {
        let unit = TimmUnit(norm: norm, padsSame: padsSame, usual: activation)
        var y = unit(x, .root / "conv_stem", .root / "bn1", stem, kernel: 3, stride: 2, activation: activation)
        let total = stages.reduce(0) { $0 + $1.count }
        var position = 0
        for (index, stage) in stages.enumerated() {
            for number in 0..<stage.count {
                let block = TimmBlock(
                    stage: stage, stride: number == 0 ? stage.stride : 1,
                    dropRate: dropRate * Float(position) / Float(total), unit: unit)
                y = block(y, .root / "blocks" / "\(index)" / "\(number)")
                position += 1
            }
        }
        return unit(y, .root / "conv_head", .root / "bn2", last, kernel: 1, activation: activation)
    }

    package func classifier(_ x: Value) -> Value {
        x.globalAveragePool().flatten().dropout(dropout).linear(
            head, classCount, initializer: .uniform(bound: 1 / Float(classCount).squareRoot()),
            biasInitializer: .constant(0))
    }
}

/// A row of the tables: `count` blocks, the first of which has the stride.
package struct TimmStage: Sendable {
    /// What a block is made of, by timm's letters.
    enum Kind: Sendable {
        /// cn: one convolution.
        case plain
        /// ds: a depthwise and a 1x1 convolution.
        case separable
        /// er: a convolution that widens, and a 1x1 convolution.
        case edge
        /// ir: a 1x1 convolution that widens, a depthwise and a 1x1 convolution.
        case inverted
    }

    var kind: Kind
    package var count: Int
    var kernel, stride, expansion, channels: Int
    var excites: Bool

    init(
        _ kind: Kind, _ count: Int, _ kernel: Int, _ stride: Int, _ expansion: Int, _ channels: Int,
        excites: Bool = false
    ) {
        (self.kind, self.count, self.kernel, self.stride) = (kind, count, kernel, stride)
        (self.expansion, self.channels, self.excites) = (expansion, channels, excites)
    }

    package func scaled(width: Double, depth: Double) -> TimmStage {
        var stage = self
        stage.channels = divisible(Double(channels) * width)
        stage.count = Int((Double(count) * depth).rounded(.up))
        return stage
    }

    /// Tan and Le 2019, table 1.
    package static let first = [
        TimmStage(.separable, 1, 3, 1, 1, 16, excites: true), TimmStage(.inverted, 2, 3, 2, 6, 24, excites: true),
        TimmStage(.inverted, 2, 5, 2, 6, 40, excites: true), TimmStage(.inverted, 3, 3, 2, 6, 80, excites: true),
        TimmStage(.inverted, 3, 5, 1, 6, 112, excites: true), TimmStage(.inverted, 4, 5, 2, 6, 192, excites: true),
        TimmStage(.inverted, 1, 3, 1, 6, 320, excites: true),
    ]

    /// Tan and Le 2021, table 4.
    static let secondS = [
        TimmStage(.plain, 2, 3, 1, 1, 24), TimmStage(.edge, 4, 3, 2, 4, 48), TimmStage(.edge, 4, 3, 2, 4, 64),
        TimmStage(.inverted, 6, 3, 2, 4, 128, excites: true), TimmStage(.inverted, 9, 3, 1, 6, 160, excites: true),
        TimmStage(.inverted, 15, 3, 2, 6, 256, excites: true),
    ]

    /// The smallest of version 2, in the authors' code.
    static let secondB0 = [
        TimmStage(.plain, 1, 3, 1, 1, 16), TimmStage(.edge, 2, 3, 2, 4, 32), TimmStage(.edge, 2, 3, 2, 4, 48),
        TimmStage(.inverted, 3, 3, 2, 4, 96, excites: true), TimmStage(.inverted, 5, 3, 1, 6, 112, excites: true),
        TimmStage(.inverted, 8, 3, 2, 6, 192, excites: true),
    ]

    /// Sandler et al. 2018, table 2.
    package static let mobile = [
        TimmStage(.separable, 1, 3, 1, 1, 16), TimmStage(.inverted, 2, 3, 2, 6, 24),
        TimmStage(.inverted, 3, 3, 2, 6, 32),
        TimmStage(.inverted, 4, 3, 2, 6, 64), TimmStage(.inverted, 3, 3, 1, 6, 96),
        TimmStage(.inverted, 3, 3, 2, 6, 160),
        TimmStage(.inverted, 1, 3, 1, 6, 320),
    ]

    /// timm's `test_efficientnet`.
    static let test = [
        TimmStage(.plain, 1, 3, 1, 1, 16), TimmStage(.edge, 1, 3, 2, 4, 24), TimmStage(.edge, 1, 3, 2, 4, 32),
        TimmStage(.inverted, 1, 3, 2, 4, 48, excites: true), TimmStage(.inverted, 1, 3, 2, 4, 64, excites: true),
    ]
}

/// A convolution without bias, its norm, an activation, under a name for each.
struct TimmUnit: Sendable {
    var norm: NormNumbers
    var padsSame: Bool
    /// The activation of the network.
    var usual: Activation.Kind

    func callAsFunction(
        _ x: Value, _ convolution: Scope, _ normScope: Scope, _ channels: Int, kernel: Int, stride: Int = 1,
        groups: Int = 1, activation: Activation.Kind? = nil
    ) -> Value {
        x.conv2d(
            convolution, channels, kernel: kernel, stride: stride, padding: kernel / 2, groups: groups, bias: false,
            padsSame: padsSame, initializer: .kaimingNormal(fanOut: channels * kernel * kernel / groups)
        ).batchNorm(normScope, epsilon: norm.epsilon, momentum: norm.momentum).activated(activation)
    }
}

/// One block of a stage, with a shortcut where shapes allow.
struct TimmBlock: Layer {
    var stage: TimmStage
    var stride: Int
    var dropRate: Float
    var unit: TimmUnit

    func callAsFunction(_ x: Value, _ scope: Scope) -> Value {
        let y = branch(x, scope)
        guard stride == 1, x.channels == stage.channels else { return y }
        return y.stochasticDepth(dropRate, scope) + x
    }

    private func branch(_ x: Value, _ scope: Scope) -> Value {
        let (kernel, channels) = (stage.kernel, stage.channels)
        let wide = divisible(Double(x.channels * stage.expansion))
        switch stage.kind {
        case .plain:
            return unit(
                x, scope / "conv", scope / "bn1", channels, kernel: kernel, stride: stride, activation: unit.usual)
        case .separable:
            let y = unit(
                x, scope / "conv_dw", scope / "bn1", x.channels, kernel: kernel, stride: stride, groups: x.channels,
                activation: unit.usual)
            return unit(excited(y, x, scope), scope / "conv_pw", scope / "bn2", channels, kernel: 1)
        case .edge:
            let y = unit(
                x, scope / "conv_exp", scope / "bn1", wide, kernel: kernel, stride: stride, activation: unit.usual)
            return unit(excited(y, x, scope), scope / "conv_pwl", scope / "bn2", channels, kernel: 1)
        case .inverted:
            var y = unit(x, scope / "conv_pw", scope / "bn1", wide, kernel: 1, activation: unit.usual)
            y = unit(
                y, scope / "conv_dw", scope / "bn2", wide, kernel: kernel, stride: stride, groups: wide,
                activation: unit.usual)
            return unit(excited(y, x, scope), scope / "conv_pwl", scope / "bn3", channels, kernel: 1)
        }
    }

    private func excited(_ y: Value, _ x: Value, _ scope: Scope) -> Value {
        guard stage.excites else { return y }
        return SqueezeExcitation(
            squeezed: x.channels / 4, activation: unit.usual, startsByFanOut: true,
            names: ("conv_reduce", "conv_expand"))(
                y, scope / "se")
    }
}
