// DenseNet: every layer of a block reads what all layers before it wrote. Huang et al. 2016, "Densely connected convolutional
// networks", table 1 (DenseNet-BC, growth rate 32). Names, order, shapes and first values of parameters equal torchvision's.

import FoveaGraph

extension DenseNet {
    static let architectures = [
        Architecture(
            name: "densenet121", summary: "Huang et al. 2016; up to 64 px with a 3x3 stem", nominalSize: 224,
            accuracy: .torchvision(74.434), make: { DenseNet([6, 12, 24, 16], $0) }),
        Architecture(
            name: "densenet169", summary: "Huang et al. 2016; up to 64 px with a 3x3 stem", nominalSize: 224,
            accuracy: .torchvision(75.600), make: { DenseNet([6, 12, 32, 32], $0) }),
    ]
}

/// DenseNet-121 and 169; pictures of up to 64 px get the paper's stem for CIFAR, 3x3 without pooling.
package struct DenseNet: Network {
    /// Layers of each block.
    package var blocks: [Int]
    package var classCount: Int
    package var hasSmallStem: Bool

    /// Channels that every layer adds.
    private static let growth = 32

    package init(_ blocks: [Int], _ configuration: ModelConfiguration) {
        self.blocks = blocks
        classCount = configuration.classCount
        hasSmallStem = max(configuration.height, configuration.width) <= 64
    }

    package var head: Scope { .root / "classifier" }

    package func features(_ x: Value) -> Value {
        let scope = Scope.root / "features"
        var y = x.denseConv(scope / "conv0", 64, kernel: hasSmallStem ? 3 : 7, stride: hasSmallStem ? 1 : 2)
            .batchNorm(scope / "norm0").relu()
        if !hasSmallStem { y = y.maxPool(3, stride: 2, padding: 1) }
        for (index, count) in blocks.enumerated() {
            for layer in 1...count {
                y = DenseLayer(growth: Self.growth)(y, scope / "denseblock\(index + 1)" / "denselayer\(layer)")
            }
            if index + 1 < blocks.count { y = Transition()(y, scope / "transition\(index + 1)") }
        }
        return y.batchNorm(scope / "norm5").relu()
    }

    package func classifier(_ x: Value) -> Value {
        x.globalAveragePool().flatten().linear(head, classCount, biasInitializer: .constant(0))
    }
}

/// Norm, ReLU, 1x1; norm, ReLU, 3x3; what comes out stands behind what went in.      Section 3, "bottleneck layers".
struct DenseLayer: Layer {
    var growth: Int

    func callAsFunction(_ x: Value, _ scope: Scope) -> Value {
        let y = x.batchNorm(scope / "norm1").relu().denseConv(scope / "conv1", 4 * growth, kernel: 1)
        return .concat([x, y.batchNorm(scope / "norm2").relu().denseConv(scope / "conv2", growth, kernel: 3)])
    }
}

/// Half the channels, half the rows and columns.      Section 3, "compression".
struct Transition: Layer {
    func callAsFunction(_ x: Value, _ scope: Scope) -> Value {
        x.batchNorm(scope / "norm").relu().denseConv(scope / "conv", x.channels / 2, kernel: 1).averagePool(2)
    }
}

extension Value {
    /// A convolution without bias, padded to keep the extent, started for ReLU by its fan-in.
    fileprivate func denseConv(_ scope: Scope, _ channels: Int, kernel: Int, stride: Int = 1) -> Value {
        conv2d(
            scope, channels, kernel: kernel, stride: stride, padding: kernel / 2, bias: false,
            initializer: .kaimingNormal(fanOut: self.channels * kernel * kernel))
    }
}
