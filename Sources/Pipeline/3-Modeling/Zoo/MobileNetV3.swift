// MobileNetV3: MobileNetV2's blocks, chosen by search for phones, with squeeze and excitation and cheaper activations.
// Howard et al. 2019, tables 1 and 2. Names, order, shapes and first values of parameters equal torchvision's.

import FoveaGraph
import FoveaOperators

extension MobileNetV3 {
    static let architectures = [
        Architecture(
            name: "mobilenet_v3_small", summary: "Howard et al. 2019", nominalSize: 224, accuracy: .torchvision(67.668),
            make: { MobileNetV3(small, hidden: 1024, classCount: $0.classCount) }),
        Architecture(
            name: "mobilenet_v3_large", summary: "Howard et al. 2019", nominalSize: 224, accuracy: .torchvision(74.042),
            make: { MobileNetV3(large, hidden: 1280, classCount: $0.classCount) }),
    ]

    /// Table 2.
    private static let small = [
        MobileBlock(3, 16, 16, true, .relu, 2), MobileBlock(3, 72, 24, false, .relu, 2),
        MobileBlock(3, 88, 24, false, .relu, 1), MobileBlock(5, 96, 40, true, .hardSwish, 2),
        MobileBlock(5, 240, 40, true, .hardSwish, 1), MobileBlock(5, 240, 40, true, .hardSwish, 1),
        MobileBlock(5, 120, 48, true, .hardSwish, 1), MobileBlock(5, 144, 48, true, .hardSwish, 1),
        MobileBlock(5, 288, 96, true, .hardSwish, 2), MobileBlock(5, 576, 96, true, .hardSwish, 1),
        MobileBlock(5, 576, 96, true, .hardSwish, 1),
    ]

    /// Table 1.
    private static let large = [
        MobileBlock(3, 16, 16, false, .relu, 1), MobileBlock(3, 64, 24, false, .relu, 2),
        MobileBlock(3, 72, 24, false, .relu, 1), MobileBlock(5, 72, 40, true, .relu, 2),
        MobileBlock(5, 120, 40, true, .relu, 1), MobileBlock(5, 120, 40, true, .relu, 1),
        MobileBlock(3, 240, 80, false, .hardSwish, 2), MobileBlock(3, 200, 80, false, .hardSwish, 1),
        MobileBlock(3, 184, 80, false, .hardSwish, 1), MobileBlock(3, 184, 80, false, .hardSwish, 1),
        MobileBlock(3, 480, 112, true, .hardSwish, 1), MobileBlock(3, 672, 112, true, .hardSwish, 1),
        MobileBlock(5, 672, 160, true, .hardSwish, 2), MobileBlock(5, 960, 160, true, .hardSwish, 1),
        MobileBlock(5, 960, 160, true, .hardSwish, 1),
    ]
}

/// MobileNetV3, large or small.
package struct MobileNetV3: Network {
    var blocks: [MobileBlock]
    /// Features of the layer before the last.
    var hidden: Int
    var classCount: Int

    init(_ blocks: [MobileBlock], hidden: Int, classCount: Int) {
        self.blocks = blocks
        self.hidden = hidden
        self.classCount = classCount
    }

    package var head: Scope { .root / "classifier.3" }

    package func features(_ x: Value) -> Value {
        let scope = Scope.root / "features"
        var y = unit(16, kernel: 3, stride: 2)(x, scope / "0")
        for (index, block) in blocks.enumerated() { y = block(y, scope / "\(index + 1)" / "block") }
        return unit(6 * y.channels)(y, scope / "\(blocks.count + 1)")
    }

    package func classifier(_ x: Value) -> Value {
        x.globalAveragePool().flatten().linear(
            .root / "classifier.0", hidden, initializer: .normal(deviation: 0.01), biasInitializer: .constant(0)
        ).hardSwish().dropout(0.2).linear(
            head, classCount, initializer: .normal(deviation: 0.01), biasInitializer: .constant(0))
    }

    private func unit(_ channels: Int, kernel: Int = 1, stride: Int = 1) -> ConvolutionNormActivation {
        ConvolutionNormActivation(
            channels: channels, kernel: kernel, stride: stride, activation: .hardSwish, norm: MobileBlock.norm)
    }
}

/// A row of tables 1 and 2: expand, filter each channel, weigh channels, project; a shortcut where shapes allow.    Figure 4.
struct MobileBlock: Layer {
    var kernel, expanded, channels: Int
    var excites: Bool
    var activation: Activation.Kind
    var stride: Int

    init(
        _ kernel: Int, _ expanded: Int, _ channels: Int, _ excites: Bool, _ activation: Activation.Kind, _ stride: Int
    ) {
        (self.kernel, self.expanded, self.channels) = (kernel, expanded, channels)
        (self.excites, self.activation, self.stride) = (excites, activation, stride)
    }

    static let norm = NormNumbers(epsilon: 1e-3, momentum: 0.01)

    func callAsFunction(_ x: Value, _ scope: Scope) -> Value {
        var layers: [any Layer] = []
        if expanded != x.channels {
            layers.append(ConvolutionNormActivation(channels: expanded, activation: activation, norm: Self.norm))
        }
        layers.append(
            ConvolutionNormActivation(
                channels: expanded, kernel: kernel, stride: stride, groups: expanded, activation: activation,
                norm: Self.norm))
        if excites {
            layers.append(
                SqueezeExcitation(
                    squeezed: divisible(Double(expanded / 4)), gate: .hardSigmoid, startsByFanOut: true))
        }
        layers.append(ConvolutionNormActivation(channels: channels, norm: Self.norm))
        let y = layers.enumerated().reduce(x) { y, layer in layer.element(y, scope / "\(layer.offset)") }
        return stride == 1 && x.channels == channels ? y + x : y
    }
}
