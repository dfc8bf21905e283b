// From a source to batches: threads of low priority fill a ring of reused buffers while the network computes. The same
// seed gives the same batches for any number of threads. Trains nothing, shuffles nothing: it is told the order.

import FoveaCollecting
import FoveaPreprocessing
import FoveaTensorCore
import Foundation

/// Loads batches of a source, epoch after epoch.
///
/// `next` and `recycle` are for one thread; `stop` may be called from any. After the first epoch neither `next` nor
/// `recycle` allocates.
package final class BatchLoader: Sendable {
    /// Pictures in a full batch.
    package let batchSize: Int
    /// Decoded pictures that are kept between epochs; nil where none are.
    package let cache: PictureCache?
    private let ring: BatchRing
    private let pictureCount: Int

    /// Threads that wait for `start`. As many threads as cores and a slot or two more than threads serve best.
    ///
    /// Throws a `Failure` if the source cannot be read or there is no memory for the slots.
    package init(
        source: any Source, classCount: Int, batchSize: Int, preprocessing: Preprocessing,
        augmentation: Augmentation = .none, seed: UInt64 = 0,
        threads: Int = ProcessInfo.processInfo.activeProcessorCount, slots: Int = 4,
        cache options: CacheOptions = CacheOptions()
    ) throws {
        precondition(batchSize > 0 && threads > 0 && slots > 1, "\(batchSize), \(threads), \(slots)")
        try source.prepare()
        let entries = source.entries
        cache = try PictureCache(
            options, names: entries.map(\.name), preprocessing: preprocessing, form: augmentation.keptForm)
        let filler = RowFiller(
            source: source, entries: entries, classCount: classCount, preprocessing: preprocessing,
            augmentation: augmentation, seed: seed, cache: cache)
        precondition(filler.entries.allSatisfy { (0..<classCount).contains($0.label) }, "a label beyond the classes")
        let batches = try (0..<slots).map { _ in
            try Batch(capacity: batchSize, sampleSize: preprocessing.count, classCount: classCount)
        }
        self.batchSize = batchSize
        pictureCount = filler.entries.count
        // Small enough that all threads work at one batch, large enough that taking turns costs nothing.
        ring = BatchRing(batches: batches, rowsPerJob: max(1, batchSize / (4 * threads)))
        for number in 0..<threads { startLoaderThread(number, ring, filler) }
    }

    deinit { ring.stop() }

    /// Begins an epoch; what was under way of another is dropped. `order` holds indices of the source.
    package func start(epoch: Int, order: [Int]) {
        precondition(order.allSatisfy { (0..<pictureCount).contains($0) }, "an index beyond the source")
        ring.start(epoch: epoch, order: order)
    }

    /// Begins to load every picture once, in the source's order: for validation and evaluation.
    package func startInOrder() { ring.start(epoch: 0, order: Array(0..<pictureCount)) }

    /// The next batch, in order; waits for it. Nil after the last one, and once stopped.
    package func next() -> Batch? { ring.next() }

    /// Gives a batch back to be filled again. Its content must not be used any more.
    package func recycle(_ batch: Batch) { ring.recycle(batch) }

    /// Ends loading for good and wakes whoever waits; callable from any thread.
    package func stop() { ring.stop() }

    /// Hands every picture, in the source's order, to `body`; the batches are recycled.
    package func forEachInOrder(_ body: (Batch) throws -> Void) rethrows {
        startInOrder()
        while let batch = next() {
            defer { recycle(batch) }
            try body(batch)
        }
    }
}
