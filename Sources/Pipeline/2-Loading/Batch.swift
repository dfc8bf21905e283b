// One batch of preprocessed pictures in memory that is used again and again. Filled by the loader's threads, read by the
// one that took it, until it is recycled. A picture that cannot be read is named here and weighs nothing.

import CKernels
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
    convenience init(capacity: Int, sampleSize: Int, classCount: Int) throws {
        try self.init(capacity: capacity, classCount: classCount, ownPixels: capacity * sampleSize, elsewhere: nil)
    }

    /// A batch whose pictures lie at `pixels`, such as a plan's input, which must outlive it. Throws a `Failure` if the
    /// system has no memory for the rest.
    package convenience init(pixels: UnsafeMutableBufferPointer<Float>, capacity: Int, classCount: Int) throws {
        try self.init(capacity: capacity, classCount: classCount, ownPixels: 0, elsewhere: pixels)
    }

    private init(
        capacity: Int, classCount: Int, ownPixels: Int, elsewhere: UnsafeMutableBufferPointer<Float>?
    ) throws {
        let bytes = MemoryLayout<Float>.stride
        let pixelBytes = Arena.aligned(ownPixels * bytes)
        let targetBytes = Arena.aligned(capacity * classCount * bytes)
        let arena = try Arena(byteCount: pixelBytes + targetBytes + capacity * bytes)
        // What is not elsewhere lies in `arena`, which lives as long as this batch.
        func part(_ offset: Int, _ count: Int) -> UnsafeMutableBufferPointer<Float> {
            let start = (arena.base + offset).bindMemory(to: Float.self, capacity: count)
            return UnsafeMutableBufferPointer(start: start, count: count)
        }
        self.capacity = capacity
        self.arena = arena
        pixels = elsewhere ?? part(0, ownPixels)
        targets = part(pixelBytes, capacity * classCount)
        sampleWeights = part(pixelBytes + targetBytes, capacity)
        indices.reserveCapacity(capacity)
    }

    /// Takes over what `other` of the same size holds, its pictures by the pool of threads of the calling thread.
    func copy(_ other: Batch) {
        precondition(capacity == other.capacity && pixels.count == other.pixels.count, "batches of two sizes")
        copyInParallel(other.pixels, to: pixels)
        _ = targets.update(from: other.targets)
        _ = sampleWeights.update(from: other.sampleWeights)
        indices.removeAll(keepingCapacity: true)
        indices.append(contentsOf: other.indices)
        failures = other.failures
        (epoch, number) = (other.epoch, other.number)
    }

    /// Makes it batch `number` of an epoch, with none of its pictures there yet.
    func begin(_ number: Int, epoch: Int, order: [Int]) {
        let first = number * capacity
        indices.removeAll(keepingCapacity: true)
        indices.append(contentsOf: order[first..<min(first + capacity, order.count)])
        failures.removeAll()
        self.epoch = epoch
        self.number = number
    }
}

/// One core alone copies at a fraction of the memory's rate.
private func copyInParallel(
    _ source: UnsafeMutableBufferPointer<Float>, to target: UnsafeMutableBufferPointer<Float>
) {
    let grain: Int64 = 65_536
    withUnsafePointer(to: (source, target)) { both in
        fovea_parallel(
            Int64(target.count), grain,
            { first, last, context in
                typealias Both = (UnsafeMutableBufferPointer<Float>, UnsafeMutableBufferPointer<Float>)
                guard let (source, target) = context?.assumingMemoryBound(to: Both.self).pointee,
                    let from = source.baseAddress, let to = target.baseAddress
                else { return }
                (to + Int(first)).update(from: from + Int(first), count: Int(last - first))
            }, both)
    }
}
