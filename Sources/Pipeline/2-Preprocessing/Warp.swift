// Where each pixel of a warped picture comes from: coefficients only, no pixels. The arithmetic of the matrices is
// torchvision's, so that the same parameters give the same warp.

import Foundation

/// out(x, y) = in((a x + b y + c) / (g x + h y + 1), (d x + e y + f) / (g x + h y + 1)), pixels' centres at halves.
package struct Warp: Sendable, Equatable {
    /// a ... h
    package var coefficients: SIMD8<Double>

    /// Turned with the clock by `angle` degrees about `center`, moved by pixels, scaled, and slanted along x and y by degrees:
    /// torchvision's `affine`.
    package static func affine(
        angle: Double = 0, translate: (x: Double, y: Double) = (0, 0), scale: Double = 1,
        shear: (x: Double, y: Double) = (0, 0), center: (x: Double, y: Double)
    ) -> Warp {
        let rotation = angle * .pi / 180
        let (sx, sy) = (shear.x * .pi / 180, shear.y * .pi / 180)
        let a = cos(rotation - sy) / cos(sy)
        let b = -cos(rotation - sy) * tan(sx) / cos(sy) - sin(rotation)
        let c = sin(rotation - sy) / cos(sy)
        let d = -sin(rotation - sy) * tan(sx) / cos(sy) + cos(rotation)
        let (m0, m1, m3, m4) = (d / scale, -b / scale, -c / scale, a / scale)
        let (left, top) = (-center.x - translate.x, -center.y - translate.y)
        return Warp(
            coefficients: SIMD8(
                m0, m1, m0 * left + m1 * top + center.x, m3, m4, m3 * left + m4 * top + center.y, 0, 0))
    }

    /// Turned by `angle` degrees against the clock about the centre: torchvision's `rotate`.
    package static func rotation(_ angle: Double, width: Int, height: Int) -> Warp {
        // Pillow cuts the sine and cosine off after 15 digits, so that quarter turns are exact.
        func rounded(_ value: Double) -> Double { (value * 1e15).rounded(.toNearestOrEven) / 1e15 }
        let radians = -angle * .pi / 180
        let (c, s) = (rounded(cos(radians)), rounded(sin(radians)))
        let (x, y) = (Double(width) / 2, Double(height) / 2)
        return Warp(coefficients: SIMD8(c, s, c * -x + s * -y + x, -s, c, -s * -x + c * -y + y, 0, 0))
    }

    /// Four points (x and y of the top left, top right, bottom right and bottom left) moved to four others: torchvision's
    /// `perspective`, which rounds the coefficients to Float. Nil if three of the points lie on a line.
    package static func perspective(from start: SIMD8<Double>, to end: SIMD8<Double>) -> Warp? {
        // (8, 9): two equations a point; the last column is the right side.
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 8 * 9) { rows in
            rows.initialize(repeating: 0)
            for point in 0..<4 {
                let (x, y) = (end[2 * point], end[2 * point + 1])
                for side in 0..<2 {
                    let from = start[2 * point + side]
                    let row = (2 * point + side) * 9
                    (rows[row + 3 * side], rows[row + 3 * side + 1], rows[row + 3 * side + 2]) = (x, y, 1)
                    (rows[row + 6], rows[row + 7], rows[row + 8]) = (-from * x, -from * y, from)
                }
            }
            return solved(rows)
        }
    }

    /// Gauss's elimination, the largest element of a column first.
    private static func solved(_ rows: UnsafeMutableBufferPointer<Double>) -> Warp? {
        for column in 0..<8 {
            var best = column
            for row in column..<8 where abs(rows[row * 9 + column]) > abs(rows[best * 9 + column]) { best = row }
            guard abs(rows[best * 9 + column]) > 1e-12 else { return nil }
            for index in 0..<9 where best != column { rows.swapAt(best * 9 + index, column * 9 + index) }
            for row in 0..<8 where row != column {
                let factor = rows[row * 9 + column] / rows[column * 9 + column]
                for index in column..<9 { rows[row * 9 + index] -= factor * rows[column * 9 + index] }
            }
        }
        var result = SIMD8<Double>.zero
        for index in 0..<8 { result[index] = Double(Float(rows[index * 9 + 8] / rows[index * 9 + index])) }
        return Warp(coefficients: result)
    }
}
