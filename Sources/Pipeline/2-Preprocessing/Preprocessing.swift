// What is done to every picture before the network sees it, at training and at serving alike. One value, kept in the model file.
// Whatever is random belongs to `Augmentation`, which is of a training run and does not travel.

import FoveaPictures

/// The kernel of the resize; it belongs to the pictures, and is part of this value.
package typealias Interpolation = FoveaPictures.Interpolation

/// What the samples of a file mean; it belongs to the pictures, and is part of this value.
package typealias Colours = FoveaPictures.Colours

/// How a picture of any shape becomes one of the network's size.
package enum ResizeMode: String, Codable, Sendable, CaseIterable {
    /// The shorter side is resized to size / cropFraction, then the centre is cut out.
    case crop
    /// Both sides are resized, whatever the aspect ratio.
    case squash
    /// The longer side is resized to the size and the rest filled with `padding`: the whole picture is kept, undistorted.
    case pad
}

/// At what scale a file is decoded. Random crops of training always take the smaller one.
package enum DecodingScale: String, Codable, Sendable, CaseIterable {
    /// Every pixel of the file: what torchvision and timm do.
    case whole
    /// A JPEG at a half, a quarter or an eighth, as long as it stays as large as it is resized to, as Pillow's `draft` does.
    /// Faster by far for large photographs; inputs differ from the whole's by 1/255 in the mean (tolerance: 2/255).
    case reduced
}

/// The deterministic path from a picture to the network's input.
package struct Preprocessing: Codable, Sendable, Equatable {
    /// Rows of the network's input.
    package var height: Int
    /// Columns of the network's input.
    package var width: Int
    /// 1: pictures become grayscale (ITU-R 601 luma, as Pillow's "L"); 3: RGB.
    package var channels: Int
    /// How the network's size is reached.
    package var resize: ResizeMode
    /// The part of the shorter side that the centre crop keeps, 0...1; only for `.crop`.
    package var cropFraction: Double
    /// The kernel of the resize.
    package var interpolation: Interpolation
    /// Per channel, on the scale 0...1: y = (x / 255 - mean) / deviation.
    package var mean: [Float]
    /// Per channel, on the scale 0...1.
    package var deviation: [Float]
    /// What shows through transparent pixels: RGB, 0...255.
    package var background: [UInt8]
    /// What stands beside the picture: RGB, 0...255; only for `.pad`.
    package var padding: [UInt8]
    /// Whether colours are converted to sRGB by a file's embedded profile.
    package var colours: Colours
    /// Whether large JPEGs may be decoded smaller.
    package var decoding: DecodingScale

    package init(
        height: Int, width: Int, channels: Int, resize: ResizeMode = .crop, cropFraction: Double = 0.875,
        interpolation: Interpolation = .bilinear, mean: [Float], deviation: [Float],
        background: [UInt8] = [255, 255, 255], padding: [UInt8] = [0, 0, 0],
        colours: Colours = .stored, decoding: DecodingScale = .whole
    ) {
        self.height = height
        self.width = width
        self.channels = channels
        self.resize = resize
        self.cropFraction = cropFraction
        self.interpolation = interpolation
        self.mean = mean
        self.deviation = deviation
        self.background = background
        self.padding = padding
        self.colours = colours
        self.decoding = decoding
    }
}
