// Measures pictures for an inspection: decodes each once, no larger than the measures need, and takes its hashes, its
// shades and its perceptual hash. Keeps the memory it works in; belongs to one thread.

import FoveaPictures
import FoveaTensorCore

/// Reads traits and gray thumbnails.
final class TraitReader {
    /// JPEGs may be decoded smaller as long as both sides keep this many pixels.
    private static let decodedSide = 160
    /// Shades and sharpness are measured on a picture whose longer side is at most this.
    private static let measuredSide = 160

    private let memory = DecodingMemory()
    private let resizer = Resizer()

    /// What there is to say of a picture. Throws a `Failure` without its name if it cannot be decoded.
    func read(_ content: PictureContent) throws -> (traits: PictureTraits, hash: PerceptualHash) {
        let hash = ContentHash(content).short
        return try decoded(content) { view, kind in
            guard kind.format != nil else { return measure(view, kind, content: hash, pixels: hash) }
            // A picture that is decoded smaller differs from one that is that small.
            let size = UInt64(kind.width) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(kind.height)
            return measure(view, kind, content: hash, pixels: ContentHash(.raw(view.picture())).short ^ size)
        }
    }

    /// A gray picture of 32 x 32 pixels, for comparing. Throws as `read` does.
    func thumbnail(_ content: PictureContent) throws -> (samples: [UInt8], shorterSide: Int) {
        try decoded(content) { view, kind in (small(fitted(view).gray()), min(kind.width, kind.height)) }
    }

    /// The picture, made smaller where its longer side is more than `side`, for looking at. Throws as `read` does.
    func picture(_ content: PictureContent, side: Int) throws -> Picture {
        precondition(side <= Self.decodedSide, "\(side)")
        return try decoded(content) { view, _ in fitted(view, side) }
    }

    /// Hands over the pixels, no more of them than the measures need, and what the file says of itself.
    private func decoded<Result>(_ content: PictureContent, _ use: (PixelView, Kind) throws -> Result) throws -> Result
    {
        switch content {
        case .raw(let picture):
            return try picture.withView {
                try use($0, Kind(width: picture.width, height: picture.height, channels: picture.channels))
            }
        case .encoded(let bytes):
            return try bytes.withUnsafeBytes { raw in
                let file = try PictureDecoder.open(raw)
                let request = DecodingRequest(leastWidth: Self.decodedSide, leastHeight: Self.decodedSide)
                let info = file.info
                return try use(
                    try file.decode(request, memory: memory).view,
                    Kind(
                        width: info.width, height: info.height, channels: info.channels, hasAlpha: info.hasAlpha,
                        depth: info.depth, orientation: info.orientation, format: info.format, byteCount: bytes.count))
            }
        }
    }

    /// The picture, made smaller where its longer side is too long.
    private func fitted(_ view: PixelView, _ side: Int = measuredSide) -> Picture {
        let longer = max(view.width, view.height)
        guard longer > side else { return view.picture() }
        return resized(
            view, width: max(1, view.width * side / longer), height: max(1, view.height * side / longer))
    }

    private func resized(_ view: PixelView, width: Int, height: Int) -> Picture {
        withExtendedLifetime(resizer) {
            resizer.resize(
                view, horizontal: ResizeAxis(input: view.width, output: width),
                vertical: ResizeAxis(input: view.height, output: height), .bilinear
            ).picture()
        }
    }

    /// Both sides made 32.
    private func small(_ gray: Picture) -> [UInt8] {
        gray.withView { resized($0, width: PerceptualHash.side, height: PerceptualHash.side).pixels }
    }

    private func measure(
        _ view: PixelView, _ kind: Kind, content: UInt64, pixels: UInt64
    ) -> (traits: PictureTraits, hash: PerceptualHash) {
        let gray = fitted(view).gray()
        let shades = Shades(gray)
        let traits = PictureTraits(
            width: Int32(clamping: kind.width), height: Int32(clamping: kind.height),
            byteCount: UInt32(clamping: kind.byteCount), format: kind.format, channels: UInt8(clamping: kind.channels),
            hasAlpha: kind.hasAlpha, depth: UInt8(clamping: kind.depth), orientation: kind.orientation,
            content: content, pixels: pixels, brightness: shades.mean, contrast: shades.deviation,
            sharpness: shades.sharpness, darkest: shades.darkest, brightest: shades.brightest)
        return (traits, PerceptualHash(small(gray)))
    }
}

/// What a file says of itself, or what pixels without a file are.
private struct Kind {
    let width: Int
    let height: Int
    let channels: Int
    var hasAlpha = false
    var depth = 8
    var orientation = Orientation.upright
    var format: PictureFormat?
    var byteCount = 0
}

/// What the samples of a gray picture are like.
private struct Shades {
    var mean: Float = 0
    var deviation: Float = 0
    var sharpness: Float = 0
    var darkest: UInt8 = 0
    var brightest: UInt8 = 0

    init(_ gray: Picture) {
        let count = gray.pixels.count
        var histogram = [Int](repeating: 0, count: 256)
        gray.pixels.withUnsafeBufferPointer { samples in
            histogram.withUnsafeMutableBufferPointer { bins in for sample in samples { bins[Int(sample)] += 1 } }
        }
        var (sum, squares) = (0, 0)
        for (shade, number) in histogram.enumerated() {
            sum += shade * number
            squares += shade * shade * number
        }
        let average = Double(sum) / Double(count)
        let variance = max(0, Double(squares) / Double(count) - average * average)
        mean = Float(average)
        deviation = Float(variance.squareRoot())
        darkest = Self.shade(histogram, beyond: count / 20)
        brightest = Self.shade(histogram, beyond: count - 1 - count / 20)
        sharpness = deviation > 0 ? Self.secondDerivative(gray) / deviation : 0
    }

    /// The shade of the sample that stands at this place when all are sorted.
    private static func shade(_ histogram: [Int], beyond place: Int) -> UInt8 {
        var passed = 0
        for (shade, number) in histogram.enumerated() {
            passed += number
            if passed > place { return UInt8(clamping: shade) }
        }
        return 255
    }

    /// The root of the mean square of each pixel's difference from its four neighbours.
    private static func secondDerivative(_ gray: Picture) -> Float {
        let (width, height) = (gray.width, gray.height)
        guard width > 2, height > 2 else { return 0 }
        var sum = 0
        gray.pixels.withUnsafeBufferPointer { samples in
            for row in 1..<height - 1 {
                for place in row * width + 1..<row * width + width - 1 {
                    let around =
                        Int(samples[place - 1]) + Int(samples[place + 1]) + Int(samples[place - width])
                        + Int(samples[place + width])
                    let difference = 4 * Int(samples[place]) - around
                    sum += difference * difference
                }
            }
        }
        return Float((Double(sum) / Double((width - 2) * (height - 2))).squareRoot())
    }
}
