// How a tensor's elements lie in memory. The compiler compares layouts and asks the kernel library for the rest.

/// What a kernel library knows about a layout of its own, such as a blocked one. Never changed once made.
package protocol LayoutDescriptor: AnyObject, Sendable {
    /// True if both describe the same placement of the same elements.
    func isSame(as other: any LayoutDescriptor) -> Bool
}

/// The placement of a tensor's elements in memory.
package enum Layout: Sendable, CustomStringConvertible {
    /// Row-major: NCHW, OIHW, NC.
    case plain
    /// A layout of the kernel library: its name for people, the bytes it takes and its descriptor.
    case library(name: String, byteCount: Int, descriptor: any LayoutDescriptor)

    /// `plain`, or the library's name, such as `nChw16c`.
    package var description: String {
        switch self {
        case .plain: "plain"
        case .library(let name, _, _): name
        }
    }
}

extension Layout: Equatable {
    package static func == (one: Layout, other: Layout) -> Bool {
        switch (one, other) {
        case (.plain, .plain): true
        case (.library(_, _, let a), .library(_, _, let b)): a.isSame(as: b)
        default: false
        }
    }
}

/// A tensor as a kernel sees it: extents, element type and placement.
package struct TensorFormat: Equatable, Sendable, CustomStringConvertible {
    package var shape: Shape
    package var dataType: DataType
    package var layout: Layout
    /// What a stored 1 is worth: empty, 1; one number, that; else one number for each index of axis 0.
    package var scales: [Float]

    package init(_ shape: Shape, _ dataType: DataType = .f32, layout: Layout = .plain, scales: [Float] = []) {
        self.shape = shape
        self.dataType = dataType
        self.layout = layout
        self.scales = scales
    }

    /// Bytes the tensor takes in this layout, padding included.
    package var byteCount: Int {
        switch layout {
        case .plain: shape.count * dataType.byteCount
        case .library(_, let byteCount, _): byteCount
        }
    }

    package var description: String { "\(shape) \(dataType) \(layout)" }
}
