// A source that remembers what it handed out: the hash of each picture is taken while its bytes are in memory anyway, so
// that a training run knows what it learned from without reading anything twice.

import FoveaPictures
import Synchronization

/// Another source, and the hashes of its pictures as far as they have been read.
package final class HashingSource: Source {
    /// The source that holds the pictures.
    package let whole: any Source
    /// By index; nil for pictures that nobody has read, or that cannot be read.
    private let known = Mutex<[UInt64?]>([])

    package init(_ whole: any Source) { self.whole = whole }

    package func prepare() throws { try whole.prepare() }

    package var entries: [Entry] { whole.entries }

    package func content(at index: Int) throws -> PictureContent {
        let content = try whole.content(at: index)
        let isKnown = known.withLock { index < $0.count && $0[index] != nil }
        guard !isKnown else { return content }
        let hash = ContentHash(content).short
        let count = max(entries.count, index + 1)
        known.withLock { known in
            if known.count < count { known += [UInt64?](repeating: nil, count: count - known.count) }
            known[index] = hash
        }
        return content
    }

    /// The hash of every picture, by index; those that were not read yet are read now. Nil for those that cannot be.
    package func allHashes() -> [UInt64?] {
        let count = entries.count
        let met = known.withLock { $0 }
        for index in 0..<count where index >= met.count || met[index] == nil { _ = try? content(at: index) }
        let hashes = known.withLock { $0 }
        return hashes + [UInt64?](repeating: nil, count: max(0, count - hashes.count))
    }
}

extension ContentHash {
    /// The first 8 bytes, big-endian: what a model's card keeps of each training picture.
    package var short: UInt64 { bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }

    /// 64 hexadecimal digits.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
