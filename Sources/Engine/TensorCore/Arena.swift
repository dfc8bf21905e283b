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
    package init(byteCount: Int) throws {
        let size = max(Self.alignment, Self.aligned(byteCount))
        var pointer: UnsafeMutableRawPointer?
        guard posix_memalign(&pointer, Self.alignment, size) == 0, let pointer else {
            throw Failure(
                .work, "there is no memory for a block of \(size / 1_048_576) MiB",
                advice: "Use a smaller --batch or --size.")
        }
        memset(pointer, 0, size)
        self.byteCount = size
        base = pointer
    }

    deinit { free(base) }

    /// `byteCount` rounded up to the alignment.
    package static func aligned(_ byteCount: Int) -> Int { (byteCount + alignment - 1) / alignment * alignment }
}
