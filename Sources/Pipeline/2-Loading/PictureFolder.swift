// The folder in which runs leave decoded pictures for the next: how much room a file may take there, and which files of other
// data sets go to make it. All files together, but for those in use, stay within a quarter of what the disk has free or
// holds for them.

import Foundation

/// A folder of files of decoded pictures, one for each data set and preprocessing.
package struct PictureFolder {
    let path: String

    package init(path: String) { self.path = path }

    static let suffix = ".pixels"
    /// Files that no run has used for so long are removed.
    private static let daysKept = 30.0

    private struct File {
        var name: String
        /// On the disk: files are sparse.
        var bytes: Int
        var lastUse: Date
    }

    /// Bytes that the file `name` may take, `part` of the room that several share: of `limit` where it is given, else of what the
    /// others leave, and never less than it holds. Removes files that no run has used for long, then those used longest ago
    /// until the others leave half of the room free. Files in use, such as those of the same run, are neither removed nor
    /// counted. `free` is what the disk has, asked where it is not given.
    package func room(for name: String, limit: Int?, part: Double = 1, free: Int? = nil) -> Int {
        // Made first: another place may be on another disk.
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let files = files()
        let held = files.reduce(0) { $0 + $1.bytes }
        let whole = ((free ?? freeOnDisk) + held) / 4
        let oldest = Date(timeIntervalSinceNow: -Self.daysKept * 86_400)
        let others = files.filter { $0.name != name && !isInUse($0.name) }.sorted { $0.lastUse < $1.lastUse }
        var taken = others.reduce(0) { $0 + $1.bytes }
        for file in others where file.lastUse < oldest || (limit == nil && taken > whole / 2) {
            if remove(file.name) { taken -= file.bytes }
        }
        if let limit { return Int(Double(limit) * part) }
        let own = files.first { $0.name == name }?.bytes ?? 0
        return max(own, Int(Double(max(0, whole - taken)) * part))
    }

    private var freeOnDisk: Int {
        let system = try? FileManager.default.attributesOfFileSystem(forPath: path)
        return (system?[.systemFreeSize] as? NSNumber)?.intValue ?? 0
    }

    private func files() -> [File] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(Self.suffix) }.compactMap { name in
            var status = stat()
            let attributes = try? FileManager.default.attributesOfItem(atPath: path + "/" + name)
            guard stat(path + "/" + name, &status) == 0, let used = attributes?[.modificationDate] as? Date else {
                return nil
            }
            return File(name: name, bytes: Int(status.st_blocks) * 512, lastUse: used)
        }
    }

    private func isInUse(_ name: String) -> Bool { !whileLocked(name) { true } }

    /// Removes a file that nobody uses, and says whether it is gone.
    private func remove(_ name: String) -> Bool { whileLocked(name) { unlink(path + "/" + name) == 0 } }

    /// What `body` says while nobody else may use a file; false if somebody does.
    private func whileLocked(_ name: String, _ body: () -> Bool) -> Bool {
        let descriptor = open(path + "/" + name, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0 && body()
    }
}
