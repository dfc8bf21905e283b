// GoogLeNet: inception modules look at the same map with several kernels at once. Szegedy et al. 2014, table 1, with batch norm
// (Ioffe and Szegedy 2015) and without the two auxiliary heads. Names, order and shapes of parameters equal torchvision's
// `googlenet`, its 3x3 kernel where the paper has 5x5 included: weights were trained so.

import FoveaGraph

extension GoogLeNet {
    static let architectures = [
        Architecture(
            name: "googlenet", summary: "Szegedy et al. 2014, with batch norm, without auxiliary heads",
            nominalSize: 224,
            accuracy: .torchvision(69.778), make: { GoogLeNet(classCount: $0.classCount) })
    ]
}

/// GoogLeNet, also called Inception v1.
package struct GoogLeNet: Network {
    package var classCount: Int

    package init(classCount: Int) { self.classCount = classCount }

    package var head: Scope { .root / "fc" }

    /// Table 1, from inception (3a) on; the kernel of the pooling in front of a stage.
    private static let stages: [(pooling: Int, modules: [Inception])] = [
        (3, [Inception(64, 96, 128, 16, 32, 32), Inception(128, 128, 192, 32, 96, 64)]),
        (
            3,
            [
                Inception(192, 96, 208, 16, 48, 64), Inception(160, 112, 224, 24, 64, 64),
                Inception(128, 128, 256, 24, 64, 64), Inception(112, 144, 288, 32, 64, 64),
                Inception(256, 160, 320, 32, 128, 128),
            ]
        ),
        (2, [Inception(256, 160, 320, 32, 128, 128), Inception(384, 192, 384, 48, 128, 128)]),
    ]

    package func features(_ x: Value) -> Value {
        var y = x.inceptionConv(.root / "conv1", 64, kernel: 7, stride: 2).maxPool(3, stride: 2, roundsUp: true)
        y = y.inceptionConv(.root / "conv2", 64, kernel: 1).inceptionConv(.root / "conv3", 192, kernel: 3)
        for (stage, (pooling, modules)) in Self.stages.enumerated() {
            y = y.maxPool(pooling, stride: 2, roundsUp: true)
            for (letter, module) in zip("abcde", modules) { y = module(y, .root / "inception\(stage + 3)\(letter)") }
        }
        return y
    }

    package func classifier(_ x: Value) -> Value {
        x.globalAveragePool().flatten().dropout(0.2).linear(head, classCount, initializer: .normal(deviation: 0.01))
    }
}

/// 1x1, 3x3 and larger kernels and pooling beside each other, reduced by 1x1 convolutions first.      Figure 2 (b).
struct Inception: Layer {
    /// Channels, named as in table 1.
    var one, threeReduced, three, fiveReduced, five, pooled: Int

    init(_ one: Int, _ threeReduced: Int, _ three: Int, _ fiveReduced: Int, _ five: Int, _ pooled: Int) {
        (self.one, self.threeReduced, self.three) = (one, threeReduced, three)
        (self.fiveReduced, self.five, self.pooled) = (fiveReduced, five, pooled)
    }

    func callAsFunction(_ x: Value, _ scope: Scope) -> Value {
        .concat([
            x.inceptionConv(scope / "branch1", one, kernel: 1),
            x.inceptionConv(scope / "branch2.0", threeReduced, kernel: 1)
                .inceptionConv(scope / "branch2.1", three, kernel: 3),
            x.inceptionConv(scope / "branch3.0", fiveReduced, kernel: 1)
                .inceptionConv(scope / "branch3.1", five, kernel: 3),
            x.maxPool(3, stride: 1, padding: 1).inceptionConv(scope / "branch4.1", pooled, kernel: 1),
        ])
    }
}

extension Value {
    /// A convolution without bias, padded to keep the extent, its norm and ReLU.
    fileprivate func inceptionConv(_ scope: Scope, _ channels: Int, kernel: Int, stride: Int = 1) -> Value {
        conv2d(
            scope / "conv", channels, kernel: kernel, stride: stride, padding: kernel / 2, bias: false,
            initializer: .normal(deviation: 0.01)
        ).batchNorm(scope / "bn", epsilon: 1e-3).relu()
    }
}
