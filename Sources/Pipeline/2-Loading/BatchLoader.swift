// From a source to batches: threads of low priority fill a ring of reused buffers while the network computes, or, where
// the pictures are in memory, the kernels' own threads fill each batch between two steps. The same seed gives the same
// batches either way, for any number of threads. Trains nothing, shuffles nothing: it is told the order.

import FoveaCollecting
import FoveaPreprocessing
import FoveaTensorCore
import Foundation

/// Loads batches of a source, epoch after epoch.
///
/// `next` is for one thread; `stop` may be called from any. After the first epoch `next` does not allocate.
package final class BatchLoader: Sendable {
    /// Pictures in a full batch.
    package let batchSize: Int
    /// Decoded pictures that are kept between epochs; nil where none are.
    package let cache: PictureCache?
    private let ring: BatchRing
    private let pool: PoolFiller
    private let filler: RowFiller
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
            source: source, classCount: classCount, preprocessing: preprocessing, augmentation: augmentation,
            seed: seed, cache: cache)
        precondition(filler.entries.allSatisfy { (0..<classCount).contains($0.label) }, "a label beyond the classes")
        let batches = try (0..<slots).map { _ in
            try Batch(capacity: batchSize, sampleSize: preprocessing.count, classCount: classCount)
        }
        self.batchSize = batchSize
        pictureCount = entries.count
        self.filler = filler
        pool = PoolFiller(filler)
        // Small enough that all threads work at one batch, large enough that taking turns costs nothing.
        ring = BatchRing(batches: batches, rowsPerJob: max(1, batchSize / (4 * threads)))
        for number in 0..<threads { startLoaderThread(number, ring, filler) }
    }

    deinit { ring.stop() }

    /// Begins an epoch; what was under way of another is dropped. `order` holds indices of the source.
    package func start(epoch: Int, order: [Int]) {
        precondition(order.allSatisfy { (0..<pictureCount).contains($0) }, "an index beyond the source")
        let isAtHand = hasPicturesAtHand
        ring.start(epoch: epoch, order: isAtHand ? [] : order)
        pool.start(epoch: epoch, order: isAtHand ? order : [])
    }

    /// Whether an epoch that begins now is filled by the kernels' threads and not by the loader's: no picture has to be
    /// read or decoded, as far as is known.
    package var hasPicturesAtHand: Bool { filler.hasPicturesAtHand }

    /// Begins to load every picture once, in the source's order: for validation and evaluation.
    package func startInOrder() { start(epoch: 0, order: Array(0..<pictureCount)) }

    /// A batch of this loader's size. Throws a `Failure` if the system has no memory for it.
    package func batch() throws -> Batch {
        try Batch(capacity: batchSize, sampleSize: filler.preprocessing.count, classCount: filler.classCount)
    }

    /// A batch of this loader's size whose pictures lie at `pixels`, such as a plan's input, which must outlive it.
    /// Throws a `Failure` if the system has no memory for the rest.
    package func batch(at pixels: UnsafeMutableBufferPointer<Float>) throws -> Batch {
        try Batch(pixels: pixels, capacity: batchSize, classCount: filler.classCount)
    }

    /// Puts the next batch, in order, into `batch`; waits for it. False after the last one, and once stopped.
    ///
    /// For the thread that runs the kernels: it and its pool fill the batch, or copy it.
    package func next(into batch: Batch) -> Bool {
        if pool.fill(batch) { return true }
        guard let full = ring.next() else { return false }
        batch.copy(full)
        ring.recycle(full)
        return true
    }

    /// Ends loading for good and wakes whoever waits; callable from any thread.
    package func stop() {
        pool.stop()
        ring.stop()
    }

    /// Puts every picture, in the source's order, into `batch` and shows it to `body`, batch by batch.
    package func forEachInOrder(into batch: Batch, _ body: (Batch) throws -> Void) rethrows {
        startInOrder()
        while next(into: batch) { try body(batch) }
    }
}
