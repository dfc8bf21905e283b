// Which kind of picture file some bytes are, told by their first bytes and never by a name. Formats that Fovea cannot
// read are known as well, so that the refusal can name them.

/// A kind of picture file.
package enum PictureFormat: String, Sendable, CaseIterable {
    case jpeg = "JPEG"
    case png = "PNG"
    case webp = "WebP"
    case gif = "GIF"
    case bmp = "BMP"
    case tiff = "TIFF"
    case heic = "HEIC"
    case avif = "AVIF"
    case jpegXL = "JPEG XL"
    case jpeg2000 = "JPEG 2000"
    case icon = "ICO"
    case psd = "Photoshop"
    case netpbm = "Netpbm"
    case qoi = "QOI"
    case dds = "DDS"
    case pdf = "PDF"
    case svg = "SVG"

    /// `a GIF`, `an AVIF`: for sentences.
    package var withArticle: String {
        switch self {
        case .icon, .avif, .svg: "an " + rawValue
        default: "a " + rawValue
        }
    }

    /// The format of these bytes, or nil if they are no picture that Fovea knows of.
    package static func of(_ bytes: UnsafeRawBufferPointer) -> PictureFormat? {
        for (format, offset, signature) in signatures where bytes.has(signature, at: offset) { return format }
        if bytes.has(Array("RIFF".utf8), at: 0), bytes.has(Array("WEBP".utf8), at: 8) { return .webp }
        if bytes.has(Array("ftyp".utf8), at: 4), bytes.count >= 12 {
            return family(String(decoding: bytes[8..<12], as: UTF8.self))
        }
        if bytes.has(Array("BM".utf8), at: 0), bytes.count >= 26, bytes[15...17].allSatisfy({ $0 == 0 }) { return .bmp }
        if bytes.count > 3, bytes[0] == UInt8(ascii: "P"), (UInt8(ascii: "1")...UInt8(ascii: "7")).contains(bytes[1]),
            [0x20, 0x0A, 0x0D, 0x09, 0x23].contains(bytes[2])
        {
            return .netpbm
        }
        return svg(bytes)
    }

    private static let signatures: [(PictureFormat, Int, [UInt8])] = [
        (.jpeg, 0, [0xFF, 0xD8, 0xFF]),
        (.png, 0, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
        (.gif, 0, Array("GIF87a".utf8)), (.gif, 0, Array("GIF89a".utf8)),
        (.tiff, 0, [0x49, 0x49, 0x2A, 0x00]), (.tiff, 0, [0x4D, 0x4D, 0x00, 0x2A]),
        (.tiff, 0, [0x49, 0x49, 0x2B, 0x00]), (.tiff, 0, [0x4D, 0x4D, 0x00, 0x2B]),
        (.jpegXL, 0, [0xFF, 0x0A]), (.jpegXL, 4, Array("JXL \r\n".utf8)),
        (.jpeg2000, 4, Array("jP  \r\n".utf8)), (.jpeg2000, 0, [0xFF, 0x4F, 0xFF, 0x51]),
        (.icon, 0, [0x00, 0x00, 0x01, 0x00]), (.psd, 0, Array("8BPS".utf8)), (.qoi, 0, Array("qoif".utf8)),
        (.dds, 0, Array("DDS ".utf8)), (.pdf, 0, Array("%PDF-".utf8)),
    ]

    /// The brands of the ISO base media files that hold pictures.
    private static func family(_ brand: String) -> PictureFormat? {
        switch brand {
        case "avif", "avis": .avif
        case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1": .heic
        default: nil
        }
    }

    /// SVG is text: an `<svg` within the first kilobyte of something that begins with `<`.
    private static func svg(_ bytes: UnsafeRawBufferPointer) -> PictureFormat? {
        let head = String(decoding: bytes.prefix(1024), as: UTF8.self)
        guard head.first(where: { !$0.isWhitespace && $0 != "\u{FEFF}" }) == "<" else { return nil }
        return head.contains("<svg") ? .svg : nil
    }
}

extension UnsafeRawBufferPointer {
    /// Whether `signature` stands at `offset`.
    func has(_ signature: [UInt8], at offset: Int) -> Bool {
        count >= offset + signature.count && self[offset..<offset + signature.count].elementsEqual(signature)
    }

    /// The big-endian number of two bytes at `offset`, or nil beyond the end.
    func short(at offset: Int, bigEndian: Bool = true) -> Int? {
        guard offset >= 0, offset <= count - 2 else { return nil }
        let (first, second) = (Int(self[offset]), Int(self[offset + 1]))
        return bigEndian ? first << 8 | second : second << 8 | first
    }

    /// The number of four bytes at `offset`, or nil beyond the end.
    func long(at offset: Int, bigEndian: Bool = true) -> Int? {
        guard let first = short(at: offset, bigEndian: bigEndian),
            let second = short(at: offset + 2, bigEndian: bigEndian)
        else { return nil }
        return bigEndian ? first << 16 | second : second << 16 | first
    }
}
