// Decoded pictures in one file that is mapped into memory: kept from one run to the next. What is found there is used only
// if the picture's content still has the fingerprint it had, and the pixels theirs; both are looked at once a run. A file
// that another process uses, or that cannot be written, is not used at all.

import FoveaCollecting
import FoveaPictures
import FoveaTensorCore
import Foundation
import Synchronization

/// Pictures in a file of slots: a header, a table with a row for each picture, and pixels one after the other.
final class DiskPictureStore: @unchecked Sendable {
    // @unchecked: `map` is made once and never moved; rows of the table are read and written under `lock`, pixels are
    // written before their row is and never again.

    private static let magic: UInt64 = 0x3143_4156_4F46  // "FOVAC1", the version being its last letter
    private static let headerBytes = 64
    /// width, height, channels, offset, fingerprint of the content, checksum of the pixels; a width of 0 is an empty row.
    private static let words = 6

    private let descriptor: Int32
    private let map: UnsafeMutableRawPointer
    private let capacity: Int
    private let count: Int
    private let lock = NSLock()
    /// Rows whose fingerprints were looked at in this run.
    private var isTrusted: [Bool]
    private var end: Int
    private var kept = CacheReport(pictures: 0, bytes: 0)
    /// Whether a picture has been refused for lack of room.
    private var isFull = false

