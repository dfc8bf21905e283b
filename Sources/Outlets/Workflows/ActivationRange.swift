// How large the values between layers are: a histogram of magnitudes filled batch by batch, and the rules that choose from it
// where to cut values off, so that eight bits serve the many instead of the few.

import FoveaTensorCore

/// Where values are cut off.
package enum RangeRule: String, Sendable, CaseIterable, Codable {
    /// At the largest that was seen.
    case minmax
    /// Such that 99.9 or 99.99 % of all values stay below.
    case percentile999 = "p99.9"
    case percentile9999 = "p99.99"
    /// Where the mean squared error of rounding and cutting off together is least.
    case leastSquares = "mse"
}

/// Magnitudes of one value of the network over all pictures that were shown to it.
package struct ActivationHistogram {
    /// Enough that a step of 255 spans some bins, whichever of them it is cut off at.
    private static let binCount = 4096
    /// Ranges that the rule of least squares tries, as parts of the largest magnitude.
    private static let candidates = (20...100).map { Float($0) / 100 }

    private var bins = [Int](repeating: 0, count: binCount)
    /// The upper end of the last bin.
    private var limit: Float = 0
    private var zeros = 0
    private(set) var largest: Float = 0
    /// True if a value was below 0.
    private(set) var isSigned = false

    package init() {}

    /// Counts values. Numbers that are not finite are left out.
    package mutating func add(_ values: UnsafeBufferPointer<Float>) {
        var least: Float = 0
        var most: Float = 0
        for value in values where value.isFinite {
            least = min(least, value)
            most = max(most, value)
        }
        if least < 0 { isSigned = true }
        largest = max(largest, most, -least)
        guard largest > 0 else {
            zeros += values.count
            return
        }
        if limit == 0 { limit = largest }
        while limit < largest { widen() }
        let scale = Float(Self.binCount) / limit
        bins.withUnsafeMutableBufferPointer { bins in
            for value in values where value.isFinite {
                if value == 0 {
                    zeros += 1
                } else {
                    bins[min(Self.binCount - 1, Int(abs(value) * scale))] += 1
                }
            }
        }
    }

    /// Twice the range in as many bins.
    private mutating func widen() {
        for index in 0..<Self.binCount / 2 { bins[index] = bins[2 * index] + bins[2 * index + 1] }
        for index in Self.binCount / 2..<Self.binCount { bins[index] = 0 }
        limit *= 2
    }

    /// How the values are written under this rule.
    package func quantization(_ rule: RangeRule) -> Quantization {
        let levels: Float = isSigned ? 127 : 255
        let bound =
            switch rule {
            case .minmax: largest
            case .percentile999: percentile(0.999)
            case .percentile9999: percentile(0.9999)
            case .leastSquares: leastSquares(levels)
            }
        // A value that is always 0 needs some step all the same.
        return Quantization(isSigned ? .s8 : .u8, scales: [bound > 0 ? bound / levels : 1])
    }

    private func percentile(_ part: Double) -> Float {
        let count = bins.reduce(zeros, +)
        var below = zeros
        for (index, bin) in bins.enumerated() {
            below += bin
            if Double(below) >= part * Double(count) {
                return min(largest, limit * Float(index + 1) / Float(Self.binCount))
            }
        }
        return largest
    }

    private func leastSquares(_ levels: Float) -> Float {
        let width = limit / Float(Self.binCount)
        var best = (error: Double.infinity, bound: largest)
        for part in Self.candidates {
            let bound = part * largest
            let step = bound / levels
            var error = 0.0
            for (index, bin) in bins.enumerated() where bin > 0 {
                let middle = (Float(index) + 0.5) * width
                // Inside, rounding errors spread evenly over a step.
                let square = middle <= bound ? step * step / 12 : (middle - bound) * (middle - bound)
                error += Double(bin) * Double(square)
            }
            if error < best.error { best = (error, bound) }
        }
        return best.bound
    }
}
