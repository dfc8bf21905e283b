// The default network for small pictures: a plain stem, then residual stages that halve the picture and double the channels.
// Designed for a few minutes on two cores: most of its work is 3x3 convolutions over 64 and more channels, where kernels
// are at their best, and pooling comes before channels grow.

import FoveaGraph

extension SmallCNN {
    static let architectures = [
        Architecture(
            name: "smallcnn", summary: "a small residual network for pictures of 28 to 64 px", nominalSize: 28,
            make: { SmallCNN(classCount: $0.classCount) })
    ]
}

/// A small residual network for pictures of 28 to 64 px. Ours; the residual block is He et al. 2015, figure 2.
package struct SmallCNN: Network {
    package var classCount: Int
    /// Channels of the stem and of each stage.
    package var channels = [32, 64, 128]

    package init(classCount: Int) { self.classCount = classCount }

    package var head: Scope { .root / "fc" }

    package func features(_ x: Value) -> Value {
        var y = ConvolutionNorm(channels: channels[0])(x, .root / "stem").maxPool(2, stride: 2)
        for (index, channels) in channels.dropFirst().enumerated() {
            let scope = Scope.root / "stages.\(index)"
            y = ConvolutionNorm(channels: channels)(y, scope / "0")
            y = y + ConvolutionNorm(channels: channels)(y, scope / "1")
            if index + 2 < self.channels.count { y = y.maxPool(2, stride: 2) }
        }
        return y
    }

    package func classifier(_ x: Value) -> Value {
        x.globalAveragePool().flatten().linear(head, classCount)
    }
}

/// 3x3 convolution, norm, ReLU: (N, C, H, W) to (N, channels, H, W).
struct ConvolutionNorm: Layer {
    var channels: Int

    func callAsFunction(_ x: Value, _ scope: Scope) -> Value {
        x.conv2d(scope / "conv", channels, kernel: 3, padding: 1, bias: false).batchNorm(scope / "bn").relu()
    }
}
