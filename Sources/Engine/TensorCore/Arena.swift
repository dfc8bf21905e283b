// One block of aligned memory: a plan's activations, or all weights of a network. Allocated once, never grown.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Owns a block of 64-byte aligned memory, zeroed at birth and freed with the object.
///
/// The address is stable for the arena's life. Whoever holds a pointer into it must hold the arena as well.
package final class Arena: @unchecked Sendable {
    // @unchecked: the class only owns the block; who may write it when is settled by the plan and the trainer.

    /// Alignment of the block and of everything placed in it, in bytes: one AVX-512 register and one cache line.
    package static let alignment = 64

    /// Size of the block in bytes.
    package let byteCount: Int
    /// The first byte.
    package let base: UnsafeMutableRawPointer

    /// Takes `byteCount` bytes. Throws a `Failure` if the system has no such memory.
    ///
    /// The system hands out zeroed pages when they are first touched, so that memory which is never used costs nothing.
    package init(byteCount: Int) throws {
        let size = max(Self.alignment, Self.aligned(byteCount))
        let pages = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | Self.anonymous, -1, 0)
        guard let pages, pages != MAP_FAILED else {
            throw Failure(
                .work, "there is no memory for a block of \(size / 1_048_576) MiB",
                advice: "Use a smaller --batch or --size.")
        }
        #if os(Linux)
            // Large pages where the system has them: touching 45 MB of weights page by page takes longer than using them.
            if size >= Self.largePage { madvise(pages, size, 14 /* MADV_HUGEPAGE */) }
        #endif
        self.byteCount = size
        base = pages
    }

    deinit { munmap(base, byteCount) }

    #if os(Linux)
        private static let anonymous = Int32(MAP_ANONYMOUS)
        private static let largePage = 2 << 20
    #else
        private static let anonymous = MAP_ANON
    #endif

    /// `byteCount` rounded up to the alignment.
    package static func aligned(_ byteCount: Int) -> Int { (byteCount + alignment - 1) / alignment * alignment }
}
