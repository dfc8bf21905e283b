// Three convolutions with norm, ReLU and pooling, and one fully connected layer: the smallest network that does well on
// small pictures, and the one that speed is compared on. Its twin in PyTorch stands in Benchmarks/peers.

import FoveaGraph

extension PlainCNN {
    static let architectures = [
        Architecture(
            name: "plaincnn", summary: "three convolutions with pooling and one fully connected layer", nominalSize: 28,
            make: { PlainCNN(classCount: $0.classCount) })
    ]
}

/// A plain convolutional network for pictures of 28 px and more.
package struct PlainCNN: Network {
    package var classCount: Int
    /// Channels of the convolutions; each is followed by pooling.
    package var channels = [32, 64, 128]

    package init(classCount: Int) { self.classCount = classCount }

    package var head: Scope { .root / "fc" }

    package func features(_ x: Value) -> Value {
        var y = x
        for (index, channels) in channels.enumerated() {
            y = ConvolutionNorm(channels: channels)(y, .root / "stages.\(index)").maxPool(2, stride: 2)
        }
        return y
    }

    package func classifier(_ x: Value) -> Value {
        x.flatten().dropout(0.3).linear(head, classCount)
    }
}
