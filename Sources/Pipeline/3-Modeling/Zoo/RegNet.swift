// RegNetY: residual bottlenecks of one group width, whose channels grow by a simple law, with squeeze and excitation.
// Radosavovic et al. 2020, "Designing network design spaces", figure 17. Names, order, shapes and first values of parameters
// equal torchvision's.

import FoveaGraph
import FoveaOperators

extension RegNet {
    static let architectures = [
        listed("400mf", [1, 3, 6, 6], [48, 104, 208, 440], groupWidth: 8, 74.046),
        listed("800mf", [1, 3, 8, 2], [64, 144, 320, 784], groupWidth: 16, 76.420),
        listed("1_6gf", [2, 6, 17, 2], [48, 120, 336, 888], groupWidth: 24, 77.950),
    ]

    private static func listed(
        _ size: String, _ depths: [Int], _ widths: [Int], groupWidth: Int, _ percent: Double
    ) -> Architecture {
        Architecture(
            name: "regnet_y_\(size)", summary: "Radosavovic et al. 2020", nominalSize: 224,
            accuracy: .torchvision(percent),
            make: { RegNet(depths: depths, widths: widths, groupWidth: groupWidth, classCount: $0.classCount) })
    }
}

/// RegNetY of one size.
package struct RegNet: Network {
    /// Blocks and channels of each stage.
    var depths, widths: [Int]
    /// Channels of a group of the 3x3 convolutions.
    var groupWidth: Int
    var classCount: Int

    package var head: Scope { .root / "fc" }

    package func features(_ x: Value) -> Value {
        var y = ConvolutionNormActivation(channels: 32, kernel: 3, stride: 2, activation: .relu)(x, .root / "stem")
        for (stage, (depth, width)) in zip(depths, widths).enumerated() {
            for index in 0..<depth {
                let block = RegNetBlock(channels: width, groupWidth: groupWidth, stride: index == 0 ? 2 : 1)
                y = block(y, .root / "trunk_output" / "block\(stage + 1)" / "block\(stage + 1)-\(index)")
            }
        }
        return y
    }

    package func classifier(_ x: Value) -> Value {
        x.globalAveragePool().flatten().linear(
            head, classCount, initializer: .normal(deviation: 0.01), biasInitializer: .constant(0))
    }
}

/// 1x1, 3x3 in groups, squeeze and excitation, 1x1, and a shortcut: y = relu(F(x) + x).      Figure 4, and section 4.
struct RegNetBlock: Layer {
    var channels: Int
    var groupWidth: Int
    var stride: Int

    func callAsFunction(_ x: Value, _ scope: Scope) -> Value {
        let keeps = stride == 1 && x.channels == channels
        let shortcut =
            keeps ? x : ConvolutionNormActivation(channels: channels, stride: stride)(x, scope / "proj")
        let branch = scope / "f"
        var y = ConvolutionNormActivation(channels: channels, activation: .relu)(x, branch / "a")
        y = ConvolutionNormActivation(
            channels: channels, kernel: 3, stride: stride, groups: channels / groupWidth, activation: .relu)(
                y, branch / "b")
        y = SqueezeExcitation(squeezed: x.channels / 4)(y, branch / "se")
        y = ConvolutionNormActivation(channels: channels)(y, branch / "c")
        return (shortcut + y).relu()
    }
}
