// From a picture to the bytes of a file that people can look at: contact sheets, heat maps. Lossless; nothing here is on
// the way from data to a network.

import CImageCodecs
import FoveaTensorCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Picture {
    /// The bytes of a PNG file. Throws a `Failure` of kind `.work` if there is no memory for them.
    package func png() throws -> [UInt8] {
        var (count, text) = (0, [CChar](repeating: 0, count: 64))
        let encoded = pixels.withUnsafeBufferPointer {
            fovea_png_encode($0.baseAddress, Int64(width), Int64(height), Int32(channels), &count, &text)
        }
        guard let encoded else {
            let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw Failure(.work, "a picture of \(width) x \(height) cannot be written as PNG: \(reason)")
        }
        // The memory came from malloc and is copied once.
        defer { free(encoded) }
        return Array(UnsafeBufferPointer(start: encoded, count: count))
    }
}
