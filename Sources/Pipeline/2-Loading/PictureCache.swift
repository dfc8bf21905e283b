// Decoded pictures kept for the next epoch, within a budget of bytes. A picture that does not fit is decoded every time:
// nothing is thrown out for another, since an epoch wants each picture once and the next to go would be the next wanted. Nor
// is one kept that each epoch decodes smaller, and then in a part only.
// Pixels are kept as they were decoded, or at the network's size where the geometry is not random, so that training with a
// cache is bit for bit training without one.

import FoveaCollecting
import FoveaPictures
import FoveaPreprocessing
import FoveaTensorCore
import Foundation
import Synchronization

/// Where decoded pictures are kept.
package enum CacheMode: String, Sendable, CaseIterable {
    case memory, disk, off
    /// In memory, as far as a quarter of the machine's reaches.
    case auto
}

/// How much was kept and used.
package struct CacheReport: Sendable, Equatable {
    /// Pictures kept.
    package var pictures: Int
    /// Bytes of their pixels.
    package var bytes: Int
}

/// Pictures in memory.
final class MemoryPictureStore: Sendable {
    private struct State {
        var pictures: [Picture?]
        var report = CacheReport(pictures: 0, bytes: 0)
        /// Whether a picture has been refused for lack of room.
        var isFull = false
    }

    private let budget: Int
    private let state: Mutex<State>

    /// Room for `budget` bytes of pixels.
    init(count: Int, budget: Int) {
        self.budget = budget
        state = Mutex(State(pictures: [Picture?](repeating: nil, count: count)))
    }

    var report: CacheReport { state.withLock { $0.report } }

    var hasRoom: Bool { state.withLock { !$0.isFull } }

    func withPicture<Result>(_ index: Int, _ body: (PixelView) throws -> Result) rethrows -> Result? {
        // A copy of the reference: the pixels are read outside the lock.
        guard let picture = state.withLock({ $0.pictures[index] }) else { return nil }
        return try picture.withView(body)
    }

    func keep(_ view: PixelView, index: Int) {
        let bytes = view.width * view.height * view.channels
        let fits = state.withLock { state in
            guard state.pictures[index] == nil else { return false }
            guard state.report.bytes + bytes <= budget else {
                state.isFull = true
                return false
            }
            state.report.bytes += bytes
            return true
        }
        guard fits else { return }
        let picture = view.picture()
        state.withLock { state in
            if state.pictures[index] == nil {
                state.pictures[index] = picture
                state.report.pictures += 1
            } else {
                state.report.bytes -= bytes
            }
        }
    }
}

/// What a person asks for.
package struct CacheOptions: Sendable, Equatable {
    package var mode: CacheMode
    /// Bytes of pixels at most; nil for a quarter of the machine's memory, or of the disk's free room.
    package var budget: Int?
    /// Where files are kept.
    package var folder: String

    package init(mode: CacheMode = .off, budget: Int? = nil, folder: String = CacheOptions.usualFolder()) {
        self.mode = mode
        self.budget = budget
        self.folder = folder
    }

    /// `$FOVEA_HOME/pictures`, or `fovea/pictures` in the XDG cache folder.
    package static func usualFolder(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String { cacheFolder("pictures", environment) }

    /// The part of the budget that one of several sources has.
    private var part = 1.0

    /// The part of the budget for one of several sources that share it: `count` pictures of `total`.
    package func share(_ count: Int, of total: Int) -> CacheOptions {
        guard mode != .off else { return self }
        var options = self
        options.part *= Double(count) / Double(max(1, total))
        return options
    }

    /// Bytes of pixels in memory.
    package var memoryBytes: Int {
        Int(Double(budget ?? Int(clamping: ProcessInfo.processInfo.physicalMemory / 4)) * part)
    }

    /// Bytes of pixels in the file `name` of the folder, where room is made for it.
    func diskBytes(for name: String) -> Int {
        PictureFolder(path: folder).room(for: name, limit: budget, part: part)
    }
}

/// The pictures of one source, in memory or on disk.
package final class PictureCache: Sendable {
    let memory: MemoryPictureStore?
    let disk: DiskPictureStore?

    /// Nil where nothing is to be kept. `names` and `preprocessing` decide which file on disk is the right one.
    /// Throws a `Failure` of kind `.work` if the file cannot be used.
    init?(_ options: CacheOptions, names: [String], preprocessing: Preprocessing, form: KeptForm) throws {
        switch options.mode {
        case .off: return nil
        case .memory, .auto:
            memory = MemoryPictureStore(count: names.count, budget: options.memoryBytes)
            disk = nil
        case .disk:
            memory = nil
            let key = try Self.key(names, preprocessing, form)
            let name = String(key, radix: 16) + PictureFolder.suffix
            disk = try DiskPictureStore(
                path: "\(options.folder)/\(name)", count: names.count, key: key, budget: options.diskBytes(for: name))
        }
    }

    /// What the pixels depend on, but for the content of the pictures.
    private static func key(_ names: [String], _ preprocessing: Preprocessing, _ form: KeptForm) throws -> UInt64 {
        var plain = preprocessing
        plain.mean = []
        plain.deviation = []
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let text = "pixels 1\n\(form.rawValue)\n\(names.joined(separator: "\n"))\n"
        return (Array(text.utf8) + Array(try encoder.encode(plain))).withUnsafeBytes(DiskPictureStore.fingerprint)
    }

    /// What is kept.
    package var report: CacheReport { memory?.report ?? disk?.report ?? CacheReport(pictures: 0, bytes: 0) }

    /// Whether another picture may be kept.
    var hasRoom: Bool { memory?.hasRoom ?? disk?.hasRoom ?? false }

    /// Lends the pixels of a picture to `body` if they are kept and known to be right; nil if not.
    func withPicture<Result>(_ index: Int, _ body: (PixelView) throws -> Result) rethrows -> Result? {
        if let memory { return try memory.withPicture(index, body) }
        return try disk?.withPicture(index, body)
    }

    /// Whether pixels of an earlier run were made from these bytes; looks at nothing where it is known.
    func trust(_ index: Int, bytes: [UInt8]) -> Bool {
        guard let disk else { return false }
        return disk.trust(index, fingerprint: bytes.withUnsafeBytes(DiskPictureStore.fingerprint))
    }

    /// Keeps the pixels that were made from these bytes, if there is room.
    func keep(_ view: PixelView, index: Int, bytes: [UInt8]) {
        memory?.keep(view, index: index)
        disk?.keep(view, index: index, fingerprint: bytes.withUnsafeBytes(DiskPictureStore.fingerprint))
    }
}
