// ShuffleNetV2: half of the channels go on untouched, the other half is worked on, then both are mixed. Ma et al. 2018,
// table 5. Names, order, shapes and first values of parameters equal torchvision's.

import FoveaGraph
import FoveaOperators

extension ShuffleNetV2 {
    static let architectures = [
        listed("0_5", [48, 96, 192, 1024], .torchvision(60.552)),
        listed("1_0", [116, 232, 464, 1024], .torchvision(69.362)),
        listed("1_5", [176, 352, 704, 1024], .torchvision(72.996)),
        listed("2_0", [244, 488, 976, 2048], .torchvision(76.230)),
    ]

    private static func listed(_ width: String, _ channels: [Int], _ accuracy: PublishedAccuracy) -> Architecture {
        Architecture(
            name: "shufflenet_v2_x\(width)", summary: "Ma et al. 2018", nominalSize: 224, accuracy: accuracy,
            make: { ShuffleNetV2(channels: channels, classCount: $0.classCount) })
    }
}

/// ShuffleNetV2 of one width.
package struct ShuffleNetV2: Network {
    /// Channels of stages 2, 3 and 4 and of the last convolution.
    var channels: [Int]
    var classCount: Int

    package var head: Scope { .root / "fc" }

    package func features(_ x: Value) -> Value {
        var y = x.shuffleConv(.root / "conv1", 0, 24, kernel: 3, stride: 2).relu().maxPool(3, stride: 2, padding: 1)
        for (stage, count) in [4, 8, 4].enumerated() {
            for index in 0..<count {
                let unit = ShuffleUnit(channels: channels[stage], stride: index == 0 ? 2 : 1)
                y = unit(y, .root / "stage\(stage + 2)" / "\(index)")
            }
        }
        return y.shuffleConv(.root / "conv5", 0, channels[3], kernel: 1).relu()
    }

    package func classifier(_ x: Value) -> Value { x.globalAveragePool().flatten().linear(head, classCount) }
}

/// Figure 3 (c) with stride 1 and (d) with stride 2.
struct ShuffleUnit: Layer {
    var channels: Int
    var stride: Int

    func callAsFunction(_ x: Value, _ scope: Scope) -> Value {
        let half = channels / 2
        if stride == 1 {
            let halves = x.channelSplit([half, half], scope)
            return .concat([halves[0], branch(halves[1], scope / "branch2")]).channelShuffle(groups: 2)
        }
        let other = x.shuffleConv(scope / "branch1", 0, x.channels, kernel: 3, stride: stride, groups: x.channels)
            .shuffleConv(scope / "branch1", 2, half, kernel: 1).relu()
        return .concat([other, branch(x, scope / "branch2")]).channelShuffle(groups: 2)
    }

    private func branch(_ x: Value, _ scope: Scope) -> Value {
        let half = channels / 2
        return x.shuffleConv(scope, 0, half, kernel: 1).relu()
            .shuffleConv(scope, 3, half, kernel: 3, stride: stride, groups: half)
            .shuffleConv(scope, 5, half, kernel: 1).relu()
    }
}

extension Value {
    /// Layer `index` of a sequence, a convolution that keeps the extent, and the norm behind it.
    fileprivate func shuffleConv(
        _ scope: Scope, _ index: Int, _ channels: Int, kernel: Int, stride: Int = 1, groups: Int = 1
    ) -> Value {
        conv2d(
            scope / "\(index)", channels, kernel: kernel, stride: stride, padding: kernel / 2, groups: groups,
            bias: false
        ).batchNorm(scope / "\(index + 1)")
    }
}
