// The bytes of a weight file: opened once, read where asked, never mapped, so that a file that another program shortens is an
// error and not a signal. And a cursor over them, for formats that are read from front to back.

import FoveaTensorCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// An open file. Owns the descriptor for its life; reading is possible from any thread.
final class WeightBytes: Sendable {
    /// What the person called it, for messages.
    let path: String
    let count: Int
    private let descriptor: Int32

    /// Opens a file. Throws a `Failure` of kind `.model`.
    init(path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw Failure(
                .model, "\(path): cannot be opened: \(String(cString: strerror(errno)))",
                advice: "Is the name right, and may you read it?")
        }
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw Failure(.model, "\(path): is no file", advice: "Name a model or weight file.")
        }
        self.descriptor = descriptor
        self.path = path
        count = Int(information.st_size)
    }

    deinit { close(descriptor) }

    /// The bytes of a range, all of them. Throws a `Failure` of kind `.model` if the file does not have them.
    func read(_ range: Range<Int>) throws -> [UInt8] {
        guard range.lowerBound >= 0, range.upperBound <= count else { throw short }
        return try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
            // `buffer` belongs to the new array and is valid in this closure only.
            filled = 0
            while filled < range.count {
                let received = pread(
                    descriptor, buffer.baseAddress.map { $0 + filled }, min(range.count - filled, 1 << 30),
                    off_t(range.lowerBound + filled))
                if received < 0, errno == EINTR { continue }
                guard received > 0 else { throw short }
                filled += received
            }
        }
    }

    private var short: Failure {
        Failure(.model, "\(path): the file ends too early", advice: SafeTensorsHeader.copyAgain)
    }
}

/// A place in a file that moves on as bytes are taken.
struct ByteCursor {
    /// Bytes from the file's beginning.
    private(set) var position: Int
    /// What messages call the file.
    var file: String { bytes.path }
    private let bytes: WeightBytes
    private let end: Int
    private var window: [UInt8] = []
    private var windowStart = 0

    private static let windowSize = 1 << 16

    /// A cursor over a part of a file.
    init(_ bytes: WeightBytes, _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = min(range.upperBound, bytes.count)
    }

    mutating func byte() throws -> UInt8 {
        if position < windowStart || position >= windowStart + window.count {
            guard position < end else { throw short }
            windowStart = position
            window = try bytes.read(position..<min(end, position + Self.windowSize))
        }
        defer { position += 1 }
        return window[position - windowStart]
    }

    /// The next `count` bytes. Nothing is allocated for bytes that are not there.
    mutating func bytes(_ count: Int) throws -> [UInt8] {
        guard count >= 0, count <= end - position else { throw short }
        if position >= windowStart, position + count <= windowStart + window.count {
            defer { position += count }
            return Array(window[(position - windowStart)..<(position - windowStart + count)])
        }
        defer { position += count }
        return try bytes.read(position..<position + count)
    }

    mutating func skip(_ count: Int) throws {
        guard count >= 0, count <= end - position else { throw short }
        position += count
    }

    /// A number of 1 to 8 bytes, the lowest first.
    mutating func integer(_ count: Int) throws -> Int {
        let value = try bytes(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let number = Int(exactly: value) else { throw short }
        return number
    }

    /// The text up to the next line feed.
    mutating func line() throws -> String {
        var line: [UInt8] = []
        while true {
            let byte = try byte()
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
            guard line.count <= 4096 else { throw short }
        }
    }

    private var short: Failure {
        Failure(.model, "\(file): ends within a value, at byte \(position)", advice: SafeTensorsHeader.copyAgain)
    }
}
