// A constant: every element of y is the same number.

import FoveaGraph
import FoveaTensorCore

/// One number in every element. No inputs. Output: y of `shape`.
package struct Fill: Operator {
    package var value: Float
    package var shape: Shape

    package init(_ value: Float, _ shape: Shape) {
        self.value = value
        self.shape = shape
    }

    package var name: String { "fill" }
    package var attributes: String { "\(value)" }
    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] { [shape] }
    package func gradients(_ context: GradientContext) -> [Value?] { [] }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        [Tensor(shape, repeating: S(value))]
    }
}

extension GraphBuilder {
    /// A value that is the same number in every element and in every run.
    package func constant(_ value: Float, _ shape: Shape) -> Value { apply(Fill(value, shape), [], scope: .root)[0] }
}
