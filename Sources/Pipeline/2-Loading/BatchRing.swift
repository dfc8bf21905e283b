// The ring between the threads that fill batches and the one that reads them: who may touch which batch when. Batches
// come out in order, however many threads fill them; nobody works ahead of the free slots. Knows nothing of pictures.

import FoveaTensorCore
import Synchronization

/// A few rows of a batch, for one thread to fill.
struct FillJob {
    let batch: Batch
    let rows: Range<Int>
    let epoch: Int
}

/// Batches going round between being filled and being read.
final class BatchRing: @unchecked Sendable {
    // @unchecked: all state is read and written under `lock`.

    private let lock = RingLock()
    private let slots: Int
    private let batchSize: Int
    private let rowsPerJob: Int
    private var free: [Batch]
    /// Batches being filled or full, by number modulo slots.
    private var assigned: [Batch?]
    private var order: [Int] = []
    private var epoch = 0
    private var batchCount = 0
    /// The batch that jobs are cut from, and its first row not yet given out.
    private var current: (batch: Batch, row: Int)?
    private var nextNumber = 0
    private var delivered = 0
    private var runningJobs = 0
    private var heldCount = 0
    private var isStopped = false
    /// Whether rows still being filled are wanted; read between two pictures without the lock.
    private let abandoned = Atomic<Bool>(false)

    init(batches: [Batch], rowsPerJob: Int) {
        precondition(!batches.isEmpty && rowsPerJob > 0, "a ring needs slots and work")
        free = batches
        slots = batches.count
        batchSize = batches[0].capacity
        assigned = [Batch?](repeating: nil, count: batches.count)
        self.rowsPerJob = rowsPerJob
    }

    /// Whether rows being filled are not wanted any more.
    var isAbandoned: Bool { abandoned.load(ordering: .relaxed) }

    // MARK: the filling threads

    /// Waits for work. Nil once the ring is stopped.
    func claim() -> FillJob? {
        lock.locked {
            while !isStopped {
                if !isAbandoned, let job = cutJob() {
                    runningJobs += 1
                    // One woken thread wakes the next, as long as there is work.
                    if hasWork { lock.work.signal() }
                    return job
                }
                lock.wait(for: lock.work)
            }
            return nil
        }
    }

    private var hasWork: Bool { current != nil || (nextNumber < batchCount && !free.isEmpty) }

    private func cutJob() -> FillJob? {
        guard let (batch, row) = current ?? takeSlot().map({ ($0, 0) }) else { return nil }
        let end = min(row + rowsPerJob, batch.capacity)
        current = end == batch.capacity ? nil : (batch, end)
        return FillJob(batch: batch, rows: row..<end, epoch: epoch)
    }

    private func takeSlot() -> Batch? {
        guard nextNumber < batchCount, let batch = free.popLast() else { return nil }
        batch.begin(nextNumber, epoch: epoch, order: order)
        batch.failedRows.removeAll()
        batch.remainingRows = batch.capacity
        batch.isFull = false
        assigned[nextNumber % slots] = batch
        nextNumber += 1
        return batch
    }

    /// The rows of a job are filled, or were abandoned. `close` is run for a batch whose last rows these are, by this thread
    /// and while no other touches the batch.
    func finish(_ job: FillJob, failures: [(row: Int, failure: PictureFailure)], close: (Batch) -> Void) {
        let isLast = lock.locked {
            job.batch.remainingRows -= job.rows.count
            if !failures.isEmpty { job.batch.failedRows += failures }
            if job.batch.remainingRows == 0, !job.batch.failedRows.isEmpty {
                job.batch.failures = job.batch.failedRows.sorted { $0.row < $1.row }.map(\.failure)
            }
            return job.batch.remainingRows == 0
        }
        if isLast, !isAbandoned { close(job.batch) }
        lock.locked {
            runningJobs -= 1
            if isLast { job.batch.isFull = true }
            if isLast || runningJobs == 0 { lock.progress.broadcast() }
        }
    }

    // MARK: the reader

    /// Lets go of what is under way and begins with the first batch of another order.
    func start(epoch: Int, order: [Int]) {
        lock.locked {
            abandoned.store(true, ordering: .relaxed)
            current = nil
            while runningJobs > 0 { lock.wait(for: lock.progress) }
            for slot in assigned.indices {
                if let batch = assigned[slot] { free.append(batch) }
                assigned[slot] = nil
            }
            self.epoch = epoch
            self.order = order
            batchCount = (order.count + batchSize - 1) / batchSize
            nextNumber = 0
            delivered = 0
            guard !isStopped else { return }
            abandoned.store(false, ordering: .relaxed)
            lock.work.broadcast()
        }
    }

    /// Waits for the next batch. Nil at the end of the epoch, or once the ring is stopped.
    func next() -> Batch? {
        lock.locked {
            while !isStopped, delivered < batchCount {
                if let batch = assigned[delivered % slots], batch.number == delivered, batch.isFull {
                    assigned[delivered % slots] = nil
                    delivered += 1
                    heldCount += 1
                    batch.isHeld = true
                    return batch
                }
                precondition(heldCount < slots, "all \(slots) batches are held; recycle one before asking for the next")
                lock.wait(for: lock.progress)
            }
            return nil
        }
    }

    /// Takes a batch back. Its content may change from now on.
    func recycle(_ batch: Batch) {
        lock.locked {
            precondition(batch.isHeld, "this batch is not held by anyone")
            batch.isHeld = false
            heldCount -= 1
            free.append(batch)
            lock.work.signal()
        }
    }

    /// Ends all waiting, from any thread; threads leave after the picture they are at.
    func stop() {
        lock.locked {
            isStopped = true
            abandoned.store(true, ordering: .relaxed)
            lock.work.broadcast()
            lock.progress.broadcast()
        }
    }
}
