// Which way up a camera held the picture, as EXIF says it, and how the stored pixels become upright. Only the EXIF block
// counts (JPEG APP1, PNG eXIf, WebP EXIF, a TIFF's own tags); XMP is not read. Anything invalid means: as stored.
// HEIC and AVIF turn pictures by other means, which their decoder knows.

import CKernels

/// The eight orientations of EXIF 2.3, tag 0x0112: where row 0 and column 0 of the stored picture belong.
package enum Orientation: Int, Sendable, CaseIterable {
    case upright = 1, mirrored, upsideDown, flipped, transposed, rightward, transversed, leftward

    /// Whether columns and rows change places.
    package var swapsSides: Bool { rawValue >= 5 }

    /// The orientation that a whole file of this format states.
    package static func of(_ bytes: UnsafeRawBufferPointer, format: PictureFormat) -> Orientation {
        let block: UnsafeRawBufferPointer? =
            switch format {
            case .jpeg: jpegBlock(bytes)
            case .png: chunk(bytes, from: 8, name: "eXIf", sizeFirst: true)
            case .webp: chunk(bytes, from: 12, name: "EXIF", sizeFirst: false)
            case .tiff: bytes
            default: nil
            }
        return block.flatMap(tag) ?? .upright
    }

    /// The first APP1 segment with an EXIF block. Walks markers as libjpeg does: junk between segments is stepped over.
    private static func jpegBlock(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let (startOfScan, endOfImage, application1): (UInt8, UInt8, UInt8) = (0xDA, 0xD9, 0xE1)
        var position = 2
        while true {
            while position < bytes.count, bytes[position] != 0xFF { position += 1 }
            while position < bytes.count, bytes[position] == 0xFF { position += 1 }
            guard position < bytes.count else { return nil }
            let marker = bytes[position]
            position += 1
            if marker == startOfScan || marker == endOfImage { return nil }
            if marker == 0 || marker == 1 || (0xD0...0xD8).contains(marker) { continue }
            guard let length = bytes.short(at: position), length >= 2 else { return nil }
            if marker == application1, bytes.has(header, at: position + 2) {
                return part(bytes, position + 2, length - 2)
            }
            position += length
        }
    }

    /// A chunk of a PNG (size, name, data, checksum) or RIFF file (name, size, data, padding to even).
    private static func chunk(
        _ bytes: UnsafeRawBufferPointer, from start: Int, name: String, sizeFirst: Bool
    ) -> UnsafeRawBufferPointer? {
        var position = start
        let wanted = Array(name.utf8)
        while let size = bytes.long(at: position + (sizeFirst ? 0 : 4), bigEndian: sizeFirst) {
            if bytes.has(wanted, at: position + (sizeFirst ? 4 : 0)) { return part(bytes, position + 8, size) }
            position += 8 + size + (sizeFirst ? 4 : size & 1)
        }
        return nil
    }

    /// `count` bytes from `start`, or as many as there are.
    private static func part(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> UnsafeRawBufferPointer? {
        guard start <= bytes.count else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + count)])
    }

    private static let header = Array("Exif".utf8) + [0, 0]

    /// The orientation tag of a TIFF block's first directory; nil if there is none, or no valid one.
    private static func tag(_ block: UnsafeRawBufferPointer) -> Orientation? {
        let start = block.has(header, at: 0) ? header.count : 0
        let bigEndian = block.has(Array("MM".utf8), at: start)
        guard bigEndian || block.has(Array("II".utf8), at: start),
            block.short(at: start + 2, bigEndian: bigEndian) == 42,
            let offset = block.long(at: start + 4, bigEndian: bigEndian),
            let entries = block.short(at: start + offset, bigEndian: bigEndian)
        else { return nil }
        let (orientationTag, shortType, longType) = (0x0112, 3, 4)
        for entry in 0..<entries {
            let position = start + offset + 2 + entry * 12
            guard let name = block.short(at: position, bigEndian: bigEndian) else { return nil }
            guard name == orientationTag else { continue }
            let type = block.short(at: position + 2, bigEndian: bigEndian)
            let value: Int? =
                switch type {
                case shortType: block.short(at: position + 8, bigEndian: bigEndian)
                case longType: block.long(at: position + 8, bigEndian: bigEndian)
                default: nil
                }
            return value.flatMap(Orientation.init)
        }
        return nil
    }

    /// Writes the upright form of `stored` to `out`, which holds as many bytes as `stored` has samples: (H', W', C).
    func turn(_ stored: PixelView, into out: UnsafeMutablePointer<UInt8>) -> PixelView {
        let (x, y) = (stored.channels, stored.stride)
        let (right, bottom) = ((stored.width - 1) * x, (stored.height - 1) * y)
        let (origin, down, across): (Int, Int, Int) =
            switch self {
            case .upright: (0, y, x)
            case .mirrored: (right, y, -x)
            case .upsideDown: (right + bottom, -y, -x)
            case .flipped: (bottom, -y, x)
            case .transposed: (0, x, y)
            case .rightward: (bottom, x, -y)
            case .transversed: (right + bottom, -x, -y)
            case .leftward: (right, -x, y)
            }
        let width = swapsSides ? stored.height : stored.width
        let height = swapsSides ? stored.width : stored.height
        fovea_turn(stored.base, origin, down, across, Int64(height), Int64(width), Int32(stored.channels), out)
        return PixelView(
            base: UnsafePointer(out), width: width, height: height, channels: stored.channels,
            stride: width * stored.channels)
    }
}
