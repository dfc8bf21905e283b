// 32 x 32 gray samples as numbers, for laying one picture over another: between samples, and softened. Knows nothing of
// where they come from.

/// A gray thumbnail.
struct Thumbnail {
    /// (32, 32), 0...255.
    var samples: [Float]
    static let side = PerceptualHash.side

    init() { samples = [Float](repeating: 0, count: Self.side * Self.side) }

    init(_ bytes: [UInt8]) { samples = bytes.map(Float.init) }

    /// Each sample the mean of the nine around it; fewer at the border.
    func softened() -> Thumbnail {
        let side = Self.side
        var (across, result) = (Thumbnail(), Thumbnail())
        for y in 0..<side {
            for x in 0..<side {
                let (lower, upper) = (max(0, x - 1), min(side - 1, x + 1))
                var sum: Float = 0
                for place in y * side + lower...y * side + upper { sum += samples[place] }
                across.samples[y * side + x] = sum / Float(upper - lower + 1)
            }
        }
        for y in 0..<side {
            let (lower, upper) = (max(0, y - 1), min(side - 1, y + 1))
            for x in 0..<side {
                var sum: Float = 0
                for row in lower...upper { sum += across.samples[row * side + x] }
                result.samples[y * side + x] = sum / Float(upper - lower + 1)
            }
        }
        return result
    }

    static func reaches(_ x: Float, _ y: Float) -> Bool {
        x >= 0 && y >= 0 && x <= Float(side - 1) && y <= Float(side - 1)
    }

    /// The sample between four; those beyond the border are those of the border.
    func sample(_ x: Float, _ y: Float) -> Float {
        let limit = Float(Self.side - 1)
        let (x, y) = (min(max(x, 0), limit), min(max(y, 0), limit))
        let (column, row) = (min(Int(x), Self.side - 2), min(Int(y), Self.side - 2))
        let (right, down) = (x - Float(column), y - Float(row))
        let place = row * Self.side + column
        let upper = samples[place] + (samples[place + 1] - samples[place]) * right
        let below = place + Self.side
        let lower = samples[below] + (samples[below + 1] - samples[below]) * right
        return upper + (lower - upper) * down
    }
}

/// How two series of numbers go together.
struct Correlation {
    private(set) var count = 0
    // Doubles: the sums of squares are large, and little is left when they are subtracted.
    private var sums = SIMD2<Double>()
    private var squares = SIMD2<Double>()
    private var product = 0.0

    mutating func add(_ one: Float, _ other: Float) {
        let pair = SIMD2(Double(one), Double(other))
        count += 1
        sums += pair
        squares += pair * pair
        product += pair.x * pair.y
    }

    /// The means of the two.
    var means: SIMD2<Float> { SIMD2<Float>(sums / Double(max(1, count))) }

    /// Their standard deviations.
    var deviations: SIMD2<Float> { SIMD2<Float>((spread / Double(max(1, count))).squareRoot()) }

    /// From -1 to 1; 0 where one of them is constant.
    var value: Float {
        guard count > 1, spread.min() > 1e-6 else { return 0 }
        return Float((product - sums.x * sums.y / Double(count)) / (spread.x * spread.y).squareRoot())
    }

    /// Sums of squared distances from the means.
    private var spread: SIMD2<Double> {
        let spread = squares - sums * sums / Double(max(1, count))
        return spread.replacing(with: 0, where: spread .< 0)
    }
}
