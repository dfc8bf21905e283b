// A dense tensor as a plain value: what crosses module borders, fills weights and feeds the reference backend.
// It knows nothing of layouts or devices; plans keep their data in an `Arena` instead.

/// A dense row-major tensor held as a Swift array.
package struct Tensor<Scalar: Sendable>: Sendable {
    /// The extents, outermost first.
    package var shape: Shape
    /// `shape.count` elements, row-major.
    package var elements: [Scalar]

    /// A tensor of these elements. Traps if their number is not `shape.count`.
    package init(_ shape: Shape, _ elements: [Scalar]) {
        precondition(elements.count == shape.count, "\(elements.count) elements do not fill \(shape)")
        self.shape = shape
        self.elements = elements
    }

    /// A tensor filled with one value.
    package init(_ shape: Shape, repeating value: Scalar) {
        self.init(shape, [Scalar](repeating: value, count: shape.count))
    }

    /// The same elements under another shape of equal count.
    package func reshaped(_ shape: Shape) -> Tensor { Tensor(shape, elements) }

    /// Element-wise conversion, for example from `Float` to `Double`.
    package func map<Other: Sendable>(_ transform: (Scalar) throws -> Other) rethrows -> Tensor<Other> {
        Tensor<Other>(shape, try elements.map(transform))
    }
}

extension Tensor: Equatable where Scalar: Equatable {}
