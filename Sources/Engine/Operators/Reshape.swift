// The same elements, in row-major order, under another shape: y = x. The gradient is the reshape back.

import FoveaGraph
import FoveaTensorCore

/// Another shape of equal count, number of pictures included. Input: x. Output: y of `shape`.
package struct Reshape: Operator {
    package var shape: Shape
    /// True for parameters and their gradients, which stay in f32.
    package var isOfParameter: Bool

    package init(_ shape: Shape, isOfParameter: Bool = false) {
        self.shape = shape
        self.isOfParameter = isOfParameter
    }

    package var name: String { "reshape" }
    package func takesLowPrecision(input index: Int) -> Bool { !isOfParameter }
    package func givesLowPrecision(output index: Int) -> Bool { !isOfParameter }
    package var attributes: String { "to \(shape)" }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        guard inputs[0].count == shape.count else {
            throw Failure(
                .usage,
                "cannot reshape \(inputs[0]) to \(shape): \(inputs[0].count) elements are not \(shape.count)")
        }
        return [shape]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] { [inputs[0].reshaped(shape)] }

    package func gradients(_ context: GradientContext) -> [Value?] {
        let back = Reshape(context.inputs[0].shape, isOfParameter: isOfParameter)
        return [context.dy.apply(back, scope: context.scope)]
    }
}

extension Value {
    /// A parameter, whose file gives it another shape than its operator wants.
    package func parameterReshaped(to shape: Shape, _ scope: Scope) -> Value {
        apply(Reshape(shape, isOfParameter: true), scope: scope)
    }

    /// All features of a picture in one row: (N, C, H, W) to (N, C * H * W). A row stays as it is.
    package func flatten() -> Value {
        guard shape.rank > 2 else { return self }
        return apply(Reshape([shape[0], shape.dimensions.dropFirst().reduce(1, *)]))
    }
}
