// What an inspection keeps of one picture: its size and kind, two hashes, a few numbers about its pixels. About fifty
// bytes, whatever the picture's size; the pixels themselves are not kept.

import FoveaPictures

/// What can be said of one picture that could be read.
package struct PictureTraits: Sendable {
    /// Columns and rows of the upright picture.
    package let width: Int32
    package let height: Int32
    /// Bytes of its file; 0 where there is none.
    package let byteCount: UInt32
    /// The kind of file, by content; nil for pixels that need no decoding.
    package let format: PictureFormat?
    package let channels: UInt8
    package let hasAlpha: Bool
    /// Bits a sample.
    package let depth: UInt8
    package let orientation: Orientation
    /// The first 64 bits of the content's SHA-256.
    package let content: UInt64
    /// The same of its size and decoded pixels: equal for a file and the same file with other remarks in it.
    package let pixels: UInt64
    /// The mean of its gray samples, 0...255.
    package let brightness: Float
    /// Their standard deviation.
    package let contrast: Float
    /// The deviation of the second derivative over that of the samples: low where a picture is blurred.
    package let sharpness: Float
    /// Samples that one pixel in twenty lies below, and one in twenty above.
    package let darkest: UInt8
    package let brightest: UInt8

    /// How its samples are stored, in words: `RGB`, `gray with alpha, 16 bit`.
    package var mode: String {
        (channels == 1 ? "gray" : "RGB") + (hasAlpha ? " with alpha" : "") + (depth == 8 ? "" : ", \(depth) bit")
    }

    /// What messages call its kind of file.
    package var formatName: String { format?.rawValue ?? "pixels" }

    package var size: String { "\(width) x \(height)" }

    /// The longer side over the shorter.
    package var elongation: Float { Float(max(width, height)) / Float(max(1, min(width, height))) }

    /// All pixels are of one shade, or next to it.
    package var isEmpty: Bool { contrast < Self.emptyContrast }

    private static let emptyContrast: Float = 2
}

/// The orientations in words.
extension Orientation {
    package var words: String {
        switch self {
        case .upright: "upright"
        case .mirrored: "mirrored"
        case .upsideDown: "upside down"
        case .flipped: "flipped"
        case .transposed: "transposed"
        case .rightward: "to be turned right"
        case .transversed: "transversed"
        case .leftward: "to be turned left"
        }
    }
}