    /// The file for `count` pictures, of at most `capacity` bytes; made, or begun anew if it is another's or damaged.
    /// Throws a `Failure` of kind `.work` if it cannot be used.
    init(path: String, count: Int, key: UInt64, budget: Int) throws {
        func failed(_ what: String) -> Failure {
            Failure(.work, "\(path): \(what): \(String(cString: strerror(errno)))")
        }
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failed("the cache cannot be opened") }
        guard Self.locks(descriptor) else {
            close(descriptor)
            throw Failure(
                .work, "\(path): another process uses this cache", advice: "Wait for it, or use --cache memory.")
        }
        // The time of its last use, by which old files are told.
        futimens(descriptor, nil)
        let start = Self.headerBytes + count * Self.words * 8
        capacity = max(budget, start)
        // The file is sparse: it takes no more room than what is written.
        guard ftruncate(descriptor, off_t(capacity)) == 0,
            let map = mmap(nil, capacity, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), map != MAP_FAILED
        else {
            let failure = failed("the cache cannot be mapped")
            close(descriptor)
            throw failure
        }
        self.map = map
        self.count = count
        isTrusted = [Bool](repeating: false, count: count)
        end = start
        let header = map.assumingMemoryBound(to: UInt64.self)
        if header[0] != Self.magic || header[1] != key || header[2] != UInt64(count) {
            guard Self.write([UInt8](repeating: 0, count: start), to: descriptor, at: 0) else {
                let failure = failed("the cache cannot be written")
                munmap(map, capacity)
                close(descriptor)
                throw failure
            }
            (header[0], header[1], header[2]) = (Self.magic, key, UInt64(count))
        }
        for index in 0..<count {
            guard let view = place(index) else {
                row(index)[0] = 0
                continue
            }
            end = max(end, Int(row(index)[3]) + view.stride * view.height)
            kept.pictures += 1
            kept.bytes += view.stride * view.height
        }
    }

    deinit {
        munmap(map, capacity)
        close(descriptor)
    }

    /// Whether nobody else uses the file; whoever is about to leave it is waited for.
    private static func locks(_ descriptor: Int32) -> Bool {
        let (tries, microseconds): (Int, UInt32) = (100, 20_000)
        for _ in 0..<tries {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            usleep(microseconds)
        }
        return false
    }

    var report: CacheReport { lock.withLock { kept } }

    var hasRoom: Bool { lock.withLock { !isFull } }

    private func row(_ index: Int) -> UnsafeMutablePointer<UInt64> {
        (map + Self.headerBytes + index * Self.words * 8).assumingMemoryBound(to: UInt64.self)
    }

    /// The pixels that a row tells of; nil if it is empty or tells nonsense.
    private func place(_ index: Int) -> PixelView? {
        let row = row(index)
        let start = UInt64(Self.headerBytes + count * Self.words * 8)
        guard (1...65_536).contains(row[0]), (1...65_536).contains(row[1]), row[2] == 1 || row[2] == 3,
            row[3] >= start, row[3] <= UInt64(capacity), row[0] * row[1] * row[2] <= UInt64(capacity) - row[3]
        else { return nil }
        return PixelView(
            base: UnsafePointer((map + Int(row[3])).assumingMemoryBound(to: UInt8.self)), width: Int(row[0]),
            height: Int(row[1]), channels: Int(row[2]), stride: Int(row[0] * row[2]))
    }

    func withPicture<Result>(_ index: Int, _ body: (PixelView) throws -> Result) rethrows -> Result? {
        guard let view = lock.withLock({ isTrusted[index] ? place(index) : nil }) else { return nil }
        return try body(view)
    }

    /// Whether the pixels of `index` were made from this content. To be asked once a run, before they are used.
    func trust(_ index: Int, fingerprint: UInt64) -> Bool {
        let found: (view: PixelView, sum: UInt64)? = lock.withLock {
            guard row(index)[4] == fingerprint, let view = place(index) else { return nil }
            return (view, row(index)[5])
        }
        guard let found, Self.checksum(found.view) == found.sum else { return false }
        lock.withLock { isTrusted[index] = true }
        return true
    }

    /// Keeps pixels that were made from content of this fingerprint.
    func keep(_ view: PixelView, index: Int, fingerprint: UInt64) {
        let line = view.width * view.channels
        let bytes = line * view.height
        let offset: Int? = lock.withLock {
            guard !isTrusted[index] else { return nil }
            guard end + bytes <= capacity else {
                isFull = true
                return nil
            }
            defer { end += bytes }
            return end
        }
        guard let offset else { return }
        let target = (map + offset).assumingMemoryBound(to: UInt8.self)
        // Written by the system, not through the map: a full disk is an answer here, and a signal there.
        for y in 0..<view.height {
            let source = UnsafeRawBufferPointer(start: view.base + y * view.stride, count: line)
            guard Self.write(source, to: descriptor, at: offset + y * line) else {
                return lock.withLock { isFull = true }
            }
        }
        let written = PixelView(
            base: UnsafePointer(target), width: view.width, height: view.height, channels: view.channels, stride: line)
        let sum = Self.checksum(written)
        lock.withLock {
            let row = row(index)
            (row[1], row[2], row[3]) = (UInt64(view.height), UInt64(view.channels), UInt64(offset))
            (row[4], row[5], row[0]) = (fingerprint, sum, UInt64(view.width))
            isTrusted[index] = true
            kept.pictures += 1
            kept.bytes += bytes
        }
    }

    /// Writes all bytes, or answers false.
    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = pwrite(
                descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, at offset: Int) -> Bool {
        bytes.withUnsafeBytes { write($0, to: descriptor, at: offset) }
    }

    /// Of pixels: eight bytes at a time, each mixed in by a multiplication.
    private static func checksum(_ view: PixelView) -> UInt64 {
        fingerprint(UnsafeRawBufferPointer(start: view.base, count: view.stride * view.height))
    }

    /// A hash of bytes that finds changes and damage, not attacks.
    static func fingerprint(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var sum = UInt64(bytes.count) &* 0x9E37_79B9_7F4A_7C15
        let whole = bytes.count & ~7
        for offset in stride(from: 0, to: whole, by: 8) {
            sum = (sum ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0xFF51_AFD7_ED55_8CCD
            sum ^= sum >> 32
        }
        for offset in whole..<bytes.count { sum = (sum ^ UInt64(bytes[offset])) &* 0x0000_0100_0000_01B3 }
        return sum ^ sum >> 29
    }
}
