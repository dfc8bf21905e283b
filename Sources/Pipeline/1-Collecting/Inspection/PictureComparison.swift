// The second look at two pictures that may be one: their gray thumbnails are laid over each other, shifted and stretched
// a little where one was cut, and must agree in their shades and in their details. Looks at 32 x 32 samples only.

/// How well two thumbnails agree.
struct PictureComparison {
    private struct Agreement {
        /// The correlation of their shades.
        var shades: Float = 0
        /// The correlation of what is left of them when their surroundings are subtracted.
        var details: Float = 0
        /// The largest difference between them in one spot of nine samples, in standard deviations.
        var spot: Float = .infinity

        var score: Float { (shades + details) / 2 }
    }

    /// Pictures with a shorter side are compared as they lie, and more strictly: they have few details, and what tells one
    /// from another may be a spot.
    static let smallSide = 64
    /// Below this, neither shades before nor details after rough placing have become those of one picture.
    private static let hopeless: Float = 0.35
    /// Details that agree so well are placed already.
    private static let placed: Float = 0.95

    private let isSmall: Bool
    private var agreement: Agreement

    /// Compares `one` with `other`, where they are not small also shifted and stretched.
    init(_ one: [UInt8], _ other: [UInt8], isSmall: Bool) {
        self.isSmall = isSmall
        let (moving, fixed) = (Thumbnail(one), Thumbnail(other))
        agreement = Self.agreement(moving, fixed, Placing())
        guard !isSmall, agreement.shades >= Self.hopeless, !isSame || agreement.details < Self.placed else { return }
        // Where one is cut, its thumbnail has the finer details, and is the better one to move.
        guard register(moving, fixed) else { return }
        _ = register(fixed, moving)
    }

    /// What the likest pairs come first by, at most 1.
    var score: Float { agreement.score }

    /// Whether the two show the same. The bounds were found by looking at pairs, see WORKLOG.md.
    var isSame: Bool {
        isSmall
            ? agreement.shades >= 0.985 && agreement.details >= 0.97 && agreement.spot <= 0.25
            : agreement.shades >= 0.96 && agreement.details >= 0.88
    }

    /// Places one thumbnail over the other, and keeps the agreement if it is better. False where there is no hope.
    private mutating func register(_ moving: Thumbnail, _ fixed: Thumbnail) -> Bool {
        var placing = Placing()
        let (softMoving, softFixed) = (moving.softened().softened(), fixed.softened().softened())
        for _ in 0..<6 { placing.improve(softMoving, softFixed) }
        guard Self.agreement(moving, fixed, placing).details >= Self.hopeless else { return false }
        for _ in 0..<4 { placing.improve(moving, fixed) }
        let better = Self.agreement(moving, fixed, placing)
        if better.score > agreement.score { agreement = better }
        return true
    }

    /// The agreement where the moving thumbnail reaches; none where that is too little.
    private static func agreement(_ moving: Thumbnail, _ fixed: Thumbnail, _ placing: Placing) -> Agreement {
        let side = Thumbnail.side
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
        let (softPlaced, softFixed) = (placed.softened().samples, fixed.softened().samples)
        var (whole, fine) = (Correlation(), Correlation())
        var inner: [Int] = []
        inner.reserveCapacity(side * side)
        for y in 0..<side {
            for x in 0..<side where isThere[y * side + x] {
                let place = y * side + x
                whole.add(placed.samples[place], fixed.samples[place])
                let isInner =
                    x > 0 && y > 0 && x < side - 1 && y < side - 1 && isThere[place - side - 1]
                    && isThere[place - side + 1] && isThere[place + side - 1] && isThere[place + side + 1]
                guard isInner else { continue }
                inner.append(place)
                fine.add(placed.samples[place] - softPlaced[place], fixed.samples[place] - softFixed[place])
            }
        }
        let (means, deviations) = (whole.means, whole.deviations)
        guard whole.count * 10 >= side * side * 6, deviations.min() > 0 else { return Agreement() }
        let spot = inner.reduce(Float(0)) { largest, place in
            let pair = (SIMD2(softPlaced[place], softFixed[place]) - means) / deviations
            return max(largest, abs(pair.x - pair.y))
        }
        return Agreement(shades: whole.value, details: fine.value, spot: spot)
    }
}
