// Activations, applied to every element alone: y = f(x), dx = f'(x) dy. One enum, since they differ in f and f' only.
// ReLU: Nair and Hinton 2010. ReLU6: Howard et al. 2017. SiLU: Elfwing et al. 2017. GELU: Hendrycks and Gimpel 2016
// (exact, with erf). Hard-swish and hard-sigmoid: Howard et al. 2019.

import FoveaGraph
import FoveaTensorCore

/// An element-wise activation. Input and output of any shape.
package struct Activation: Operator {
    /// Which function.
    package enum Kind: String, Sendable, CaseIterable, CustomStringConvertible {
        /// max(x, 0)
        case relu
        /// min(max(x, 0), 6)
        case relu6
        /// 1 / (1 + exp(-x))
        case sigmoid
        /// x sigmoid(x)
        case silu
        /// x (1 + erf(x / sqrt 2)) / 2
        case gelu
        /// x min(max(x + 3, 0), 6) / 6
        case hardSwish
        /// min(max(x + 3, 0), 6) / 6
        case hardSigmoid

        package var description: String { rawValue }

        /// True if f'(x) can be had from y = f(x), so that x need not be kept.
        package var gradientUsesOutput: Bool { self == .relu || self == .sigmoid }

        /// False for the gate of squeeze and excitation, of one number a channel: kept in f32, and never fused.
        package var isForMaps: Bool { self != .hardSigmoid }

        /// f(x).
        @inlinable
        package func value<S: ReferenceScalar>(_ x: S) -> S {
            switch self {
            case .relu: return x > 0 ? x : 0
            case .relu6: return min(max(x, 0), 6)
            case .sigmoid: return 1 / (1 + S.exp(-x))
            case .silu: return x / (1 + S.exp(-x))
            case .gelu: return x * (1 + S.erf(x / S(2).squareRoot())) / 2
            case .hardSwish: return x * min(max(x + 3, 0), 6) / 6
            case .hardSigmoid: return min(max(x + 3, 0), 6) / 6
            }
        }

        /// f'(x); at a kink the value that PyTorch takes.
        @inlinable
        package func slope<S: ReferenceScalar>(_ x: S) -> S {
            switch self {
            case .relu: return x > 0 ? 1 : 0
            case .relu6: return x > 0 && x < 6 ? 1 : 0
            case .sigmoid:
                let y = value(x)
                return y * (1 - y)
            case .silu:
                let sigmoid = 1 / (1 + S.exp(-x))
                return sigmoid * (1 + x * (1 - sigmoid))
            case .gelu:
                let cumulative = (1 + S.erf(x / S(2).squareRoot())) / 2
                return cumulative + x * S.exp(-x * x / 2) / (2 * S.pi).squareRoot()
            case .hardSwish: return x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + S(0.5)
            case .hardSigmoid: return x > -3 && x < 3 ? 1 / S(6) : 0
            }
        }
    }

    package var kind: Kind
    package init(_ kind: Kind) { self.kind = kind }

    package var name: String { kind.rawValue }
    package func takesLowPrecision(input index: Int) -> Bool { kind.isForMaps }
    package func givesLowPrecision(output index: Int) -> Bool { kind.isForMaps }
    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] { [inputs[0]] }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        [inputs[0].map(kind.value)]
    }

    package func gradients(_ context: GradientContext) -> [Value?] {
        let kept = kind.gradientUsesOutput ? context.outputs[0] : context.inputs[0]
        return [context.dy.apply(ActivationBackward(kind), [kept], scope: context.scope)]
    }
}

/// d loss / d x of an activation. Inputs: dy, then y where `gradientUsesOutput`, else x. Output: dx.
package struct ActivationBackward: Operator {
    package var kind: Activation.Kind
    package init(_ kind: Activation.Kind) { self.kind = kind }

    package var name: String { kind.rawValue + " backward" }
    package func takesLowPrecision(input index: Int) -> Bool { kind.isForMaps }
    package func givesLowPrecision(output index: Int) -> Bool { kind.isForMaps }
    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] { [inputs[0]] }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let (dy, kept) = (inputs[0], inputs[1])
        return [Tensor(dy.shape, zip(dy.elements, kept.elements).map { $0 * slope(kept: $1) })]
    }

    private func slope<S: ReferenceScalar>(kept: S) -> S {
        switch kind {
        case .relu: kept > 0 ? 1 : 0
        case .sigmoid: kept * (1 - kept)
        default: kind.slope(kept)
        }
    }
}

extension Value {
    package func relu() -> Value { apply(Activation(.relu)) }
    package func relu6() -> Value { apply(Activation(.relu6)) }
    package func sigmoid() -> Value { apply(Activation(.sigmoid)) }
    package func silu() -> Value { apply(Activation(.silu)) }
    package func gelu() -> Value { apply(Activation(.gelu)) }
    package func hardSwish() -> Value { apply(Activation(.hardSwish)) }
    package func hardSigmoid() -> Value { apply(Activation(.hardSigmoid)) }
}
