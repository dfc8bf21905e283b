// Where a collection grows: a hidden folder beside its place, which gets its name when everything is in it. A run that is
// killed leaves it behind, and the same command goes on with it; what another command left there is cleared.

import FoveaTensorCore
import Foundation

/// The folder of a collection in the making. Owns a lock on it; threads may write different files at once.
package final class Staging: Sendable {
    /// Where the collection will lie.
    package let target: String
    /// Where it grows.
    let folder: String
    /// Where pictures from the web are kept meanwhile.
    package var downloads: String { folder + "/" + Self.downloadsName }

    private static let markerName = ".fovea-collect"
    private static let downloadsName = ".downloads"
    private let marker: Int32

    /// Makes or finds the folder. Throws a `Failure` if the target exists, or another run works at it.
    package init(for target: String) throws {
        var target = target
        while target.count > 1, target.hasSuffix("/") { target.removeLast() }
        self.target = target
        try Self.refuse(existing: target)
        let name = target.split(separator: "/").last.map(String.init) ?? target
        folder = "\(FoveaCollecting.folder(of: target))/.\(name).collecting"
        let path = folder + "/" + Self.markerName
        if attributes(of: folder) != nil, attributes(of: path) == nil {
            throw Failure(
                .work, "\(folder) is in the way: it is not what an interrupted fovea collect left",
                advice: "Look at it, and move it away.")
        }
        do {
            try FileManager.default.createDirectory(
                atPath: folder + "/" + Self.downloadsName, withIntermediateDirectories: true)
        } catch {
            throw Failure(
                .work, "\(target): no folder can be made there: \(error.localizedDescription)",
                advice: "Choose another place with -o.")
        }
        marker = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard marker >= 0 else { throw Failure(.work, "\(path): the file cannot be written: \(systemReason())") }
        guard flock(marker, LOCK_EX | LOCK_NB) == 0 else {
            throw Failure(.work, "another fovea collect is working at \(target)", advice: "Wait until it is done.")
        }
    }

    deinit { close(marker) }

    /// Throws if something stands at the target already; an empty folder may.
    package static func refuse(existing target: String) throws {
        guard let found = attributes(of: target) else { return }
        let content = (try? FileManager.default.contentsOfDirectory(atPath: target)) ?? []
        guard !isKind(S_IFDIR, found) || !content.isEmpty else { return }
        throw Failure(
            .usage, "\(target) exists already, and nothing is ever written over it",
            advice: "Choose another place with -o, or move it away.")
    }

    /// Prepares for a plan: what an earlier run wrote stays if it had the same plan.
    package func begin(_ plan: ContentHash) throws {
        let wanted = Array(plan.hexadecimal.utf8)
        if try readBytes(marker, at: 0, count: wanted.count, folder) == wanted { return removePartialFiles() }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where name != Self.markerName && name != Self.downloadsName {
            try? FileManager.default.removeItem(atPath: folder + "/" + name)
        }
        guard ftruncate(marker, 0) == 0, pwrite(marker, wanted, wanted.count, 0) == wanted.count else { throw full() }
    }

    /// Removes what a killed run was writing at the time.
    private func removePartialFiles() {
        let files = FileManager.default.enumerator(atPath: folder)
        while let name = files?.nextObject() as? String {
            if name.hasSuffix(".partial"), name.split(separator: "/").last?.hasPrefix(".") == true {
                unlink(folder + "/" + name)
            }
        }
    }

    /// Gives the collection its name; `file` is the one file in it where it is no folder.
    func finish(file: String? = nil) throws {
        sync()  // what gets its name now is on the disk
        if let file {
            try Self.refuse(existing: target)
            guard rename(folder + "/" + file, target) == 0 else { throw full() }
            try? FileManager.default.removeItem(atPath: folder)
            return
        }
        try? FileManager.default.removeItem(atPath: downloads)
        guard rename(folder, target) == 0 else { throw full() }
        unlink(target + "/" + Self.markerName)  // not before: a folder without it cannot be gone on with
    }

    /// Removes the folder if nothing was fetched or written yet.
    package func leaveIfEmpty() {
        let files = FileManager.default
        let content = Set((try? files.contentsOfDirectory(atPath: folder)) ?? [])
        guard content == [Self.markerName, Self.downloadsName],
            (try? files.contentsOfDirectory(atPath: downloads))?.isEmpty == true
        else { return }
        try? files.removeItem(atPath: folder)
    }

    /// Whether a file is there in full.
    func holds(_ path: String) -> Bool {
        var found = stat()
        return lstat(folder + "/" + path, &found) == 0
    }

    /// Makes a folder below the collection's.
    func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder + "/" + path, withIntermediateDirectories: true)
        } catch {
            throw full()
        }
    }

    /// Writes a file, there in full or not at all.
    func write(_ path: String, _ body: (_ append: ([UInt8]) throws -> Void) throws -> Void) throws {
        let final = folder + "/" + path
        let temporary =
            FoveaCollecting.folder(of: final) + "/.\(String(UInt64.random(in: .min ... .max), radix: 36)).partial"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw full() }
        defer {
            close(descriptor)
            unlink(temporary)  // gone already where it got its name
        }
        var pending: [UInt8] = []
        func flush() throws {
            var written = 0
            while written < pending.count {
                let count = pending.withUnsafeBytes {
                    Foundation.write(descriptor, $0.baseAddress.map { $0 + written }, pending.count - written)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw full() }
                written += count
            }
            pending.removeAll(keepingCapacity: true)
        }
        try body { bytes in
            pending += bytes
            if pending.count >= 1 << 20 { try flush() }
        }
        try flush()
        guard rename(temporary, final) == 0 else { throw full() }
    }

    /// A symbolic link to a file.
    func link(_ path: String, to file: String) throws {
        guard symlink(file, folder + "/" + path) == 0 || errno == EEXIST else { throw full() }
    }

    private func full() -> Failure {
        Failure(
            .work, "\(target): cannot be written: \(systemReason())",
            advice: "What was written so far is kept; the same command goes on with it.")
    }
}
