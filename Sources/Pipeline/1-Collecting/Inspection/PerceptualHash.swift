// What a picture looks like in 64 bytes: the lowest frequencies of its gray thumbnail, without brightness and contrast.
// Near for pictures that were encoded again, resized or cut a little. Its mirror image's is known without looking again.

import Foundation

/// The 63 lowest frequencies of a picture's 32 x 32 gray thumbnail, without the mean, their roots scaled to one length.
struct PerceptualHash: Sendable {
    /// Rows and columns of the thumbnail.
    static let side = 32
    /// Frequencies a side.
    static let frequencies = 8
    /// Bytes, the last unused.
    static let count = 64
    /// What the length of a hash is multiplied with to become whole numbers.
    static let scale: Float = 254

    /// By rising frequency.
    let values: [Int8]

    /// cos(π (2x + 1) k / 64), (k, x), scaled to unit length.
    private static let cosines: [Float] = (0..<frequencies).flatMap { k in
        (0..<side).map { x in
            let length = (k == 0 ? 1 : 2) / Double(side)
            return Float(length.squareRoot() * cos(Double.pi * Double((2 * x + 1) * k) / Double(2 * side)))
        }
    }

    /// The 63 frequencies (row, column) without the mean, lowest first.
    static let order: [(row: Int, column: Int)] = (0..<frequencies * frequencies)
        .map { (row: $0 / frequencies, column: $0 % frequencies) }
        .filter { $0.row + $0.column > 0 }
        .sorted { ($0.row + $0.column, $0.row) < ($1.row + $1.column, $1.row) }

    /// Which values change their sign in the mirror image.
    static let flips: [Bool] = order.map { $0.column % 2 == 1 } + [false]

    /// The hash of 32 x 32 gray samples.
    init(_ samples: [UInt8]) {
        precondition(samples.count == Self.side * Self.side, "\(samples.count) samples")
        let (side, wanted, cosines) = (Self.side, Self.frequencies, Self.cosines)
        var rows = [Float](repeating: 0, count: side * wanted)
        for y in 0..<side {
            for k in 0..<wanted {
                var sum: Float = 0
                for x in 0..<side { sum += cosines[k * side + x] * Float(samples[y * side + x]) }
                rows[y * wanted + k] = sum
            }
        }
        var roots = [Float](repeating: 0, count: Self.count)
        var length: Float = 0
        for (place, frequency) in Self.order.enumerated() {
            var sum: Float = 0
            for y in 0..<side { sum += cosines[frequency.row * side + y] * rows[y * wanted + frequency.column] }
            // Roots, so that the few strongest frequencies do not decide alone.
            let root = abs(sum).squareRoot()
            roots[place] = sum < 0 ? -root : root
            length += abs(sum)
        }
        let factor = length > 0 ? Self.scale / length.squareRoot() : 0
        values = roots.map { Int8(max(-127, min(127, ($0 * factor).rounded()))) }
    }
}

/// The hashes of many pictures, one after the other in one piece of memory.
struct PerceptualHashes: Sendable {
    private(set) var values: [Int8] = []

    /// The number of hashes.
    var count: Int { values.count / PerceptualHash.count }

    /// The values of one.
    subscript(_ index: Int) -> [Int8] {
        Array(values[index * PerceptualHash.count..<(index + 1) * PerceptualHash.count])
    }

    /// The product of a hash and the one at this place.
    func product(_ hash: [Int8], _ index: Int) -> Float {
        let start = index * PerceptualHash.count
        // Both buffers are valid in this closure only, and read only in it.
        return hash.withUnsafeBufferPointer { one in
            values[start..<start + PerceptualHash.count].withUnsafeBufferPointer { other in
                Float((0..<PerceptualHash.count).reduce(Int32(0)) { $0 &+ Int32(one[$1]) &* Int32(other[$1]) })
            }
        }
    }

    mutating func append(_ hash: PerceptualHash) { values += hash.values }

    /// A place for a picture that has none.
    mutating func appendNothing() { values += [Int8](repeating: 0, count: PerceptualHash.count) }

    mutating func append(_ others: PerceptualHashes) { values += others.values }
}
