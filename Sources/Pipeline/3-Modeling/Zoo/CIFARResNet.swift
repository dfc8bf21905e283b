// The residual networks for CIFAR: three stages of 16, 32 and 64 channels. He et al. 2015, section 4.2, with its shortcut of
// option A, which has no weights. Names, order and shapes of parameters equal those of Idelbayev's `pytorch_resnet_cifar10`,
// whose trained weights are the ones in use.

import FoveaGraph

extension CIFARResNet {
    static let architectures = [listed(20, 91.25), listed(32, 92.49), listed(44, 92.83), listed(56, 93.03)]

    private static func listed(_ depth: Int, _ percent: Double) -> Architecture {
        Architecture(
            name: "resnet\(depth)", summary: "He et al. 2015, section 4.2: for CIFAR", nominalSize: 32,
            accuracy: PublishedAccuracy(percent: percent, data: "CIFAR-10", source: "the paper, table 6"),
            make: { CIFARResNet(depth: depth, classCount: $0.classCount) })
    }
}

/// ResNet-20, 32, 44 and 56 for small pictures.
package struct CIFARResNet: Network {
    /// 6 n + 2 layers with weights: n blocks in each stage.
    package var depth: Int
    package var classCount: Int

    package init(depth: Int, classCount: Int) {
        self.depth = depth
        self.classCount = classCount
    }

    package var head: Scope { .root / "linear" }

    package func features(_ x: Value) -> Value {
        var y = x.cifarConv(.root / "conv1", 16).batchNorm(.root / "bn1").relu()
        for stage in 0..<3 {
            for index in 0..<(depth - 2) / 6 {
                let block = CIFARBlock(channels: 16 << stage, stride: stage > 0 && index == 0 ? 2 : 1)
                y = block(y, .root / "layer\(stage + 1)" / "\(index)")
            }
        }
        return y
    }

    package func classifier(_ x: Value) -> Value {
        x.globalAveragePool().flatten().linear(
            head, classCount, initializer: .kaimingNormal(fanOut: x.channels))
    }
}

/// Two 3x3 convolutions and a shortcut without weights: y = relu(F(x) + x).      Figure 2.
struct CIFARBlock: Layer {
    var channels: Int
    var stride = 1

    func callAsFunction(_ x: Value, _ scope: Scope) -> Value {
        var y = x.cifarConv(scope / "conv1", channels, stride: stride).batchNorm(scope / "bn1").relu()
        y = y.cifarConv(scope / "conv2", channels).batchNorm(scope / "bn2")
        return (y + shortcut(x, scope / "shortcut")).relu()
    }

    /// Option A: every second row and column, between channels of zeros.
    private func shortcut(_ x: Value, _ scope: Scope) -> Value {
        guard stride != 1 || x.channels != channels else { return x }
        let kept = x.averagePool(1, stride: stride)
        let zeros = x.builder.constant(
            0, [x.shape[0], (channels - x.channels) / 2, kept.shape[2], kept.shape[3]])
        return .concat([zeros, kept, zeros], scope)
    }
}

extension Value {
    /// A 3x3 convolution without bias that keeps the extent, initialised for ReLU by its fan-in (He et al. 2015b).
    fileprivate func cifarConv(_ scope: Scope, _ channels: Int, stride: Int = 1) -> Value {
        conv2d(
            scope, channels, kernel: 3, stride: stride, padding: 1, bias: false,
            initializer: .kaimingNormal(fanOut: self.channels * 9))
    }
}
