// A wish to stop, from a signal handler or another thread, that the trainer looks at between steps.

import Synchronization

/// Set once, from anywhere; read between steps.
package final class StopSignal: Sendable {
    private let flag = Atomic<Bool>(false)

    package init() {}

    /// True once somebody asked to stop.
    package var isSet: Bool { flag.load(ordering: .relaxed) }

    /// Asks to stop. Safe in a signal handler.
    package func set() { flag.store(true, ordering: .relaxed) }
}
