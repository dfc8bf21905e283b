// From the bytes of a file to an upright picture of 8-bit samples; the only way in. The format is told by content. What
// is cut short, damaged, too large or of an unknown format is refused with a reason; the caller adds the file's name.

import CImageCodecs
import FoveaTensorCore

/// How much a picture may ask for. Held against what the header says, before anything is allocated.
package struct DecodingLimits: Sendable, Equatable {
    /// Columns times rows.
    package var pixels: Int
    /// Columns, and rows.
    package var side: Int
    /// Bytes of the file.
    package var fileBytes: Int

    package init(pixels: Int = 178_956_970, side: Int = 1_000_000, fileBytes: Int = 1 << 29) {
        self.pixels = pixels
        self.side = side
        self.fileBytes = fileBytes
    }

    /// Pillow's bound on pixels (twice its MAX_IMAGE_PIXELS), libpng's on sides, and half a gigabyte of file.
    package static let standard = DecodingLimits()
}

/// What can be told of a picture without decoding it.
package struct PictureInfo: Sendable, Equatable {
    /// The kind of file.
    package let format: PictureFormat
    /// Columns of the upright picture.
    package let width: Int
    /// Rows of the upright picture.
    package let height: Int
    /// 1 gray, 3 colour.
    package let channels: Int
    /// Whether some pixel may be transparent.
    package let hasAlpha: Bool
    /// Bits a sample in the file.
    package let depth: Int
    /// How the stored pixels are turned to become upright.
    package let orientation: Orientation
}

/// Reads picture files.
package enum PictureDecoder {
    /// The formats that can be read, one codec each.
    static let codecs: [any PictureCodec] = [
        CPictureCodec(
            format: .jpeg, readHeader: { fovea_jpeg_header($0, $1, $2, $3) },
            decodePixels: { fovea_jpeg_decode($0, $1, $2, $3, $4, $5, $6) }),
        CPictureCodec(
            format: .png, readHeader: { fovea_png_header($0, $1, $2, $3) },
            decodePixels: { fovea_png_decode($0, $1, $2, $3, $4, $5, $6) }),
        CPictureCodec(
            format: .webp, readHeader: { fovea_webp_header($0, $1, $2, $3) },
            decodePixels: { fovea_webp_decode($0, $1, $2, $3, $4, $5, $6) }),
    ]

    /// The versions of the libraries that decode, for the record of a run.
    package static var versions: String { String(cString: fovea_codec_versions()) }

    /// The upright picture of 1 channel, if the file is gray, or 3; transparent pixels show `background` (RGB, 0...255).
    /// Throws a `Failure` that says what is wrong with the bytes, without a file name.
    package static func decode(
        _ bytes: [UInt8], background: [UInt8] = [255, 255, 255], limits: DecodingLimits = .standard
    ) throws -> Picture {
        try bytes.withUnsafeBytes { try decode($0, background: background, limits: limits) }
    }

    /// The same from memory that the caller owns and that is not kept.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer, background: [UInt8] = [255, 255, 255], limits: DecodingLimits = .standard
    ) throws -> Picture {
        let (codec, header) = try open(bytes, limits: limits)
        let orientation = Orientation.of(bytes, format: codec.format)
        let channels = channels(header, background)
        let count = header.width * header.height * channels
        let stored = try [UInt8](unsafeUninitializedCapacity: count) { room, filled in
            guard let base = room.baseAddress else { return }
            try codec.decode(bytes, header: header, channels: channels, background: background, into: base)
            filled = count
        }
        let picture = Picture(width: header.width, height: header.height, channels: channels, pixels: stored)
        return picture.turned(orientation)
    }

    /// The same into buffers that are used again: the view is of one of them, and valid until its next use.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer, background: [UInt8], limits: DecodingLimits = .standard, stored: PixelBuffer,
        turned: PixelBuffer
    ) throws -> PixelView {
        let (codec, header) = try open(bytes, limits: limits)
        let orientation = Orientation.of(bytes, format: codec.format)
        let channels = channels(header, background)
        let count = header.width * header.height * channels
        let base = stored.room(count)
        try codec.decode(bytes, header: header, channels: channels, background: background, into: base)
        let view = PixelView(
            base: UnsafePointer(base), width: header.width, height: header.height, channels: channels,
            stride: header.width * channels)
        return orientation == .upright ? view : orientation.turn(view, into: turned.room(count))
    }

    /// What the headers say. Throws as `decode` does, except for damage that only the pixels show.
    package static func probe(_ bytes: [UInt8], limits: DecodingLimits = .standard) throws -> PictureInfo {
        try bytes.withUnsafeBytes { bytes in
            let (codec, header) = try open(bytes, limits: limits)
            let orientation = Orientation.of(bytes, format: codec.format)
            return PictureInfo(
                format: codec.format, width: orientation.swapsSides ? header.height : header.width,
                height: orientation.swapsSides ? header.width : header.height, channels: header.channels,
                hasAlpha: header.hasAlpha, depth: header.depth, orientation: orientation)
        }
    }

    /// Gray stays gray, unless a coloured background shows through it.
    private static func channels(_ header: PictureHeader, _ background: [UInt8]) -> Int {
        precondition(background.count == 3, "a background is RGB, not \(background.count) values")
        let isGray = background[0] == background[1] && background[1] == background[2]
        return header.channels == 1 && (!header.hasAlpha || isGray) ? 1 : 3
    }

    private static func open(
        _ bytes: UnsafeRawBufferPointer, limits: DecodingLimits
    ) throws -> (any PictureCodec, PictureHeader) {
        guard !bytes.isEmpty else { throw Failure(.data, "the file is empty") }
        guard bytes.count <= limits.fileBytes else {
            throw Failure(.data, "the file has \(bytes.count) bytes, the limit is \(limits.fileBytes)")
        }
        let readable = codecs.map(\.format.rawValue)
        let list = readable.dropLast().joined(separator: ", ") + " and " + (readable.last ?? "")
        guard let format = PictureFormat.of(bytes) else {
            throw Failure(.data, "not a picture: the content is of no known format. Fovea reads \(list)")
        }
        guard let codec = codecs.first(where: { $0.format == format }) else {
            throw Failure(
                .data, "\(format.withArticle) file: Fovea reads \(list)", advice: "Convert it to one of these.")
        }
        let header = try codec.header(bytes)
        try check(header, limits)
        return (codec, header)
    }

    private static func check(_ header: PictureHeader, _ limits: DecodingLimits) throws {
        let size = "\(header.width) x \(header.height)"
        guard header.width > 0, header.height > 0 else {
            throw Failure(.data, "the picture is empty: the header says \(size) pixels")
        }
        guard header.width <= limits.side, header.height <= limits.side else {
            throw Failure(.data, "the picture is too large: \(size), the limit is \(limits.side) pixels a side")
        }
        guard header.width * header.height <= limits.pixels else {
            let count = header.width * header.height
            throw Failure(
                .data, "the picture is too large: \(size) is \(count) pixels, the limit is \(limits.pixels)",
                advice: "Make it smaller: networks look at far fewer pixels.")
        }
    }
}
