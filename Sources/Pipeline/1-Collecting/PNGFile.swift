// Pixels that never were a file, as a PNG: how pictures of IDX and CIFAR files become files of a folder. Gray or RGB,
// 8 bits, no filter; the same bytes for the same pixels and zlib. Not an encoder for speed or size.

import CZlib
import FoveaPictures
import FoveaTensorCore

/// PNG files (W3C, PNG third edition).
enum PNGFile {
    /// The bytes of a file of this picture.
    static func bytes(of picture: Picture) throws -> [UInt8] {
        let rowSize = picture.width * picture.channels
        var rows: [UInt8] = []
        rows.reserveCapacity((rowSize + 1) * picture.height)
        for row in 0..<picture.height {
            rows.append(0)  // no filter
            rows += picture.pixels[row * rowSize..<(row + 1) * rowSize]
        }
        let header =
            bigEndian(picture.width) + bigEndian(picture.height) + [8, picture.channels == 1 ? 0 : 2, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
            + chunk("IDAT", try deflated(rows)) + chunk("IEND", [])
    }

    private static func bigEndian(_ value: Int) -> [UInt8] {
        (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + content
        let sum = body.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }
        return bigEndian(content.count) + body + bigEndian(Int(sum))
    }

    private static func deflated(_ bytes: [UInt8]) throws -> [UInt8] {
        let bound = Int(compressBound(uLong(bytes.count)))
        return try [UInt8](unsafeUninitializedCapacity: bound) { output, filled in
            // zlib writes no further than `count`, which begins as the buffer's size.
            var count = uLongf(bound)
            guard compress2(output.baseAddress, &count, bytes, uLong(bytes.count), 6) == Z_OK else {
                throw Failure(.work, "no memory to write a PNG file")
            }
            filled = Int(count)
        }
    }
}
