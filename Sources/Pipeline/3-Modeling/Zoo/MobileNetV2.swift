// MobileNetV2: few multiply-adds, for small machines. Sandler et al. 2018, "MobileNetV2: inverted residuals and linear
// bottlenecks". Names, order, shapes and first values of parameters equal torchvision's `mobilenet_v2`, of every width.

import FoveaGraph

extension MobileNetV2 {
    static let architectures = [
        listed("mobilenet_v2_035", width: 0.35, .mobileNetV2Authors(60.3)),
        listed("mobilenet_v2_050", width: 0.5, .mobileNetV2Authors(65.4)),
        listed("mobilenet_v2_075", width: 0.75, .mobileNetV2Authors(69.8)),
        listed("mobilenet_v2", width: 1, .torchvision(71.878)),
        listed("mobilenet_v2_140", width: 1.4, .mobileNetV2Authors(75.0)),
    ]

    private static func listed(_ name: String, width: Double, _ accuracy: PublishedAccuracy) -> Architecture {
        let channels = width == 1 ? "" : ", channels times \(width)"
        return Architecture(
            name: name, summary: "Sandler et al. 2018\(channels); up to 64 px with less striding", nominalSize: 224,
            accuracy: accuracy, make: { MobileNetV2($0, width: width) })
    }
}

extension PublishedAccuracy {
    /// The table of the authors' own weights: research/slim/nets/mobilenet/README.md of tensorflow/models.
    static func mobileNetV2Authors(_ percent: Double) -> PublishedAccuracy {
        PublishedAccuracy(percent: percent, data: "ImageNet-1K", source: "the authors' weights for TensorFlow")
    }
}

/// MobileNetV2 with its channels times `width`. Pictures of up to 64 px are halved three times instead of five, as ResNet's small form does:
/// stem and first halving stage have stride 1, so that 32 px end in a map of 4 x 4.
package struct MobileNetV2: Network {
    /// A row of the paper's table 2: `count` blocks, the first of which has the stride.
    struct Stage: Sendable {
        var expansion, channels, count, stride: Int
    }

    /// Table 2, between the first convolution and the last.
    static let stages = [
        Stage(expansion: 1, channels: 16, count: 1, stride: 1),
        Stage(expansion: 6, channels: 24, count: 2, stride: 2),
        Stage(expansion: 6, channels: 32, count: 3, stride: 2),
        Stage(expansion: 6, channels: 64, count: 4, stride: 2),
        Stage(expansion: 6, channels: 96, count: 3, stride: 1),
        Stage(expansion: 6, channels: 160, count: 3, stride: 2),
        Stage(expansion: 6, channels: 320, count: 1, stride: 1),
    ]

    package var classCount: Int
    package var isSmall: Bool
    package var width: Double

    package init(_ configuration: ModelConfiguration, width: Double = 1) {
        classCount = configuration.classCount
        self.width = width
        isSmall = max(configuration.height, configuration.width) <= 64
    }

    package var head: Scope { .root / "classifier.1" }

    package func features(_ x: Value) -> Value {
        let scope = Scope.root / "features"
        func scaled(_ channels: Int) -> Int { divisible(Double(channels) * width) }
        var y = x.normedConv(scope / "0.0", scope / "0.1", scaled(32), kernel: 3, stride: isSmall ? 1 : 2).relu6()
        var index = 1
        for stage in Self.stages {
            for position in 0..<stage.count {
                let keepsExtent = position > 0 || (isSmall && stage.channels == 24)
                let block = InvertedResidual(
                    expansion: stage.expansion, channels: scaled(stage.channels), stride: keepsExtent ? 1 : stage.stride
                )
                y = block(y, scope / "\(index)" / "conv")
                index += 1
            }
        }
        let last = divisible(1280 * max(1, width))
        return y.normedConv(scope / "18.0", scope / "18.1", last, kernel: 1).relu6()
    }

    package func classifier(_ x: Value) -> Value {
        x.globalAveragePool().flatten().dropout(0.2).linear(
            head, classCount, initializer: .normal(deviation: 0.01), biasInitializer: .constant(0))
    }
}

/// The multiple of `divisor` next to a number of channels, and not below nine tenths of it: `_make_divisible` of the
/// networks that Google published, which torchvision and timm keep to.
func divisible(_ channels: Double, by divisor: Int = 8) -> Int {
    let nearest = max(divisor, Int(channels + Double(divisor) / 2) / divisor * divisor)
    return Double(nearest) < 0.9 * channels ? nearest + divisor : nearest
}

/// Widens with a 1x1 convolution, filters each channel alone, and narrows again without an activation; a shortcut where
/// shapes allow.      Table 1 and figure 4.
struct InvertedResidual: Layer {
    var expansion: Int
    var channels: Int
    var stride = 1

    func callAsFunction(_ x: Value, _ scope: Scope) -> Value {
        let wide = x.channels * expansion
        var y = x
        if expansion > 1 { y = y.normedConv(scope / "0.0", scope / "0.1", wide, kernel: 1).relu6() }
        let next = expansion > 1 ? 1 : 0
        y = y.normedConv(
            scope / "\(next).0", scope / "\(next).1", wide, kernel: 3, stride: stride, groups: wide
        ).relu6()
        y = y.normedConv(scope / "\(next + 1)", scope / "\(next + 2)", channels, kernel: 1)
        return stride == 1 && x.channels == channels ? x + y : y
    }
}

extension Value {
    /// A convolution without bias, padded to keep the extent, and its norm. Filters start as torchvision's do, which takes
    /// all outputs for the fan-out of a depthwise filter.
    fileprivate func normedConv(
        _ convolution: Scope, _ norm: Scope, _ channels: Int, kernel: Int, stride: Int = 1, groups: Int = 1
    ) -> Value {
        conv2d(
            convolution, channels, kernel: kernel, stride: stride, padding: kernel / 2, groups: groups, bias: false,
            initializer: .kaimingNormal(fanOut: channels * kernel * kernel)
        ).batchNorm(norm)
    }
}
