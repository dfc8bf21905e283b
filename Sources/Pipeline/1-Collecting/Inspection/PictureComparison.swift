// The second look at two pictures that may be one: their gray thumbnails are laid over each other, shifted and stretched
// a little where one was cut, and must agree in their shades and in their details. Looks at 32 x 32 samples only.

/// How well two thumbnails agree.
struct PictureComparison {
    /// The correlation of their shades.
    private(set) var shades: Float
    /// The correlation of what is left of them when their surroundings are subtracted.
    private(set) var details: Float

    /// What the likest pairs come first by.
    var score: Float { (shades + details) / 2 }

    /// Pictures with a shorter side are compared as they lie, and more strictly: they have few details.
    static let smallSide = 64

    /// Whether the two show the same.
    func isSame(small: Bool) -> Bool { small ? shades >= 0.985 && details >= 0.94 : shades >= 0.96 && details >= 0.88 }

    /// Compares `one` with `other`; with `registers` also where `one` is shifted and stretched.
    init(_ one: [UInt8], _ other: [UInt8], registers: Bool) {
        let (moving, fixed) = (Thumbnail(one), Thumbnail(other))
        (shades, details) = Self.agreement(moving, fixed, Placing())
        guard registers, shades >= Self.hopeless, !isSame(small: false) || details < 0.95 else { return }
        // Where one is cut, its thumbnail has the finer details, and is the better one to move.
        guard register(moving, fixed) else { return }
        _ = register(fixed, moving)
    }

    /// Below this, neither shades before nor details after rough placing have become those of one picture.
    private static let hopeless: Float = 0.35

    /// Places one thumbnail over the other, and keeps the agreement if it is better. False where there is no hope.
    private mutating func register(_ moving: Thumbnail, _ fixed: Thumbnail) -> Bool {
        var placing = Placing()
        let (softMoving, softFixed) = (moving.softened().softened(), fixed.softened().softened())
        for _ in 0..<6 { placing.improve(softMoving, softFixed) }
        guard Self.agreement(moving, fixed, placing).1 >= Self.hopeless else { return false }
        for _ in 0..<4 { placing.improve(moving, fixed) }
        let (placedShades, placedDetails) = Self.agreement(moving, fixed, placing)
        if placedShades + placedDetails > shades + details { (shades, details) = (placedShades, placedDetails) }
        return true
    }

    /// The two correlations where the moving thumbnail reaches.
    private static func agreement(_ moving: Thumbnail, _ fixed: Thumbnail, _ placing: Placing) -> (Float, Float) {
        let side = PerceptualHash.side
        var placed = Thumbnail()
        var isThere = [Bool](repeating: false, count: side * side)
        for y in 0..<side {
            for x in 0..<side {
                let (atX, atY) = placing.source(x, y)
                guard Thumbnail.reaches(atX, atY) else { continue }
                placed.samples[y * side + x] = moving.sample(atX, atY)
                isThere[y * side + x] = true
            }
        }
        let (softPlaced, softFixed) = (placed.softened(), fixed.softened())
        var (whole, fine) = (Correlation(), Correlation())
        for y in 0..<side {
            for x in 0..<side where isThere[y * side + x] {
                let place = y * side + x
                whole.add(placed.samples[place], fixed.samples[place])
                let isInner =
                    x > 0 && y > 0 && x < side - 1 && y < side - 1 && isThere[place - side - 1]
                    && isThere[place - side + 1] && isThere[place + side - 1] && isThere[place + side + 1]
                guard isInner else { continue }
                fine.add(
                    placed.samples[place] - softPlaced.samples[place], fixed.samples[place] - softFixed.samples[place])
            }
        }
        guard whole.count * 10 >= side * side * 6 else { return (0, 0) }
        return (whole.value, fine.value)
    }
}

/// A correlation in the making.
private struct Correlation {
    private(set) var count = 0
    // Doubles: the sums of squares are large, and little is left when they are subtracted.
    private var sumX = 0.0
    private var sumY = 0.0
    private var sumXX = 0.0
    private var sumYY = 0.0
    private var sumXY = 0.0

    mutating func add(_ one: Float, _ other: Float) {
        let (x, y) = (Double(one), Double(other))
        count += 1
        sumX += x
        sumY += y
        sumXX += x * x
        sumYY += y * y
        sumXY += x * y
    }

    var value: Float {
        let number = Double(max(1, count))
        let (x, y) = (sumXX - sumX * sumX / number, sumYY - sumY * sumY / number)
        guard count > 1, x > 1e-6, y > 1e-6 else { return 0 }
        return Float((sumXY - sumX * sumY / number) / (x * y).squareRoot())
    }
}

