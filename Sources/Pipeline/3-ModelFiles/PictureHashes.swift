// Which pictures a model was trained on, as short hashes: enough to tell how many pictures of a test set it has seen
// before, not enough to restore one. Equal bytes are the same picture; a re-encoded one is not recognised.

import Crypto
import FoveaTensorCore
import Foundation

/// A set of 8-byte hashes; in JSON one base64 text of their big-endian bytes in ascending order.
package struct PictureHashes: Sendable, Equatable {
    /// In ascending order, each once.
    package let sorted: [UInt64]

    package init(_ hashes: some Sequence<UInt64>) { sorted = Set(hashes).sorted() }

    /// The first 8 bytes of the SHA-256 of a picture: of its file, or of its pixels where there is no file.
    /// Among a million pictures, two different ones share a hash with a probability of 3 in 100 million.
    package static func hash(of bytes: some ContiguousBytes) -> UInt64 {
        var hasher = SHA256()
        bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return hasher.finalize().prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// True if a picture of this hash was trained on.
    package func contains(_ hash: UInt64) -> Bool {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < hash { low = middle + 1 } else { high = middle }
        }
        return low < sorted.count && sorted[low] == hash
    }
}

extension PictureHashes: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let bytes = Data(base64Encoded: try container.decode(String.self)), bytes.count % 8 == 0 else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "the picture hashes are damaged")
        }
        let hashes = bytes.withUnsafeBytes { raw in
            (0..<raw.count / 8).map { UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
        let isSorted = zip(hashes, hashes.dropFirst()).allSatisfy { $0 < $1 }
        sorted = isSorted ? hashes : Set(hashes).sorted()
    }

    package func encode(to encoder: any Encoder) throws {
        var bytes = Data(capacity: sorted.count * 8)
        for hash in sorted { withUnsafeBytes(of: hash.bigEndian) { bytes.append(contentsOf: $0) } }
        var container = encoder.singleValueContainer()
        try container.encode(bytes.base64EncodedString())
    }
}
