// Residual networks. He et al. 2015, "Deep residual learning for image recognition"; stride in the 3x3 convolution of a
// bottleneck, as torchvision has it. Wide ones (Zagoruyko and Komodakis 2016) and those with grouped convolutions, ResNeXt
// (Xie et al. 2016), differ in the bottleneck's inner channels alone. Names and order of parameters equal torchvision's.

import FoveaGraph

extension ResNet {
    static let architectures = [
        listed("resnet18", .basic, [2, 2, 2, 2], 69.758), listed("resnet34", .basic, [3, 4, 6, 3], 73.314),
        listed("resnet50", .bottleneck(), [3, 4, 6, 3], 76.130),
        listed("resnet101", .bottleneck(), [3, 4, 23, 3], 77.374),
        listed("resnet152", .bottleneck(), [3, 8, 36, 3], 78.312),
        listed(
            "wide_resnet50_2", .bottleneck(groupWidth: 128), [3, 4, 6, 3], 78.468, "Zagoruyko and Komodakis 2016"),
        listed("resnext50_32x4d", .bottleneck(groups: 32, groupWidth: 4), [3, 4, 6, 3], 77.618, "Xie et al. 2016"),
    ]

    private static func listed(
        _ name: String, _ kind: Kind, _ blocks: [Int], _ percent: Double, _ source: String = "He et al. 2015"
    ) -> Architecture {
        Architecture(
            name: name, summary: "\(source); up to 64 px with a 3x3 stem", nominalSize: 224,
            accuracy: .torchvision(percent), make: { ResNet(kind, blocks, $0) })
    }
}

/// ResNet-18 to 152 and kin; pictures of up to 64 px get a 3x3 stem without pooling (section 4.2 of the paper).
package struct ResNet: Network {
    package enum Kind: Sendable {
        case basic
        /// With inner convolutions in `groups` of `groupWidth` channels in the first stage, twice as many in the next.
        case bottleneck(groups: Int = 1, groupWidth: Int = 64)
    }

    package var kind: Kind
    /// Blocks of each of the four stages.
    package var blocks: [Int]
    package var classCount: Int
    package var hasSmallStem: Bool

    package init(_ kind: Kind, _ blocks: [Int], _ configuration: ModelConfiguration) {
        self.kind = kind
        self.blocks = blocks
        classCount = configuration.classCount
        hasSmallStem = max(configuration.height, configuration.width) <= 64
    }

    package var head: Scope { .root / "fc" }

    package func features(_ x: Value) -> Value {
        var y = stem(x)
        for (stage, count) in blocks.enumerated() {
            for index in 0..<count {
                let stride = stage > 0 && index == 0 ? 2 : 1
                let scope = Scope.root / "layer\(stage + 1)" / "\(index)"
                y = block(y, scope, channels: 64 << stage, stride: stride)
            }
        }
        return y
    }

    package func classifier(_ x: Value) -> Value {
        x.globalAveragePool().flatten().linear(head, classCount)
    }

    private func stem(_ x: Value) -> Value {
        let y = x.residualConv(.root / "conv1", 64, kernel: hasSmallStem ? 3 : 7, stride: hasSmallStem ? 1 : 2)
            .batchNorm(.root / "bn1").relu()
        return hasSmallStem ? y : y.maxPool(3, stride: 2, padding: 1)
    }

    private func block(_ x: Value, _ scope: Scope, channels: Int, stride: Int) -> Value {
        switch kind {
        case .basic: BasicBlock(channels: channels, stride: stride)(x, scope)
        case .bottleneck(let groups, let width):
            Bottleneck(channels: channels, inner: channels * width / 64 * groups, groups: groups, stride: stride)(
                x, scope)
        }
    }
}

/// Two 3x3 convolutions and a shortcut: y = relu(F(x) + x).      He et al. 2015, figure 5 left.
struct BasicBlock: Layer {
    var channels: Int
    var stride = 1
    var form = BlockForm.first

    func callAsFunction(_ x: Value, _ scope: Scope) -> Value {
        var y = x.residualConv(scope / "conv1", channels, kernel: 3, stride: stride).batchNorm(scope / "bn1").relu()
        y = y.residualConv(scope / "conv2", channels, kernel: 3)
            .batchNorm(scope / "bn2", firstScale: form.lastScale)
        return (y + form.shortcut(x, scope / "downsample", channels, stride: stride)).relu()
    }
}

/// 1x1, 3x3 and 1x1 convolutions and a shortcut; the last has four times the channels.      Figure 5 right.
struct Bottleneck: Layer {
    var channels: Int
    /// Channels between the outer convolutions.
    var inner: Int
    var groups = 1
    var stride = 1
    var form = BlockForm.first

    func callAsFunction(_ x: Value, _ scope: Scope) -> Value {
        var y = x.residualConv(scope / "conv1", inner, kernel: 1).batchNorm(scope / "bn1").relu()
        y = y.residualConv(scope / "conv2", inner, kernel: 3, stride: stride, groups: groups)
            .batchNorm(scope / "bn2").relu()
        y = y.residualConv(scope / "conv3", channels * 4, kernel: 1)
            .batchNorm(scope / "bn3", firstScale: form.lastScale)
        return (y + form.shortcut(x, scope / "downsample", channels * 4, stride: stride)).relu()
    }
}

/// What blocks of the first residual networks and those of version D do differently.
enum BlockForm: Sendable {
    /// The shortcut's 1x1 convolution has the stride.
    case first
    /// Means of 2x2 come before it, so that no element is left out, and a block begins as the identity.      He et al. 2019,
    /// figure 2c and section 3.1.
    case d

    /// What the block's last norm multiplies by before anything was learned.
    var lastScale: Float { self == .d ? 0 : 1 }

    /// The identity, or a 1x1 projection where the shape changes.
    func shortcut(_ x: Value, _ scope: Scope, _ channels: Int, stride: Int) -> Value {
        guard stride != 1 || x.channels != channels else { return x }
        switch self {
        case .first:
            return x.residualConv(scope / "0", channels, kernel: 1, stride: stride).batchNorm(scope / "1")
        case .d:
            let y = stride == 1 ? x : x.averagePool(stride, countsPadding: false, roundsUp: true)
            return y.residualConv(scope / "1", channels, kernel: 1).batchNorm(scope / "2")
        }
    }
}

extension Value {
    /// A convolution without bias, padded to keep the extent, initialised for ReLU (He et al. 2015b).
    func residualConv(
        _ scope: Scope, _ channels: Int, kernel: Int, stride: Int = 1, groups: Int = 1
    ) -> Value {
        conv2d(
            scope, channels, kernel: kernel, stride: stride, padding: kernel / 2, groups: groups, bias: false,
            initializer: .kaimingNormal(fanOut: channels * kernel * kernel))
    }
}
