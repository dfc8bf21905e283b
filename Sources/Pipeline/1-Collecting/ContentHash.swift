// What makes a picture that picture, whatever it is called: the SHA-256 of its content. Decides which split a picture is
// drawn into, finds duplicates, and tells whether a network has seen a picture before.

import Crypto
import FoveaPictures

/// The SHA-256 of a picture's content.
package struct ContentHash: Sendable, Hashable {
    /// 32 bytes.
    package let bytes: [UInt8]

    /// The hash of a file's bytes, or of width, height, channels and pixels where there is no file.
    package init(_ content: PictureContent) {
        var hash = SHA256()
        switch content {
        case .encoded(let file):
            hash.update(data: file)
        case .raw(let picture):
            for extent in [picture.width, picture.height, picture.channels] {
                withUnsafeBytes(of: UInt32(extent).littleEndian) { hash.update(bufferPointer: $0) }
            }
            hash.update(data: picture.pixels)
        }
        bytes = Array(hash.finalize())
    }

    /// A number in [0, 1) that depends on the content and `seed` and on nothing else: the first 53 bits of
    /// SHA-256(seed, hash).
    package func fraction(seed: UInt64) -> Double {
        var hash = SHA256()
        withUnsafeBytes(of: seed.littleEndian) { hash.update(bufferPointer: $0) }
        hash.update(data: bytes)
        let leading = hash.finalize().prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Double(leading >> 11) * 0x1p-53
    }
}
