// How far a measured proportion may be from the true one. An accuracy without its interval is half a statement.

/// A 95 % confidence interval of a proportion.
package struct Interval: Codable, Sendable, Equatable {
    /// The lower end, 0...1.
    package let lower: Double
    /// The upper end, 0...1.
    package let upper: Double

    package init(lower: Double, upper: Double) {
        self.lower = lower
        self.upper = upper
    }

    /// Wilson's score interval for `successes` of `count` trials at 95 % (Wilson 1927, "Probable inference"); it stays
    /// inside 0...1 and is honest for small counts and for 100 %. Traps if `count` is 0 or less than `successes`.
    package static func wilson(successes: Int, of count: Int) -> Interval {
        precondition(count > 0 && (0...count).contains(successes), "\(successes) of \(count)")
        // The 97.5 % quantile of the standard normal distribution.
        let z = 1.959963984540054
        let n = Double(count)
        let p = Double(successes) / n
        let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        return Interval(
            lower: successes == 0 ? 0 : max(0, centre - half), upper: successes == count ? 1 : min(1, centre + half))
    }
}
