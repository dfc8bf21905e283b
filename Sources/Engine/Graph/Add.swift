// y = a + b. Stands here rather than in Operators because gradients of values with several users are added up with it.

import FoveaTensorCore

/// Element-wise sum of two tensors of equal shape: y = a + b.
package struct Add: Operator {
    package init() {}

    package var name: String { "add" }
    package func takesLowPrecision(input index: Int) -> Bool { true }
    package func givesLowPrecision(output index: Int) -> Bool { true }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        guard inputs[0] == inputs[1] else {
            throw Failure(.usage, "cannot add \(inputs[0]) and \(inputs[1]): the shapes differ")
        }
        return [inputs[0]]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        [Tensor(inputs[0].shape, zip(inputs[0].elements, inputs[1].elements).map { $0 + $1 })]
    }

    package func gradients(_ context: GradientContext) -> [Value?] { [context.dy, context.dy] }
}

extension Value {
    /// The element-wise sum of two values of equal shape.
    package static func + (a: Value, b: Value) -> Value { a.apply(Add(), [b]) }
}
