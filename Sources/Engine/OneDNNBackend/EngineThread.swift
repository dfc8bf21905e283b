// The one thread that makes all kernel calls: libgomp keeps a pool for each thread that asks, and two pools fight for cores.
// Its first statement, before any kernel, makes denormals zero, which the pool inherits (a pool thread copies its
// creator's control register when it is born).

import CKernels
import Foundation
import FoveaTensorCore

/// A thread that runs what it is handed, in order, until the object goes away.
final class EngineThread: @unchecked Sendable {
    // @unchecked: the queue is guarded by the condition.

    /// What the thread and its owner share; the thread keeps this alive, not the owner.
    private final class Queue: @unchecked Sendable {
        let condition = NSCondition()
        var work: [@Sendable () -> Void] = []
        var isClosed = false
        var thread: Thread?

        func run() {
            while true {
                condition.lock()
                while work.isEmpty && !isClosed { condition.wait() }
                guard !work.isEmpty else { return condition.unlock() }
                let next = work.removeFirst()
                condition.unlock()
                next()
            }
        }
    }

    private let queue = Queue()

    /// A thread that lets kernels use `threadCount` cores; 0 means all that the process may use.
    init(threadCount: Int) {
        let queue = queue
        let thread = Thread {
            fovea_flush_denormals()
            if threadCount > 0 { fovea_set_pool_threads(Int32(threadCount)) }
            queue.run()
        }
        thread.name = "fovea-engine"
        thread.stackSize = 8 << 20
        queue.thread = thread
        thread.start()
    }

    deinit {
        queue.condition.lock()
        queue.isClosed = true
        queue.condition.signal()
        queue.condition.unlock()
    }

    /// Hands over a piece of work.
    func enqueue(_ body: @escaping @Sendable () -> Void) {
        queue.condition.lock()
        queue.work.append(body)
        queue.condition.signal()
        queue.condition.unlock()
    }

    /// Runs `body` on the thread and waits; on the thread itself it runs at once.
    func perform<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        if Thread.current === queue.thread { return try body() }
        let done = DispatchSemaphore(value: 0)
        let answer = Answer<Result>()
        enqueue {
            answer.value = Swift.Result { try body() }
            done.signal()
        }
        done.wait()
        guard let value = answer.value else { preconditionFailure("the engine thread did not answer") }
        return try value.get()
    }

    /// Carries an answer between two threads that meet at a semaphore.
    private final class Answer<Value: Sendable>: @unchecked Sendable {
        var value: Swift.Result<Value, any Error>?
    }
}
