// EfficientNet: one small network found by search, and larger ones that grow in depth, width and size together. Tan and Le
// 2019, table 1; version 2 (Tan and Le 2021, table 4) begins with plain convolutions in place of depthwise ones.
// Names, order, shapes and first values of parameters equal torchvision's.

import FoveaGraph
import FoveaOperators

extension EfficientNet {
    static let architectures = [
        first("b0", width: 1, depth: 1, size: 224, dropout: 0.2, 77.692),
        first("b1", width: 1, depth: 1.1, size: 240, dropout: 0.2, 78.642),
        first("b2", width: 1.1, depth: 1.2, size: 288, dropout: 0.3, 80.608),
        first("b3", width: 1.2, depth: 1.4, size: 300, dropout: 0.3, 82.008),
        first("b4", width: 1.4, depth: 1.8, size: 380, dropout: 0.4, 83.384),
        Architecture(
            name: "efficientnet_v2_s", summary: "Tan and Le 2021", nominalSize: 384, accuracy: .torchvision(84.228),
            make: {
                EfficientNet(
                    stages: EfficientStage.second, stem: 24, last: 1280, dropout: 0.2,
                    norm: NormNumbers(epsilon: 1e-3), classCount: $0.classCount)
            }),
    ]

    private static func first(
        _ name: String, width: Double, depth: Double, size: Int, dropout: Float, _ percent: Double
    ) -> Architecture {
        let stages = EfficientStage.first.map { $0.scaled(width: width, depth: depth) }
        let (stem, last) = (divisible(32 * width), 4 * divisible(320 * width))
        return Architecture(
            name: "efficientnet_\(name)", summary: "Tan and Le 2019", nominalSize: size,
            accuracy: .torchvision(percent),
            make: {
                EfficientNet(
                    stages: stages, stem: stem, last: last, dropout: dropout, norm: NormNumbers(),
                    classCount: $0.classCount)
            })
    }
}

/// EfficientNet of one size, of either version.
package struct EfficientNet: Network {
    var stages: [EfficientStage]
    /// Channels of the first and of the last convolution.
    var stem, last: Int
    var dropout: Float
    var norm: NormNumbers
    var classCount: Int

    package var head: Scope { .root / "classifier.1" }

    /// How often the last block is left out in training; earlier ones less.
    private static let leastSurvival: Float = 0.2

    package func features(_ x: Value) -> Value {
        let scope = Scope.root / "features"
        var y = ConvolutionNormActivation(channels: stem, kernel: 3, stride: 2, activation: .silu, norm: norm)(
            x, scope / "0")
        let total = stages.reduce(0) { $0 + $1.count }
        var position = 0
        for (index, stage) in stages.enumerated() {
            for number in 0..<stage.count {
                let block = EfficientBlock(
                    stage: stage, stride: number == 0 ? stage.stride : 1,
                    dropRate: Self.leastSurvival * Float(position) / Float(total), norm: norm)
                y = block(y, scope / "\(index + 1)" / "\(number)" / "block")
                position += 1
            }
        }
        return ConvolutionNormActivation(channels: last, activation: .silu, norm: norm)(
            y, scope / "\(stages.count + 1)")
    }

    package func classifier(_ x: Value) -> Value {
        x.globalAveragePool().flatten().dropout(dropout).linear(
            head, classCount, initializer: .uniform(bound: 1 / Float(classCount).squareRoot()),
            biasInitializer: .constant(0))
    }
}

/// A row of the tables: `count` blocks, the first of which has the stride.
struct EfficientStage: Sendable {
    /// True where expansion and depthwise convolution are one plain convolution (version 2).
    var isFused = false
    var expansion, kernel, stride, channels, count: Int

    init(_ expansion: Int, _ kernel: Int, _ stride: Int, _ channels: Int, _ count: Int, isFused: Bool = false) {
        (self.expansion, self.kernel, self.stride) = (expansion, kernel, stride)
        (self.channels, self.count, self.isFused) = (channels, count, isFused)
    }

    /// B0: Tan and Le 2019, table 1.
    static let first = [
        EfficientStage(1, 3, 1, 16, 1), EfficientStage(6, 3, 2, 24, 2), EfficientStage(6, 5, 2, 40, 2),
        EfficientStage(6, 3, 2, 80, 3), EfficientStage(6, 5, 1, 112, 3), EfficientStage(6, 5, 2, 192, 4),
        EfficientStage(6, 3, 1, 320, 1),
    ]

    /// V2-S: Tan and Le 2021, table 4.
    static let second = [
        EfficientStage(1, 3, 1, 24, 2, isFused: true), EfficientStage(4, 3, 2, 48, 4, isFused: true),
        EfficientStage(4, 3, 2, 64, 4, isFused: true), EfficientStage(4, 3, 2, 128, 6),
        EfficientStage(6, 3, 1, 160, 9), EfficientStage(6, 3, 2, 256, 15),
    ]

    /// Compound scaling.
    func scaled(width: Double, depth: Double) -> EfficientStage {
        var stage = self
        stage.channels = divisible(Double(channels) * width)
        stage.count = Int((Double(count) * depth).rounded(.up))
        return stage
    }
}

/// Expand, filter, weigh channels, project, and a shortcut that is left out at random.      Tan and Le 2021, figure 2.
struct EfficientBlock: Layer {
    var stage: EfficientStage
    var stride: Int
    var dropRate: Float
    var norm: NormNumbers

    func callAsFunction(_ x: Value, _ scope: Scope) -> Value {
        let layers = stage.isFused ? fused(x) : separable(x)
        let y = layers.enumerated().reduce(x) { y, layer in layer.element(y, scope / "\(layer.offset)") }
        guard stride == 1, x.channels == stage.channels else { return y }
        return y.stochasticDepth(dropRate, scope) + x
    }

    private func unit(_ channels: Int, _ kernel: Int, stride: Int = 1, groups: Int = 1, isLinear: Bool = false)
        -> ConvolutionNormActivation
    {
        ConvolutionNormActivation(
            channels: channels, kernel: kernel, stride: stride, groups: groups, activation: isLinear ? nil : .silu,
            norm: norm)
    }

    private func separable(_ x: Value) -> [any Layer] {
        let wide = divisible(Double(x.channels * stage.expansion))
        let expansion: [any Layer] = wide == x.channels ? [] : [unit(wide, 1)]
        return expansion + [
            unit(wide, stage.kernel, stride: stride, groups: wide),
            SqueezeExcitation(squeezed: max(1, x.channels / 4), activation: .silu, startsByFanOut: true),
            unit(stage.channels, 1, isLinear: true),
        ]
    }

    private func fused(_ x: Value) -> [any Layer] {
        let wide = divisible(Double(x.channels * stage.expansion))
        if wide == x.channels { return [unit(stage.channels, stage.kernel, stride: stride)] }
        return [unit(wide, stage.kernel, stride: stride), unit(stage.channels, 1, isLinear: true)]
    }
}