/// 32 x 32 gray samples as numbers.
private struct Thumbnail {
    var samples: [Float]
    private static let side = PerceptualHash.side

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

/// Where in the moving thumbnail a place of the fixed one lies: stretched around the centre, and shifted.
private struct Placing {
    /// Stretch across, shift across, stretch down, shift down.
    private var values: [Float] = [0, 0, 0, 0]
    private static let centre = Float(PerceptualHash.side - 1) / 2
    private static let limits: [Float] = [0.2, 3, 0.2, 3]

    func source(_ x: Int, _ y: Int) -> (Float, Float) {
        let (x, y) = (Float(x) - Self.centre, Float(y) - Self.centre)
        return (
            x * (1 + values[0]) + values[1] + Self.centre, y * (1 + values[2]) + values[3] + Self.centre
        )
    }

    /// One step of Gauss and Newton towards the least difference (Lucas and Kanade 1981), of thumbnails that are brought
    /// to one mean and deviation where both reach.
    mutating func improve(_ moving: Thumbnail, _ fixed: Thumbnail) {
        let side = PerceptualHash.side
        var rows: [(x: Float, y: Float, placed: Float, fixed: Float, across: Float, down: Float)] = []
        rows.reserveCapacity(side * side)
        for y in 0..<side {
            for x in 0..<side {
                let (atX, atY) = source(x, y)
                guard Thumbnail.reaches(atX, atY) else { continue }
                rows.append(
                    (
                        Float(x) - Self.centre, Float(y) - Self.centre, moving.sample(atX, atY),
                        fixed.samples[y * side + x],
                        moving.sample(atX + 0.5, atY) - moving.sample(atX - 0.5, atY),
                        moving.sample(atX, atY + 0.5) - moving.sample(atX, atY - 0.5)
                    ))
            }
        }
        guard rows.count >= side * side / 2 else { return }
        let count = Float(rows.count)
        var (sumPlaced, sumFixed): (Float, Float) = (0, 0)
        for row in rows {
            sumPlaced += row.placed
            sumFixed += row.fixed
        }
        let (meanPlaced, meanFixed) = (sumPlaced / count, sumFixed / count)
        var (squarePlaced, squareFixed): (Float, Float) = (0, 0)
        for row in rows {
            squarePlaced += (row.placed - meanPlaced) * (row.placed - meanPlaced)
            squareFixed += (row.fixed - meanFixed) * (row.fixed - meanFixed)
        }
        let deviationPlaced = (squarePlaced / count).squareRoot()
        let deviationFixed = (squareFixed / count).squareRoot()
        guard deviationPlaced > 1, deviationFixed > 1 else { return }
        var matrix = [Float](repeating: 0, count: 16)
        var right = [Float](repeating: 0, count: 4)
        for row in rows {
            let error = (row.fixed - meanFixed) / deviationFixed - (row.placed - meanPlaced) / deviationPlaced
            let (across, down) = (row.across / deviationPlaced, row.down / deviationPlaced)
            let slopes = (across * row.x, across, down * row.y, down)
            add(slopes, error, &matrix, &right)
        }
        guard let step = solved(matrix, right) else { return }
        for place in 0..<4 {
            values[place] = max(-Self.limits[place], min(Self.limits[place], values[place] + step[place]))
        }
    }

    private func add(
        _ slopes: (Float, Float, Float, Float), _ error: Float, _ matrix: inout [Float], _ right: inout [Float]
    ) {
        let (a, b, c, d) = slopes
        matrix[0] += a * a
        matrix[1] += a * b
        matrix[2] += a * c
        matrix[3] += a * d
        matrix[5] += b * b
        matrix[6] += b * c
        matrix[7] += b * d
        matrix[10] += c * c
        matrix[11] += c * d
        matrix[15] += d * d
        right[0] += a * error
        right[1] += b * error
        right[2] += c * error
        right[3] += d * error
    }

    /// The solution of four symmetric equations, of which the upper half is given; nil if they have none.
    private func solved(_ upper: [Float], _ right: [Float]) -> [Float]? {
        var (matrix, right) = (upper, right)
        for row in 0..<4 {
            for column in 0..<row { matrix[row * 4 + column] = matrix[column * 4 + row] }
            matrix[row * 4 + row] = matrix[row * 4 + row] * 1.001 + 1e-3
        }
        for pivot in 0..<4 {
            guard abs(matrix[pivot * 4 + pivot]) > 1e-9 else { return nil }
            for row in pivot + 1..<max(pivot + 1, 4) {
                let factor = matrix[row * 4 + pivot] / matrix[pivot * 4 + pivot]
                for column in pivot..<4 { matrix[row * 4 + column] -= factor * matrix[pivot * 4 + column] }
                right[row] -= factor * right[pivot]
            }
        }
        var result = [Float](repeating: 0, count: 4)
        for row in (0..<4).reversed() {
            var sum = right[row]
            for column in row + 1..<max(row + 1, 4) { sum -= matrix[row * 4 + column] * result[column] }
            result[row] = sum / matrix[row * 4 + row]
        }
        return result.allSatisfy(\.isFinite) ? result : nil
    }
}
