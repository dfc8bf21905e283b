// A mutex with two conditions: one that the reader waits at, one that the filling threads wait at. Waiting costs no time
// of the processor, locking allocates nothing.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The lock of a batch ring.
final class RingLock: @unchecked Sendable {
    // @unchecked: owns three pthread objects, which are made for being used from many threads.

    /// Something to wait for.
    struct Condition {
        fileprivate let pointer: UnsafeMutablePointer<pthread_cond_t>

        fileprivate init() {
            pointer = .allocate(capacity: 1)
            pthread_cond_init(pointer, nil)
        }

        /// Wakes one thread that waits here.
        func signal() { pthread_cond_signal(pointer) }
        /// Wakes all threads that wait here.
        func broadcast() { pthread_cond_broadcast(pointer) }

        fileprivate func free() {
            pthread_cond_destroy(pointer)
            pointer.deallocate()
        }
    }

    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    /// There is something to fill, or no more.
    let work = Condition()
    /// A batch is full, or nobody fills any more.
    let progress = Condition()

    init() {
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        work.free()
        progress.free()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` while no other thread runs one.
    func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Within `locked`: lets others in until the condition is signalled. May also return without reason.
    func wait(for condition: Condition) { pthread_cond_wait(condition.pointer, mutex) }
}
