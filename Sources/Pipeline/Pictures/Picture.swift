// The picture itself: decoded, upright, 8 bits a channel. Where the pixels came from is not known here.

/// A decoded picture, upright, with interleaved 8-bit channels.
package struct Picture: Sendable, Equatable {
    /// Columns, at least 1.
    package let width: Int
    /// Rows, at least 1.
    package let height: Int
    /// 1 for grayscale, 3 for RGB.
    package let channels: Int
    /// `height * width * channels` samples, row by row, channels interleaved: (H, W, C), 0...255.
    package var pixels: [UInt8]

    /// A picture of these samples. Traps if their number is not `height * width * channels`.
    package init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0 && (channels == 1 || channels == 3), "\(width) x \(height) x \(channels)")
        precondition(pixels.count == width * height * channels, "\(pixels.count) samples")
        self.width = width
        self.height = height
        self.channels = channels
        self.pixels = pixels
    }
}
