// VGG: stacks of 3x3 convolutions, then three fully connected layers. Simonyan and Zisserman 2014, table 1, with batch norm
// after every convolution. Names of parameters equal torchvision's `vgg11_bn`: numbered as in its Sequentials.

import FoveaGraph

/// VGG with batch norm. At 224 px it is torchvision's; pictures of up to 64 px get one fully connected layer instead of three.
package struct VGG: Network {
    /// Channels of the convolutions, stage by stage; each stage ends with pooling.
    package var stages: [[Int]]
    package var classCount: Int
    package var hasSmallHead: Bool

    package init(_ stages: [[Int]], _ configuration: ModelConfiguration) {
        self.stages = stages
        classCount = configuration.classCount
        hasSmallHead = max(configuration.height, configuration.width) <= 64
    }

    package var head: Scope { .root / (hasSmallHead ? "classifier" : "classifier.6") }

    package func features(_ x: Value) -> Value {
        var y = x
        var index = 0
        for stage in stages {
            for channels in stage {
                let scope = Scope.root / "features"
                y = y.conv2d(
                    scope / "\(index)", channels, kernel: 3, padding: 1,
                    initializer: .kaimingNormal(fanOut: channels * 9)
                ).batchNorm(scope / "\(index + 1)").relu()
                index += 3
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
