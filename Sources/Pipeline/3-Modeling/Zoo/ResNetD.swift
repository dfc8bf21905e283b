// Residual networks of version D: three 3x3 convolutions before the first pooling, means in the shortcuts. He et al. 2019, "Bag
// of tricks for image classification with convolutional neural networks", section 4 and figure 2. Names and order of
// parameters equal timm's.

import FoveaGraph

extension ResNetD {
    static let architectures = [
        Architecture(
            name: "test_resnet", summary: "timm's tiny network for tests", nominalSize: 160,
            make: {
                ResNetD(stem: 16, stages: [.basic(32, 1), .basic(48, 1), .bottleneck(48, 1), .basic(96, 1)], $0)
            }),
        listed("18", ResNetDStage.basic, [2, 2, 2, 2], 73.794, "ra2"),
        listed("26", ResNetDStage.bottleneck, [2, 2, 2, 2], 77.408, "bt"),
        listed("34", ResNetDStage.basic, [3, 4, 6, 3], 78.436, "ra2"),
        listed("50", ResNetDStage.bottleneck, [3, 4, 6, 3], 81.356, "ra2"),
    ]

    private static func listed(
        _ layers: String, _ kind: (Int, Int) -> ResNetDStage, _ blocks: [Int], _ percent: Double, _ weights: String
    ) -> Architecture {
        let stages = blocks.enumerated().map { kind(64 << $0.offset, $0.element) }
        return Architecture(
            name: "resnet\(layers)d", summary: "He et al. 2019, under timm's names", nominalSize: 224,
            accuracy: .timm(percent, "resnet\(layers)d.\(weights)_in1k at 288 px"),
            make: { ResNetD(stem: 32, stages: stages, $0) })
    }
}

/// A stage of blocks alike, the first of which halves the map unless it is the network's first stage.
struct ResNetDStage: Sendable {
    var isBottleneck: Bool
    var channels, count: Int

    static func basic(_ channels: Int, _ count: Int) -> ResNetDStage {
        ResNetDStage(isBottleneck: false, channels: channels, count: count)
    }

    /// Four times `channels` come out of it.
    static func bottleneck(_ channels: Int, _ count: Int) -> ResNetDStage {
        ResNetDStage(isBottleneck: true, channels: channels, count: count)
    }
}

/// ResNet-18-D to 50-D, and timm's tiny one.
package struct ResNetD: Network {
    /// Channels of the first convolution; twice as many leave the stem.
    var stem: Int
    var stages: [ResNetDStage]
    var classCount: Int

    init(stem: Int, stages: [ResNetDStage], _ configuration: ModelConfiguration) {
        self.stem = stem
        self.stages = stages
        classCount = configuration.classCount
    }

    package var head: Scope { .root / "fc" }

    package func features(_ x: Value) -> Value {
        let conv = Scope.root / "conv1"
        var y = x.residualConv(conv / "0", stem, kernel: 3, stride: 2).batchNorm(conv / "1").relu()
        y = y.residualConv(conv / "3", stem, kernel: 3).batchNorm(conv / "4").relu()
        y = y.residualConv(conv / "6", 2 * stem, kernel: 3).batchNorm(.root / "bn1").relu()
        y = y.maxPool(3, stride: 2, padding: 1)
        for (number, stage) in stages.enumerated() {
            for index in 0..<stage.count {
                let scope = Scope.root / "layer\(number + 1)" / "\(index)"
                y = block(y, scope, stage, stride: number > 0 && index == 0 ? 2 : 1)
            }
        }
        return y
    }

    package func classifier(_ x: Value) -> Value {
        x.globalAveragePool().flatten().linear(head, classCount)
    }

    private func block(_ x: Value, _ scope: Scope, _ stage: ResNetDStage, stride: Int) -> Value {
        stage.isBottleneck
            ? Bottleneck(channels: stage.channels, inner: stage.channels, stride: stride, form: .d)(x, scope)
            : BasicBlock(channels: stage.channels, stride: stride, form: .d)(x, scope)
    }
}
