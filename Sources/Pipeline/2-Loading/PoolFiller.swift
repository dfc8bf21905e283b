// Fills a batch at once on the pool of threads that the kernels use and that is idle between two steps. For pictures that
// are in memory: a loader thread beside the kernels takes one core from a loop that all others then wait for, so that it
// costs the step what it takes; in between it costs a core's part of that. Waits for no disk: that is the ring's work.

import CKernels
import FoveaPreprocessing
import FoveaTensorCore
import Synchronization

/// Fills one batch after the other, on the thread that asks and the pool that belongs to it.
final class PoolFiller: @unchecked Sendable {
    // @unchecked: used by the loader's one reader. While a batch is filled, pool threads share what is atomic or behind
    // `failures`, and each has a scratch of its own.

    private let filler: RowFiller
    private let mixer: BatchMixer
    private var scratch: [PreprocessingScratch] = []
    private var epoch = 0
    private var order: [Int] = []
    private var number = 0
    private let isStopped = Atomic<Bool>(false)

    /// What the pool's threads take their rows from.
    private var batch: Batch?
    private let nextRow = Atomic<Int>(0)
    private var rowsPerTurn = 1
    private let failures = Mutex<[(row: Int, failure: PictureFailure)]>([])

    init(_ filler: RowFiller) {
        self.filler = filler
        mixer = BatchMixer(filler)
    }

    /// Begins an epoch.
    func start(epoch: Int, order: [Int]) {
        (self.epoch, self.order, number) = (epoch, order, 0)
    }

    /// Fills the epoch's next batch. False after the last one, and once stopped.
    func fill(_ batch: Batch) -> Bool {
        guard number * batch.capacity < order.count, !isStopped.load(ordering: .relaxed) else { return false }
        let threads = max(1, Int(fovea_pool_threads()))
        while scratch.count < threads { scratch.append(PreprocessingScratch()) }
        batch.begin(number, epoch: epoch, order: order)
        number += 1
        self.batch = batch
        // Small enough that threads end together, large enough that taking turns costs nothing.
        rowsPerTurn = max(1, batch.capacity / (8 * threads))
        nextRow.store(0, ordering: .relaxed)
        let context = Unmanaged.passUnretained(self).toOpaque()
        withExtendedLifetime(self) {
            fovea_parallel(
                Int64(threads), 1,
                { first, last, context in
                    guard let context else { return }
                    let filler = Unmanaged<PoolFiller>.fromOpaque(context).takeUnretainedValue()
                    for thread in first..<last { filler.fillRows(thread: Int(thread)) }
                }, context)
        }
        self.batch = nil
        failures.withLock { failures in
            guard !failures.isEmpty else { return }
            batch.failures = failures.sorted { $0.row < $1.row }.map(\.failure)
            failures.removeAll()
        }
        mixer.mix(batch)
        return true
    }

    /// Ends the filling after the batch under way; callable from any thread.
    func stop() { isStopped.store(true, ordering: .relaxed) }

    private func fillRows(thread: Int) {
        guard let batch else { return }
        while true {
            let first = nextRow.add(rowsPerTurn, ordering: .relaxed).oldValue
            guard first < batch.capacity else { return }
            let rows = first..<min(first + rowsPerTurn, batch.capacity)
            let failed = filler.fill(
                FillJob(batch: batch, rows: rows, epoch: epoch), scratch: scratch[thread], unless: { false })
            if !failed.isEmpty { failures.withLock { $0 += failed } }
        }
    }
}
