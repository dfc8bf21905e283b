// One batch of preprocessed pictures in memory that is used again and again. Filled by the loader's threads, read by the
// one that took it, until it is recycled. A picture that cannot be read is named here and weighs nothing.

import FoveaTensorCore

/// A picture that could not be read or decoded.
package struct PictureFailure: Sendable, Equatable {
    /// The source's name for it.
    package let name: String
    /// What is wrong with it.
    package let reason: String
    /// The kind of reason, the same words for every picture of it.
    package let cause: String?

    package init(name: String, reason: String, cause: String? = nil) {
        self.name = name
        self.reason = reason
        self.cause = cause
    }
}

extension [PictureFailure] {
    /// ` (3 needs a library that is not installed, 1 cut short)`, the most frequent first; nothing where no cause is known.
    package var causes: String {
        let counts = Dictionary(grouping: compactMap(\.cause)) { $0 }.mapValues(\.count)
        let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return sorted.isEmpty ? "" : " (" + sorted.map { "\($0.value) \($0.key)" }.joined(separator: ", ") + ")"
    }
}

/// Pixels, targets and weights of up to `capacity` pictures.
package final class Batch: @unchecked Sendable {
    // @unchecked: the ring hands a batch either to threads that fill disjoint rows, or to one reader, never to both.

    /// Rows, filled or not: N below.
    package let capacity: Int
    /// (N, C, H, W): what the network sees; zeros in rows beyond `count` and in those of `failures`.
    package let pixels: UnsafeMutableBufferPointer<Float>
    /// (N, classes): one-hot, or soft where pictures are mixed; zeros in rows beyond `count`.
    package let targets: UnsafeMutableBufferPointer<Float>
    /// (N): the picture's weight, 1 unless its source says another; 0 for a row beyond `count` or of `failures`.
    package let sampleWeights: UnsafeMutableBufferPointer<Float>
    /// The source's indices of the pictures, row by row.
    package internal(set) var indices: [Int] = []
    /// Pictures that could not be read, in the order of their rows.
    package internal(set) var failures: [PictureFailure] = []
    /// The epoch it belongs to.
    package internal(set) var epoch = 0
    /// Its place in the epoch, from 0.
    package internal(set) var number = 0

    /// Rows that hold pictures; the others are padding.
    package var count: Int { indices.count }

    // The ring's book-keeping, read and written under its lock.
    var remainingRows = 0
    var isFull = false
    var failedRows: [(row: Int, failure: PictureFailure)] = []
    var isHeld = false

    private let arena: Arena

    /// Memory for `capacity` pictures of `sampleSize` floats. Throws a `Failure` if the system has none.
    init(capacity: Int, sampleSize: Int, classCount: Int) throws {
        let bytes = MemoryLayout<Float>.stride
        let pixelBytes = Arena.aligned(capacity * sampleSize * bytes)
        let targetBytes = Arena.aligned(capacity * classCount * bytes)
        let arena = try Arena(byteCount: pixelBytes + targetBytes + capacity * bytes)
        // The three buffers lie in `arena`, which lives as long as this batch.
        func part(_ offset: Int, _ count: Int) -> UnsafeMutableBufferPointer<Float> {
            let start = (arena.base + offset).bindMemory(to: Float.self, capacity: count)
            return UnsafeMutableBufferPointer(start: start, count: count)
        }
        self.capacity = capacity
        self.arena = arena
        pixels = part(0, capacity * sampleSize)
        targets = part(pixelBytes, capacity * classCount)
        sampleWeights = part(pixelBytes + targetBytes, capacity)
        indices.reserveCapacity(capacity)
    }
}
