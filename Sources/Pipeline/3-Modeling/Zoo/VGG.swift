// VGG: stacks of 3x3 convolutions, then three fully connected layers. Simonyan and Zisserman 2014, table 1, as it stands there
// and with batch norm after every convolution. Names of parameters equal torchvision's: numbered as in its Sequentials.

import FoveaGraph

extension VGG {
    /// Columns A, B, D and E of table 1.
    static let architectures = [
        listed("vgg11", [1, 1, 2, 2, 2], 69.020), listed("vgg11_bn", [1, 1, 2, 2, 2], 70.370),
        listed("vgg13", [2, 2, 2, 2, 2], 69.928), listed("vgg13_bn", [2, 2, 2, 2, 2], 71.586),
        listed("vgg16", [2, 2, 3, 3, 3], 71.592), listed("vgg16_bn", [2, 2, 3, 3, 3], 73.360),
        listed("vgg19", [2, 2, 4, 4, 4], 72.376), listed("vgg19_bn", [2, 2, 4, 4, 4], 74.218),
    ]

    private static func listed(_ name: String, _ counts: [Int], _ percent: Double) -> Architecture {
        let stages = zip(counts, [64, 128, 256, 512, 512]).map { Array(repeating: $1, count: $0) }
        let hasNorms = name.hasSuffix("_bn")
        return Architecture(
            name: name, summary: "Simonyan and Zisserman 2014" + (hasNorms ? ", with batch norm" : ""),
            nominalSize: 224,
            accuracy: .torchvision(percent), make: { VGG(stages, hasNorms: hasNorms, $0) })
    }
}

/// VGG with or without batch norm. At 224 px it is torchvision's; pictures of up to 64 px get one fully connected layer
/// instead of three.
package struct VGG: Network {
    /// Channels of the convolutions, stage by stage; each stage ends with pooling.
    package var stages: [[Int]]
    package var hasNorms: Bool
    package var classCount: Int
    package var hasSmallHead: Bool

    package init(_ stages: [[Int]], hasNorms: Bool, _ configuration: ModelConfiguration) {
        self.stages = stages
        self.hasNorms = hasNorms
        classCount = configuration.classCount
        hasSmallHead = max(configuration.height, configuration.width) <= 64
    }

    package var head: Scope { .root / (hasSmallHead ? "classifier" : "classifier.6") }

    package func features(_ x: Value) -> Value {
        let scope = Scope.root / "features"
        var y = x
        var index = 0
        for stage in stages {
            for channels in stage {
                y = y.conv2d(
                    scope / "\(index)", channels, kernel: 3, padding: 1,
                    initializer: .kaimingNormal(fanOut: channels * 9), biasInitializer: .constant(0))
                if hasNorms { y = y.batchNorm(scope / "\(index + 1)") }
                y = y.relu()
                index += hasNorms ? 3 : 2
            }
            // Small pictures are pooled as long as there is something to pool.
            if !hasSmallHead || min(y.shape[2], y.shape[3]) > 1 { y = y.maxPool(2, stride: 2) }
            index += 1
        }
        return y
    }

    package func classifier(_ x: Value) -> Value {
        let scope = Scope.root / "classifier"
        if hasSmallHead { return x.globalAveragePool().flatten().linear(head, classCount) }
        var y = x.adaptiveAveragePool(to: 7).flatten()
        y = y.linear(scope / "0", 4096).relu().dropout(0.5)
        y = y.linear(scope / "3", 4096).relu().dropout(0.5)
        return y.linear(head, classCount)
    }
}
