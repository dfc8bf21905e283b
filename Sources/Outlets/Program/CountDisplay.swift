// How far a count has come: pictures measured, bytes fetched. One changing line on a terminal, nothing elsewhere.

import Foundation
import FoveaTensorCore
import Synchronization

/// A live line about a count.
final class CountDisplay: Sendable {
    private let isLive: Bool
    private let last = Mutex<(time: ContinuousClock.Instant?, isOpen: Bool)>((nil, false))

    /// Shows nothing where `isQuiet`.
    init(isQuiet: Bool) { isLive = !isQuiet && Output.canOverwrite }

    /// Called as often as one likes, from any thread.
    func show(_ what: String, _ done: Int, of total: Int) {
        guard isLive else { return }
        last.withLock { last in
            let now = ContinuousClock.now
            if let time = last.time, now - time < .milliseconds(100) { return }
            last = (now, true)
            let part = total > 0 ? Double(done) / Double(total) : 0
            let text = "\(what) \(grouped(done)) of \(grouped(total))  \(String(format: "%.0f %%", part * 100))"
            Output.progress("\r" + text.shortened(to: Output.width(of: STDERR_FILENO) - 1) + "\u{1B}[K")
        }
    }

    /// Removes the line.
    func close() {
        last.withLock { last in
            if last.isOpen { Output.progress("\r\u{1B}[K") }
            last.isOpen = false
        }
    }
}
