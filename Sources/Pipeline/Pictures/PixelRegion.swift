// A part of a picture, and where it lies in the stored picture: turned back, and made smaller with it. Arithmetic only.

/// A rectangle of whole pixels.
package struct PixelRegion: Sendable, Equatable {
    /// Column of its left side.
    package var x: Int
    /// Row of its upper side.
    package var y: Int
    /// Columns, at least 1.
    package var width: Int
    /// Rows, at least 1.
    package var height: Int

    package init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// Whether it lies within a picture of this size.
    package func fits(width: Int, height: Int) -> Bool {
        x >= 0 && y >= 0 && self.width > 0 && self.height > 0 && x + self.width <= width && y + self.height <= height
    }

    /// How many times smaller a JPEG may be decoded (1, 2, 4 or 8) so that this region keeps at least that many columns
    /// and rows.
    func denominator(leastWidth: Int, leastHeight: Int) -> Int {
        [8, 4, 2].first { width >= $0 * leastWidth && height >= $0 * leastHeight } ?? 1
    }
}

extension Picture.Box {
    /// The same part of a picture that is `across` and `down` times as large.
    func scaled(across: Double, down: Double) -> Picture.Box {
        Picture.Box(
            left: Float(Double(left) * across), top: Float(Double(top) * down), right: Float(Double(right) * across),
            bottom: Float(Double(bottom) * down))
    }

    /// The whole pixels that it touches, within a picture of this size.
    func outside(width: Int, height: Int) -> PixelRegion {
        let (x, y) = (min(Int(left), width - 1), min(Int(top), height - 1))
        let (end, bottom) = (Int(right.rounded(.up)), Int(bottom.rounded(.up)))
        return PixelRegion(x: x, y: y, width: min(end, width) - x, height: min(bottom, height) - y)
    }

    /// The same part, told from the corner of a region, and held within it.
    func relative(to region: PixelRegion) -> Picture.Box {
        let (width, height) = (Float(region.width), Float(region.height))
        return Picture.Box(
            left: max(0, left - Float(region.x)), top: max(0, top - Float(region.y)),
            right: min(width, right - Float(region.x)), bottom: min(height, bottom - Float(region.y)))
    }
}

extension Orientation {
    /// The orientation that turns an upright picture into the stored one.
    var inverse: Orientation {
        switch self {
        case .rightward: .leftward
        case .leftward: .rightward
        default: self
        }
    }

    /// Where a part of the upright picture lies in the stored one, which is `width` x `height`.
    func stored(_ box: Picture.Box, width: Int, height: Int) -> Picture.Box {
        let (w, h) = (Float(width), Float(height))
        func from(_ left: Float, _ top: Float, _ right: Float, _ bottom: Float) -> Picture.Box {
            Picture.Box(left: left, top: top, right: right, bottom: bottom)
        }
        return switch self {
        case .upright: box
        case .mirrored: from(w - box.right, box.top, w - box.left, box.bottom)
        case .upsideDown: from(w - box.right, h - box.bottom, w - box.left, h - box.top)
        case .flipped: from(box.left, h - box.bottom, box.right, h - box.top)
        case .transposed: from(box.top, box.left, box.bottom, box.right)
        case .rightward: from(box.top, h - box.right, box.bottom, h - box.left)
        case .transversed: from(w - box.bottom, h - box.right, w - box.top, h - box.left)
        case .leftward: from(w - box.bottom, box.left, w - box.top, box.right)
        }
    }
}
