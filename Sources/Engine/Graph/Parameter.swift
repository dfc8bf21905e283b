// What the network keeps between runs: weights, norm statistics, optimizer state. Declared by layers, stored elsewhere.

import FoveaTensorCore

/// What a parameter is for; decides whether it is trained, decayed and saved.
package enum ParameterRole: String, Sendable, CaseIterable {
    /// Filters and matrices: trained, with weight decay.
    case weight
    /// Biases, norm scales and norm shifts: trained, without weight decay.
    case bias, normScale, normShift
    /// Running means and variances: updated by the forward pass.
    case statistic
    /// Momentum and kin: belongs to a training run, not to the model.
    case optimizerState

    /// True if the parameter has a gradient.
    package var isTrainable: Bool {
        switch self {
        case .weight, .bias, .normScale, .normShift: true
        case .statistic, .optimizerState: false
        }
    }
    /// True if weight decay applies.
    package var isDecayed: Bool { self == .weight }
    /// True if the parameter is part of the model file.
    package var isSaved: Bool { self != .optimizerState }
}

/// How a parameter starts.
package enum Initializer: Sendable, Equatable {
    case constant(Float)
    /// Uniform in ± bound.
    case uniform(bound: Float)
    /// Normal with mean 0 and this standard deviation.
    case normal(deviation: Float)

    /// PyTorch's default for convolutions and linear layers, weight and bias alike: ± 1 / sqrt(fan in).
    package static func fanIn(_ fanIn: Int) -> Initializer { .uniform(bound: 1 / Float(max(1, fanIn)).squareRoot()) }

    /// He et al. 2015b, fan-out mode with the gain of ReLU, as torchvision's ResNets use it.
    package static func kaimingNormal(fanOut: Int) -> Initializer {
        .normal(deviation: (2 / Float(max(1, fanOut))).squareRoot())
    }

    /// He et al. 2015b, fan-in mode with the gain of ReLU, uniform: PyTorch's `kaiming_uniform_`.
    package static func kaimingUniform(fanIn: Int) -> Initializer {
        .uniform(bound: (6 / Float(max(1, fanIn))).squareRoot())
    }

    /// Draws a parameter's first value to `out`. The draw depends on the seed and the parameter's name alone.
    package func draw(into out: UnsafeMutableBufferPointer<Float>, name: String, seed: UInt64) {
        var stream = RandomStream(seed: seed, purpose: .initialisation, sample: Self.hash(name))
        switch self {
        case .constant(let value): out.update(repeating: value)
        case .uniform(let bound): stream.fill(out, uniform: -bound, bound)
        case .normal(let deviation): stream.fill(out, normal: deviation)
        }
    }

    /// FNV-1a, 64 bits: the same on every machine, unlike `Hashable`.
    private static func hash(_ name: String) -> Int {
        Int(
            truncatingIfNeeded: name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
                ($0 ^ UInt64($1)) &* 0x100_0000_01b3
            })
    }
}

/// One parameter of a graph.
package struct Parameter: Sendable {
    /// The name in weight files, such as `layer1.0.conv1.weight`.
    package let name: String
    package let shape: Shape
    package let role: ParameterRole
    package let initializer: Initializer
    /// Its value in the graph.
    package let value: ValueID
}
