// A thread that fills batches. Of low priority, so that it works while the network's kernels leave time and never makes
// them wait: a busy loader of equal priority makes training two to twenty-eight times slower.

import FoveaPreprocessing
import Foundation

/// How far below the engine a loader thread stands, on Linux.
private let niceness: Int32 = 10

/// Starts a thread that serves the ring until it is stopped.
func startLoaderThread(_ number: Int, _ ring: BatchRing, _ filler: RowFiller) {
    let thread = Thread {
        lowerPriority()
        let scratch = PreprocessingScratch()
        let mixer = BatchMixer(filler)
        while let job = ring.claim() {
            let failures = filler.fill(job, scratch: scratch, unless: { ring.isAbandoned })
            ring.finish(job, failures: failures, close: mixer.mix)
        }
    }
    thread.name = "fovea loader \(number)"
    #if canImport(Darwin)
        thread.qualityOfService = .utility
    #endif
    thread.start()
}

/// Lowers the priority of the calling thread. On Linux niceness belongs to the thread; elsewhere to the whole process.
private func lowerPriority() {
    #if os(Linux)
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
    #endif
}
