// ConvNeXt: a ResNet made over after vision transformers: large depthwise kernels, layer norm, GELU, few of each. Liu et al.
// 2022, figure 4. Names, order, shapes and first values of parameters equal torchvision's, or timm's, whose weights are the
// authors' own.

import FoveaGraph
import FoveaOperators
import FoveaTensorCore

extension ConvNeXt {
    static let architectures = [
        Architecture(
            name: "convnext_tiny", summary: "Liu et al. 2022, for 32 px and more", nominalSize: 224,
            accuracy: .torchvision(82.520), make: { ConvNeXt(tiny, .torchvision, $0.classCount) }),
        Architecture(
            name: "convnext_small", summary: "Liu et al. 2022, for 32 px and more", nominalSize: 224,
            accuracy: .torchvision(83.616), make: { ConvNeXt(small, .torchvision, $0.classCount) }),
        Architecture(
            name: "timm_convnext_tiny", summary: "the same under timm's names", nominalSize: 224,
            accuracy: .timm(82.698, "convnext_tiny.fb_in1k at 288 px"), make: { ConvNeXt(tiny, .timm, $0.classCount) }),
        Architecture(
            name: "timm_convnext_small", summary: "the same under timm's names", nominalSize: 224,
            accuracy: .timm(83.700, "convnext_small.fb_in1k at 288 px"), make: { ConvNeXt(small, .timm, $0.classCount) }
        ),
    ]

    /// Blocks of each stage, and how often the last of all is left out in training.
    private static let tiny = (depths: [3, 3, 9, 3], dropRate: Float(0.1))
    private static let small = (depths: [3, 3, 27, 3], dropRate: Float(0.4))
    /// Channels of the stages.
    private static let channels = [96, 192, 384, 768]
}

/// ConvNeXt, tiny or small, for pictures of 32 px and more.
package struct ConvNeXt: Network {
    /// Blocks of each stage.
    var depths: [Int]
    /// How often the last block is left out in training; earlier ones less.
    var dropRate: Float
    var names: NextNames
    var classCount: Int

    init(_ size: (depths: [Int], dropRate: Float), _ names: NextNames, _ classCount: Int) {
        (depths, dropRate) = size
        self.names = names
        self.classCount = classCount
    }

    package var head: Scope { names.head }

    package func features(_ x: Value) -> Value {
        var y = x.nextConv(names.stem / "0", Self.channels[0], kernel: 4, stride: 4).layerNorm(names.stem / "1")
        let total = depths.reduce(0, +)
        var position = 0
        for (stage, depth) in depths.enumerated() {
            if stage > 0 {
                let between = names.downsampling(stage)
                y = y.layerNorm(between / "0")
                    .nextConv(between / "1", Self.channels[stage], kernel: 2, stride: 2)
            }
            for index in 0..<depth {
                let block = NextBlock(dropRate: dropRate * Float(position) / Float(total - 1), names: names)
                y = block(y, names.block(stage, index))
                position += 1
            }
        }
        return y
    }

    package func classifier(_ x: Value) -> Value {
        x.globalAveragePool().layerNorm(names.headNorm).flatten().linear(
            head, classCount, initializer: .normal(deviation: 0.02), biasInitializer: .constant(0))
    }
}

/// What the parts are called.
enum NextNames: Sendable {
    case torchvision, timm

    private var isTimm: Bool { self == .timm }
    var stem: Scope { .root / (isTimm ? "stem" : "features.0") }
    var headNorm: Scope { .root / (isTimm ? "head.norm" : "classifier.0") }
    var head: Scope { .root / (isTimm ? "head.fc" : "classifier.2") }

    func downsampling(_ stage: Int) -> Scope {
        .root / (isTimm ? "stages.\(stage).downsample" : "features.\(2 * stage)")
    }

    func block(_ stage: Int, _ index: Int) -> Scope {
        .root / (isTimm ? "stages.\(stage).blocks.\(index)" : "features.\(2 * stage + 1).\(index)")
    }

    /// Of a block: layer scale, depthwise convolution, norm and the two fully connected layers.
    var parts: [String] {
        isTimm
            ? ["gamma", "conv_dw", "norm", "mlp.fc1", "mlp.fc2"]
            : ["layer_scale", "block.0", "block.2", "block.3", "block.5"]
    }

    func scaleShape(_ channels: Int) -> Shape { isTimm ? [channels] : [channels, 1, 1] }
}

/// 7x7 for each channel, layer norm, a fully connected layer to four times the channels at every position, GELU, and back;
/// what comes out begins as almost nothing beside the shortcut.      Figure 4.
struct NextBlock: Layer {
    var dropRate: Float
    var names = NextNames.torchvision

    func callAsFunction(_ x: Value, _ scope: Scope) -> Value {
        let parts = names.parts.map { scope / $0 }
        // The originals declare their layer scale before the layers.
        let scale = x.builder.parameter(parts[0], names.scaleShape(x.channels), .bias, .constant(1e-6))
        var y = x.nextConv(parts[1], x.channels, kernel: 7, padding: 3, groups: x.channels).layerNorm(parts[2])
        y = y.positionwiseLinear(parts[3], 4 * x.channels).gelu().positionwiseLinear(parts[4], x.channels)
        return (y * scale.parameterReshaped(to: [1, x.channels, 1, 1], scope)).stochasticDepth(dropRate, scope) + x
    }
}

extension Value {
    /// A convolution with bias, started as the original's.
    fileprivate func nextConv(
        _ scope: Scope, _ channels: Int, kernel: Int, stride: Int = 1, padding: Int = 0, groups: Int = 1
    ) -> Value {
        conv2d(
            scope, channels, kernel: kernel, stride: stride, padding: padding, groups: groups,
            initializer: .normal(deviation: 0.02), biasInitializer: .constant(0))
    }

    /// A fully connected layer applied to the channels of every position: (N, C, H, W) to (N, `outputs`, H, W).
    fileprivate func positionwiseLinear(_ scope: Scope, _ outputs: Int) -> Value {
        let w = builder.parameter(scope / "weight", [outputs, channels], .weight, .normal(deviation: 0.02))
        let b = builder.parameter(scope / "bias", [outputs], .bias, .constant(0))
        let filters = w.parameterReshaped(to: [outputs, channels, 1, 1], scope)
        return apply(Convolution(Window(1), hasBias: true), [filters, b], scope: scope)
    }
}
