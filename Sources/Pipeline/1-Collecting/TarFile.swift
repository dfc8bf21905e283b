// A tar archive on disk as an input for TarWalk: what is passed over is never read, so that the index of a shard of a
// gigabyte takes its headers only.

import FoveaTensorCore
import Foundation

/// An open tar file. Owns the descriptor.
final class TarFile: TarInput {
    private let path: String
    private let descriptor: Int32
    private let size: Int
    private var position = 0

    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        var found = stat()
        guard descriptor >= 0, fstat(descriptor, &found) == 0 else {
            throw Failure(.data, "\(path): the file cannot be opened: \(systemReason())")
        }
        size = Int(found.st_size)
    }

    deinit { close(descriptor) }

    func read(_ count: Int) throws -> [UInt8] {
        let bytes = try readBytes(descriptor, at: position, count: min(count, max(0, size - position)), path)
        position += bytes.count
        return bytes
    }

    func skip(_ count: Int) throws -> Bool {
        position += count
        return position <= size
    }

    /// Whether the file begins like a tar archive.
    static func isOne(_ start: [UInt8]) -> Bool {
        guard start.count >= 512 else { return false }
        if start[257..<262].elementsEqual(Array("ustar".utf8)) { return true }
        // v7 has no mark, only a checksum: six octal digits.
        let field = start[148..<156].prefix { $0 != 0 && $0 != 0x20 }
        let sum = start.prefix(512).indices.reduce(0) { $0 + ((148..<156).contains($1) ? 0x20 : Int(start[$1])) }
        return !field.isEmpty && Int(String(decoding: field, as: UTF8.self), radix: 8) == sum
    }
}
