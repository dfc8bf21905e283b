// The extents of a tensor, outermost first. Everything that has a size in Fovea states it as a `Shape`.
// Refuses negative extents: they are programming errors and trap.

/// The extents of a dense tensor, outermost dimension first: a batch of pictures is `(N, C, H, W)`.
public struct Shape: Hashable, Sendable, Codable, ExpressibleByArrayLiteral, CustomStringConvertible {
    /// The extent of each dimension.
    public let dimensions: [Int]

    /// A shape with these extents. Traps on a negative extent.
    public init(_ dimensions: [Int]) {
        precondition(dimensions.allSatisfy { $0 >= 0 }, "a shape has no negative extents: \(dimensions)")
        self.dimensions = dimensions
    }

    /// A shape with these extents: `let shape: Shape = [2, 3, 4, 4]`.
    public init(arrayLiteral elements: Int...) { self.init(elements) }

    /// The number of dimensions.
    public var rank: Int { dimensions.count }

    /// The number of elements; 1 for a scalar.
    public var count: Int { dimensions.reduce(1, *) }

    /// The extent of one dimension.
    public subscript(_ axis: Int) -> Int { dimensions[axis] }

    /// Row-major strides, in elements.
    public var strides: [Int] {
        var strides = [Int](repeating: 1, count: rank)
        for axis in stride(from: rank - 2, through: 0, by: -1) {
            strides[axis] = strides[axis + 1] * dimensions[axis + 1]
        }
        return strides
    }

    /// `(32, 3, 224, 224)`, as papers and PyTorch write it.
    public var description: String { "(" + dimensions.map(String.init).joined(separator: ", ") + ")" }

    /// Reads a plain JSON array of extents.
    public init(from decoder: any Decoder) throws {
        let dimensions = try decoder.singleValueContainer().decode([Int].self)
        guard dimensions.allSatisfy({ $0 >= 0 }) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath, debugDescription: "a shape has no negative extents: \(dimensions)"))
        }
        self.dimensions = dimensions
    }

    /// Writes a plain JSON array of extents.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(dimensions)
    }
}
