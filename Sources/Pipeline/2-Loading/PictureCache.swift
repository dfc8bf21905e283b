// Decoded pictures kept for the next epoch, within a budget of bytes. A picture that does not fit is decoded every time:
// nothing is thrown out for another, since an epoch wants each picture once and the next to go would be the next wanted.
// Pixels are kept as they were decoded, or at the network's size where the geometry is not random, so that training with a
// cache is bit for bit training without one.

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

/// Pixels kept for later. Used by all loader threads at once.
protocol PictureStore: Sendable {
    /// Lends the pixels of picture `index` to `body` if they are kept; nil if not.
    func withPicture<Result>(_ index: Int, _ body: (PixelView) throws -> Result) rethrows -> Result?
    /// Keeps the pixels of picture `index`, if there is room.
    func keep(_ view: PixelView, index: Int)
}

/// How much was kept and used.
package struct CacheReport: Sendable, Equatable {
    /// Pictures kept.
    package var pictures: Int
    /// Bytes of their pixels.
    package var bytes: Int
    /// Pictures that there was no room for.
    package var refused: Int
}

/// Pictures in memory.
final class MemoryPictureStore: PictureStore {
    private struct State {
        var pictures: [Picture?]
        var report = CacheReport(pictures: 0, bytes: 0, refused: 0)
    }

    private let budget: Int
    private let state: Mutex<State>

    /// Room for `budget` bytes of pixels.
    init(count: Int, budget: Int) {
        self.budget = budget
        state = Mutex(State(pictures: [Picture?](repeating: nil, count: count)))
    }

    var report: CacheReport { state.withLock { $0.report } }

    func withPicture<Result>(_ index: Int, _ body: (PixelView) throws -> Result) rethrows -> Result? {
        // A copy of the reference: the pixels are read outside the lock.
        guard let picture = state.withLock({ $0.pictures[index] }) else { return nil }
        return try picture.withView(body)
    }

    func keep(_ view: PixelView, index: Int) {
        let bytes = view.width * view.height * view.channels
        let fits = state.withLock { state in
            let fits = state.pictures[index] == nil && state.report.bytes + bytes <= budget
            if fits { state.report.bytes += bytes } else { state.report.refused += 1 }
            return fits
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

extension CacheMode {
    /// The budget unless one is told: a quarter of the machine's memory.
    package static var usualBudget: Int { Int(clamping: ProcessInfo.processInfo.physicalMemory / 4) }
}
