// Where one thumbnail lies on another: stretched around the centre and shifted, found step by step from how they differ.
// Looks at shades only; whether the two show the same is decided in PictureComparison.

/// Where in the moving thumbnail a place of the fixed one lies.
struct Placing {
    /// Stretch across, shift across, stretch down, shift down.
    private var values = SIMD4<Float>()
    private static let centre = Float(Thumbnail.side - 1) / 2
    private static let limits: SIMD4<Float> = [0.2, 3, 0.2, 3]

    func source(_ x: Int, _ y: Int) -> (Float, Float) {
        let (x, y) = (Float(x) - Self.centre, Float(y) - Self.centre)
        return (x * (1 + values[0]) + values[1] + Self.centre, y * (1 + values[2]) + values[3] + Self.centre)
    }

    /// One step of Gauss and Newton towards the least difference (Lucas and Kanade 1981), of thumbnails that are brought
    /// to one mean and deviation where both reach.
    mutating func improve(_ moving: Thumbnail, _ fixed: Thumbnail) {
        let side = Thumbnail.side
        // Shades of the two, and how the moving one's change along each of the four values.
        var rows: [(placed: Float, fixed: Float, slopes: SIMD4<Float>)] = []
        rows.reserveCapacity(side * side)
        var moments = Correlation()
        for y in 0..<side {
            for x in 0..<side {
                let (atX, atY) = source(x, y)
                guard Thumbnail.reaches(atX, atY) else { continue }
                let (placed, shade) = (moving.sample(atX, atY), fixed.samples[y * side + x])
                let across = moving.sample(atX + 0.5, atY) - moving.sample(atX - 0.5, atY)
                let down = moving.sample(atX, atY + 0.5) - moving.sample(atX, atY - 0.5)
                let slopes = SIMD4(
                    across * (Float(x) - Self.centre), across, down * (Float(y) - Self.centre), down)
                rows.append((placed, shade, slopes))
                moments.add(placed, shade)
            }
        }
        let (means, deviations) = (moments.means, moments.deviations)
        guard rows.count >= side * side / 2, deviations.min() > 1 else { return }
        var matrix = [SIMD4<Float>](repeating: .zero, count: 4)
        var right = SIMD4<Float>()
        for row in rows {
            let error = (row.fixed - means.y) / deviations.y - (row.placed - means.x) / deviations.x
            let slopes = row.slopes / deviations.x
            for place in 0..<4 { matrix[place] += slopes * slopes[place] }
            right += slopes * error
        }
        guard let step = Self.solved(matrix, right) else { return }
        values = (values + step).clamped(lowerBound: -Self.limits, upperBound: Self.limits)
    }

    /// The solution of four equations whose matrix is symmetric and nowhere negative; nil if they have none.
    private static func solved(_ rows: [SIMD4<Float>], _ right: SIMD4<Float>) -> SIMD4<Float>? {
        var (rows, result) = (rows, right)
        for row in 0..<4 { rows[row][row] = rows[row][row] * 1.001 + 1e-3 }
        for pivot in 0..<4 {
            guard abs(rows[pivot][pivot]) > 1e-9 else { return nil }
            for row in 0..<4 where row != pivot {
                let factor = rows[row][pivot] / rows[pivot][pivot]
                rows[row] -= rows[pivot] * factor
                result[row] -= result[pivot] * factor
            }
        }
        for row in 0..<4 { result[row] /= rows[row][row] }
        return (0..<4).allSatisfy { result[$0].isFinite } ? result : nil
    }
}
