// Bytes out of the middle of a file: how pictures in archives and shards are read, without unpacking anything. A file is
// opened for each reading, so that thousands of shards cost no descriptors and any thread may ask.

import FoveaTensorCore
import Foundation

/// `count` bytes of the file at `path` from `offset`. Throws a `Failure` of kind `.data` that names `picture` if they are
/// not there any more.
func readBytes(_ path: String, at offset: Int, count: Int, for picture: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure(.data, "\(path): the file cannot be opened: \(systemReason())") }
    defer { close(descriptor) }
    let bytes = try readBytes(descriptor, at: offset, count: count, path)
    guard bytes.count == count else {
        throw Failure(.data, "\(picture): the file ends too early; was it changed meanwhile?")
    }
    return bytes
}

/// Up to `count` bytes of an open file from `offset`: fewer where it ends.
func readBytes(_ descriptor: Int32, at offset: Int, count: Int, _ path: String) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        // `buffer` belongs to the new array and is valid in this closure only.
        filled = 0
        while filled < count {
            let received = pread(
                descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
            if received == 0 { break }
            if received < 0 {
                if errno == EINTR { continue }
                throw Failure(.data, "\(path): the file cannot be read: \(systemReason())")
            }
            filled += received
        }
    }
}

/// The first bytes of a file, to tell what it is.
func firstBytes(_ path: String, count: Int) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure(.data, "\(path): the file cannot be opened: \(systemReason())") }
    defer { close(descriptor) }
    return try readBytes(descriptor, at: 0, count: count, path)
}

extension ArraySlice<UInt8> {
    /// The little-endian number of `count` bytes at `offset` of the slice.
    func littleEndian(at offset: Int, _ count: Int) -> UInt64 {
        (0..<count).reversed().reduce(0) { $0 << 8 | UInt64(self[startIndex + offset + $1]) }
    }
}
