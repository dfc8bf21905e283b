// SqueezeNet: AlexNet's accuracy with a fiftieth of its weights. Iandola et al. 2016, table 1; version 1.1 pools earlier and
// needs less than half of the work. Names, order, shapes and first values of parameters equal torchvision's.

import FoveaGraph

extension SqueezeNet {
    static let architectures = [
        Architecture(
            name: "squeezenet1_0", summary: "Iandola et al. 2016", nominalSize: 224, accuracy: .torchvision(58.092),
            make: { SqueezeNet(.version10, classCount: $0.classCount) }),
        Architecture(
            name: "squeezenet1_1", summary: "Iandola et al. 2016, pooling earlier", nominalSize: 224,
            accuracy: .torchvision(58.178), make: { SqueezeNet(.version11, classCount: $0.classCount) }),
    ]
}

/// SqueezeNet: fire modules between poolings, and a 1x1 convolution for a classifier.
package struct SqueezeNet: Network {
    package enum Version: Sendable { case version10, version11 }

    package var version: Version
    package var classCount: Int

    package init(_ version: Version, classCount: Int) {
        self.version = version
        self.classCount = classCount
    }

    package var head: Scope { .root / "classifier.1" }

    /// What follows the first convolution: poolings, and fire modules of squeezed and expanded channels.
    private var stages: [Fire?] {
        let (first, second) = (Fire(squeezed: 16, expanded: 64), Fire(squeezed: 32, expanded: 128))
        let (third, fourth) = (Fire(squeezed: 48, expanded: 192), Fire(squeezed: 64, expanded: 256))
        return switch version {
        case .version10: [nil, first, first, second, nil, second, third, third, fourth, nil, fourth]
        case .version11: [nil, first, first, nil, second, second, nil, third, third, fourth, fourth]
        }
    }

    package func features(_ x: Value) -> Value {
        let scope = Scope.root / "features"
        var y =
            version == .version10
            ? x.rectifiedConv(scope / "0", 96, kernel: 7, stride: 2)
            : x.rectifiedConv(scope / "0", 64, kernel: 3, stride: 2)
        for (index, fire) in stages.enumerated() {
            y = fire?(y, scope / "\(index + 2)") ?? y.maxPool(3, stride: 2, roundsUp: true)
        }
        return y
    }

    package func classifier(_ x: Value) -> Value {
        x.dropout(0.5).conv2d(
            head, classCount, kernel: 1, initializer: .normal(deviation: 0.01), biasInitializer: .constant(0)
        ).relu().globalAveragePool().flatten()
    }
}

/// Few channels for a 1x1 and a 3x3 convolution to read, whose outputs stand beside each other.      Figure 1.
struct Fire: Layer {
    var squeezed: Int
    /// Channels of each of the two.
    var expanded: Int

    func callAsFunction(_ x: Value, _ scope: Scope) -> Value {
        let y = x.rectifiedConv(scope / "squeeze", squeezed, kernel: 1)
        return .concat([
            y.rectifiedConv(scope / "expand1x1", expanded, kernel: 1),
            y.rectifiedConv(scope / "expand3x3", expanded, kernel: 3, padding: 1),
        ])
    }
}

extension Value {
    /// A convolution and ReLU, started as torchvision does (`kaiming_uniform_`).
    fileprivate func rectifiedConv(
        _ scope: Scope, _ channels: Int, kernel: Int, stride: Int = 1, padding: Int = 0
    ) -> Value {
        conv2d(
            scope, channels, kernel: kernel, stride: stride, padding: padding,
            initializer: .kaimingUniform(fanIn: self.channels * kernel * kernel), biasInitializer: .constant(0)
        ).relu()
    }
}
