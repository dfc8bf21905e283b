// Fully connected layer: y[n,o] = b[o] + sum over c of w[o,c] x[n,c].
// Its gradients: dx = dy w,  dw = dy^T x,  db = dy summed over pictures.

import FoveaGraph
import FoveaTensorCore

/// A linear map of feature vectors, as PyTorch's `Linear`.
///
/// Inputs: x (N, C), w (O, C), then b (O) if `hasBias`. Output: y (N, O). `activation` is applied last;
/// it is put there by the compiler's fusion and has no gradient rule.
package struct FullyConnected: Operator {
    package var hasBias: Bool
    package var activation: Activation.Kind?

    package init(hasBias: Bool) { self.hasBias = hasBias }

    package var name: String { "fully connected" }
    package func takesLowPrecision(input index: Int) -> Bool { index < 2 }

    package var attributes: String {
        [hasBias ? "bias" : nil, activation.map { "+ \($0)" }].compactMap { $0 }.joined(separator: ", ")
    }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let (x, w) = (inputs[0], inputs[1])
        guard x.rank == 2 else {
            throw Failure(
                .usage, "a fully connected layer wants features (N, C), not \(x)",
                advice: "Flatten or pool the map first.")
        }
        guard w.rank == 2, x[1] == w[1] else {
            throw Failure(.usage, "weights \(w) do not fit features of \(x)")
        }
        if hasBias, inputs[2] != [w[0]] {
            throw Failure(.usage, "a bias of \(inputs[2]) does not fit weights \(w)")
        }
        return [[x[0], w[0]]]
    }

    package func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int { inputs[0].count * inputs[1][0] }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let (x, w) = (inputs[0], inputs[1])
        let (batch, features, outputs) = (x.shape[0], x.shape[1], w.shape[0])
        var y = Tensor<S>([batch, outputs], repeating: 0)
        for n in 0..<batch {
            for o in 0..<outputs {
                var sum: S = hasBias ? inputs[2].elements[o] : 0
                for c in 0..<features { sum += w.elements[o * features + c] * x.elements[n * features + c] }
                y.elements[n * outputs + o] = sum
            }
        }
        if let activation { y.elements = y.elements.map(activation.value) }
        return [y]
    }

    package func gradients(_ context: GradientContext) -> [Value?] {
        precondition(activation == nil, "a fused fully connected layer is not differentiated")
        let (x, w) = (context.inputs[0], context.inputs[1])
        let dx =
            context.needs[0] ? context.dy.apply(FullyConnectedBackwardData(), [w], scope: context.scope) : nil
        guard context.needs[1] || (hasBias && context.needs[2]) else { return [dx, nil] + (hasBias ? [nil] : []) }
        let backward = FullyConnectedBackwardWeights(hasBias: hasBias)
        return [dx] + x.builder.apply(backward, [x, context.dy], scope: context.scope)
    }
}

/// d loss / d x of a fully connected layer. Inputs: dy (N, O), w (O, C). Output: dx (N, C).
package struct FullyConnectedBackwardData: Operator {
    package init() {}

    package var name: String { "fully connected backward data" }
    package func takesLowPrecision(input index: Int) -> Bool { true }
    package func givesLowPrecision(output index: Int) -> Bool { true }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let (dy, w) = (inputs[0], inputs[1])
        guard dy.rank == 2, w.rank == 2, dy[1] == w[0] else {
            throw Failure(.usage, "weights \(w) do not fit output gradients of \(dy)")
        }
        return [[dy[0], w[1]]]
    }

    package func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int { inputs[0].count * inputs[1][1] }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let (dy, w) = (inputs[0], inputs[1])
        let (batch, outputs, features) = (dy.shape[0], w.shape[0], w.shape[1])
        var dx = Tensor<S>([batch, features], repeating: 0)
        for n in 0..<batch {
            for o in 0..<outputs {
                let slope = dy.elements[n * outputs + o]
                for c in 0..<features { dx.elements[n * features + c] += slope * w.elements[o * features + c] }
            }
        }
        return [dx]
    }
}

/// d loss / d w, and d loss / d b, of a fully connected layer. Inputs: x (N, C), dy (N, O).
/// Outputs: dw (O, C), then db (O) if `hasBias`.
package struct FullyConnectedBackwardWeights: Operator {
    package var hasBias: Bool

    package init(hasBias: Bool) { self.hasBias = hasBias }

    package var name: String { "fully connected backward weights" }
    package func takesLowPrecision(input index: Int) -> Bool { true }
    package var attributes: String { hasBias ? "bias" : "" }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let (x, dy) = (inputs[0], inputs[1])
        guard x.rank == 2, dy.rank == 2, x[0] == dy[0] else {
            throw Failure(.usage, "output gradients of \(dy) do not fit features of \(x)")
        }
        let dw: Shape = [dy[1], x[1]]
        return hasBias ? [dw, [dy[1]]] : [dw]
    }

    package func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int { inputs[0].count * inputs[1][1] }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let (x, dy) = (inputs[0], inputs[1])
        let (batch, features, outputs) = (x.shape[0], x.shape[1], dy.shape[1])
        var dw = Tensor<S>([outputs, features], repeating: 0)
        var db = Tensor<S>([outputs], repeating: 0)
        for n in 0..<batch {
            for o in 0..<outputs {
                let slope = dy.elements[n * outputs + o]
                db.elements[o] += slope
                for c in 0..<features { dw.elements[o * features + c] += slope * x.elements[n * features + c] }
            }
        }
        return hasBias ? [dw, db] : [dw]
    }
}

extension Value {
    /// A fully connected layer with its own weights, named `scope.weight` and `scope.bias`: (N, C) to (N, `outputs`).
    /// Starts as PyTorch's `Linear` unless told otherwise: uniform in ± 1 / sqrt(C), weight and bias alike.
    package func linear(
        _ scope: Scope, _ outputs: Int, bias: Bool = true, initializer: Initializer? = nil,
        biasInitializer: Initializer? = nil
    ) -> Value {
        let features = shape.rank > 1 ? channels : 1
        let w = builder.parameter(scope / "weight", [outputs, features], .weight, initializer ?? .fanIn(features))
        let start = biasInitializer ?? .fanIn(features)
        let b = bias ? [builder.parameter(scope / "bias", [outputs], .bias, start)] : []
        return apply(FullyConnected(hasBias: bias), [w] + b, scope: scope)
    }
}
