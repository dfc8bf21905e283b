// The unit that newer networks are made of: a convolution without bias, its norm, an activation.
// Names of parameters equal torchvision's `Conv2dNormActivation`: 0 for the convolution, 1 for the norm.

import FoveaGraph
import FoveaOperators

/// (N, C, H, W) to (N, channels, H', W'), padded so that only the stride makes it smaller.
struct ConvolutionNormActivation: Layer {
    var channels: Int
    var kernel = 1
    var stride = 1
    var groups = 1
    var activation: Activation.Kind?
    var norm = NormNumbers()

    func callAsFunction(_ x: Value, _ scope: Scope) -> Value {
        x.conv2d(
            scope / "0", channels, kernel: kernel, stride: stride, padding: kernel / 2, groups: groups, bias: false,
            initializer: .kaimingNormal(fanOut: channels * kernel * kernel)
        ).batchNorm(scope / "1", epsilon: norm.epsilon, momentum: norm.momentum).activated(activation)
    }
}

/// What a network's batch norms have in common; PyTorch's defaults unless the network says otherwise.
struct NormNumbers: Sendable {
    var epsilon: Float = 1e-5
    var momentum: Float = 0.1
}

extension Value {
    /// The activation of this kind; the value itself for nil.
    func activated(_ kind: Activation.Kind?) -> Value { kind.map { apply(Activation($0)) } ?? self }
}
