// From the bytes of a file to an upright picture of 8-bit samples; the only way in. The format is told by content. What
// is cut short, damaged, too large or of an unknown format is refused with a reason; the caller adds the file's name.

import CImageCodecs
import FoveaTensorCore

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
            format: .jpeg, readsRegions: true, readHeader: { fovea_jpeg_header($0, $1, $2, $3) },
            decodePixels: { fovea_jpeg_decode($0, $1, $2, $3, $4, $5) }),
        CPictureCodec(
            format: .png, readHeader: { fovea_png_header($0, $1, $2, $3) },
            decodePixels: { fovea_png_decode($0, $1, $2, $3, $4, $5) }),
        CPictureCodec(
            format: .webp, readHeader: { fovea_webp_header($0, $1, $2, $3) },
            decodePixels: { fovea_webp_decode($0, $1, $2, $3, $4, $5) }),
        CPictureCodec(
            format: .gif, readHeader: { fovea_gif_header($0, $1, $2, $3) },
            decodePixels: { fovea_gif_decode($0, $1, $2, $3, $4, $5) }),
        CPictureCodec(
            format: .bmp, readHeader: { fovea_bmp_header($0, $1, $2, $3) },
            decodePixels: { fovea_bmp_decode($0, $1, $2, $3, $4, $5) }),
        CPictureCodec(
            format: .tiff, readHeader: { fovea_tiff_header($0, $1, $2, $3) },
            decodePixels: { fovea_tiff_decode($0, $1, $2, $3, $4, $5) }),
        CPictureCodec(
            format: .heic, readHeader: { fovea_heif_header($0, $1, $2, $3) },
            decodePixels: { fovea_heif_decode($0, $1, $2, $3, $4, $5) }),
        CPictureCodec(
            format: .avif, readHeader: { fovea_heif_header($0, $1, $2, $3) },
            decodePixels: { fovea_heif_decode($0, $1, $2, $3, $4, $5) }),
    ]

    /// The formats that can be read; HEIC and AVIF only where libheif is installed.
    package static var formats: [PictureFormat] { codecs.map(\.format) }

    /// The formats that can be read, for sentences.
    private static var readable: String {
        let names = formats.map(\.rawValue)
        return names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
    }

    /// The versions of the libraries that decode, for the record of a run.
    package static var versions: String { String(cString: fovea_codec_versions()) }

    /// The upright picture of 1 channel, if the file is gray, or 3; transparent pixels show `background` (RGB, 0...255).
    /// Throws a `Failure` that says what is wrong with the bytes, without a file name.
    package static func decode(
        _ bytes: [UInt8], background: [UInt8] = [255, 255, 255], colours: Colours = .stored,
        limits: DecodingLimits = .standard
    ) throws -> Picture {
        try bytes.withUnsafeBytes { try decode($0, background: background, colours: colours, limits: limits) }
    }

    /// The same from memory that the caller owns and that is not kept.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer, background: [UInt8] = [255, 255, 255], colours: Colours = .stored,
        limits: DecodingLimits = .standard
    ) throws -> Picture {
        let file = try open(bytes, limits: limits)
        let memory = DecodingMemory()
        return try withExtendedLifetime(memory) {
            try file.decode(DecodingRequest(background: background, colours: colours), memory: memory).view.picture()
        }
    }

    /// What the headers say. Throws as `decode` does, except for damage that only the pixels show.
    package static func probe(_ bytes: [UInt8], limits: DecodingLimits = .standard) throws -> PictureInfo {
        try bytes.withUnsafeBytes { try open($0, limits: limits).info }
    }

    /// Reads the header and holds it against the limits. The bytes belong to the caller, who keeps them as long as the
    /// result is used.
    package static func open(
        _ bytes: UnsafeRawBufferPointer, limits: DecodingLimits = .standard
    ) throws -> PictureFile {
        guard !bytes.isEmpty else { throw PictureRefusal.empty.failure("the file is empty") }
        guard bytes.count <= limits.fileBytes else {
            throw PictureRefusal.tooLarge.failure(
                "the file has \(bytes.count) bytes, the limit is \(limits.fileBytes)",
                advice: "\(DecodingLimits.fileBytesName) sets another.")
        }
        guard let format = PictureFormat.of(bytes) else {
            throw PictureRefusal.unknownFormat.failure(
                "not a picture: the content is of no known format. Fovea reads \(readable)")
        }
        guard let codec = codecs.first(where: { $0.format == format }) else {
            throw PictureRefusal.unreadFormat.failure(
                "\(format.withArticle) file: Fovea reads \(readable)", advice: "Convert it to one of these.")
        }
        let header = try codec.header(bytes)
        try check(header, limits)
        return PictureFile(
            bytes: bytes, codec: codec, header: header, orientation: Orientation.of(bytes, format: format))
    }

    private static func check(_ header: PictureHeader, _ limits: DecodingLimits) throws {
        let size = "\(header.width) x \(header.height)"
        guard header.width > 0, header.height > 0 else {
            throw PictureRefusal.damaged.failure("the picture is empty: the header says \(size) pixels")
        }
        guard header.width <= limits.side, header.height <= limits.side else {
            throw PictureRefusal.tooLarge.failure(
                "the picture is too large: \(size), the limit is \(limits.side) pixels a side")
        }
        guard header.width * header.height <= limits.pixels else {
            let count = header.width * header.height
            throw PictureRefusal.tooLarge.failure(
                "the picture is too large: \(size) is \(count) pixels, the limit is \(limits.pixels)",
                advice: "Make it smaller, since networks look at far fewer pixels, or set \(DecodingLimits.pixelsName)."
            )
        }
    }
}
