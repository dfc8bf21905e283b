// A file from the web to its place: resumed where it broke off, checked, and named only when it is whole. A lock keeps other
// programs from fetching the same at the same time; the same lock as huggingface_hub's.

import Crypto
import FoveaCollecting
import FoveaTensorCore
import Foundation

/// What a file's content must be.
enum ContentCheck: Sendable, Equatable {
    /// The SHA-256, in hexadecimal.
    case sha256(String)
    /// The first digits of the SHA-256.
    case sha256Prefix(String)
    /// git's name of the content: the SHA-1 of "blob LENGTH\0" and the bytes.
    case git(String)
    /// Nothing is known of it but its size.
    case size

    /// What an entity tag of the hub says about the content.
    init(etag: String) {
        let isHexadecimal = etag.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        switch (isHexadecimal, etag.utf8.count) {
        case (true, 64): self = .sha256(etag)
        case (true, 40): self = .git(etag)
        default: self = .size
        }
    }

    /// What is wrong with the file at `path`; nil if it is right.
    func mistake(_ path: String) throws -> String? {
        if self == .size { return nil }
        guard let handle = FileHandle(forReadingAtPath: path) else { return "it cannot be read" }
        defer { try? handle.close() }
        var sha256 = SHA256()
        var sha1 = Insecure.SHA1()
        if case .git = self {
            let size = try handle.seekToEnd()
            try handle.seek(toOffset: 0)
            sha1.update(data: Array("blob \(size)\0".utf8))
        }
        while let bytes = try handle.read(upToCount: 1 << 20), !bytes.isEmpty {
            if case .git = self { sha1.update(data: bytes) } else { sha256.update(data: bytes) }
        }
        func hexadecimal(_ digest: some Sequence<UInt8>) -> String {
            digest.map { String(format: "%02x", Int($0)) }.joined()
        }
        switch self {
        case .sha256(let wanted), .sha256Prefix(let wanted):
            let found = hexadecimal(sha256.finalize())
            return found.hasPrefix(wanted) ? nil : "its SHA-256 is \(found), it should begin \(wanted)"
        case .git(let wanted):
            let found = hexadecimal(sha1.finalize())
            return found == wanted ? nil : "its git SHA-1 is \(found), it should be \(wanted)"
        case .size: return nil
        }
    }
}

/// Told of bytes that have arrived.
package typealias HubProgress = @Sendable (_ file: String, _ received: Int, _ total: Int?) -> Void

/// A download to a place.
struct CheckedDownload {
    /// What messages and progress call the file.
    let name: String
    /// Where it ends.
    let path: String
    let lock: String
    let check: ContentCheck
    var size: Int?
    var waits: [Double]
    var progress: HubProgress?

    /// No weight file is larger.
    private static let limit = 1 << 37

    /// Fetches the file unless it is there. `address` is asked before each attempt, since addresses run out; it gives
    /// headers too. Throws a `HubTrouble`, or a `Failure` if the file cannot be written.
    func run(_ address: () throws -> (URL, [String: String])) throws {
        try HubCache.makeFolder(of: path)
        try HubCache.makeFolder(of: lock)
        let key = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard key >= 0 else { throw HubCache.unwritable(lock, String(cString: strerror(errno))) }
        defer { close(key) }
        while flock(key, LOCK_EX) != 0 {
            guard errno == EINTR else { throw HubCache.unwritable(lock, String(cString: strerror(errno))) }
        }
        // Another program may have been faster.
        guard !FileManager.default.fileExists(atPath: path) else { return }
        let part = path + ".incomplete"
        let descriptor = open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw HubCache.unwritable(part, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        try fetch(into: descriptor, part, address)
        guard fsync(descriptor) == 0, rename(part, path) == 0 else {
            throw HubCache.unwritable(path, String(cString: strerror(errno)))
        }
    }

    private func fetch(into descriptor: Int32, _ part: String, _ address: () throws -> (URL, [String: String])) throws {
        var failures = 0
        var begunAnew = false
        func again(_ reason: String) throws {
            guard failures < waits.count else { throw HubTrouble.unreachable(reason) }
            Thread.sleep(forTimeInterval: waits[failures])
            failures += 1
        }
        while true {
            let before = Self.size(of: descriptor)
            if let size, before > size { ftruncate(descriptor, 0) }
            if before != size || size == nil {
                let (url, headers) = try address()
                var transfer = Transfer(url: url, size: size, limit: size ?? Self.limit)
                transfer.headers = headers
                if let progress { transfer.progress = { [name] in progress(name, $0, $1) } }
                switch transfer.run(into: descriptor, from: min(before, size ?? before)) {
                case .complete: break
                case .unwritable(let reason): throw HubCache.unwritable(part, reason)
                case .cutShort(let reason, _):
                    // Something new arrived: the connection is bad, not dead.
                    if Self.size(of: descriptor) > before { failures = 0 }
                    try again(reason)
                    continue
                case .refused(let reason, let status):
                    if status == 416 {
                        ftruncate(descriptor, 0)
                    } else if let status, status != 429, status < 500 {
                        throw HubTrouble.refused("\(name): \(reason)", advice: nil)
                    }
                    try again(reason)
                    continue
                }
            }
            guard let mistake = try check.mistake(part) else { return }
            ftruncate(descriptor, 0)
            // The part may have been of another file, or of a program that was killed while writing.
            guard before > 0, !begunAnew else {
                throw HubTrouble.refused(
                    "\(name): what arrived is not what was promised: \(mistake)",
                    advice:
                        "Nothing of it was kept. Try again; if it stays so, something between here and the hub changes files."
                )
            }
            begunAnew = true
        }
    }

    private static func size(of descriptor: Int32) -> Int {
        var found = stat()
        return fstat(descriptor, &found) == 0 ? Int(found.st_size) : 0
    }
}
