// Whether a classifier's confidence can be believed: of the pictures it was 80 % sure of, are 80 % right?

/// Counts of predictions by confidence, in equal bins over 0...1.
package struct Calibration: Sendable, Equatable {
    /// Number of bins of Guo et al. 2017, "On calibration of modern neural networks", section 3.
    package static let usualBinCount = 15

    /// The predictions whose confidence lies in one bin.
    package struct Bin: Sendable, Equatable {
        /// Predictions.
        package fileprivate(set) var count = 0
        /// Predictions that were right.
        package fileprivate(set) var correct = 0
        /// The sum of the confidences, each 0...1.
        package fileprivate(set) var confidence = 0.0
    }

    /// Bin `i` of `n` holds confidences in (i / n, (i + 1) / n]; the first one 0 as well.
    package private(set) var bins: [Bin]

    package init(binCount: Int = Calibration.usualBinCount) {
        precondition(binCount > 0, "at least one bin is needed, not \(binCount)")
        bins = [Bin](repeating: Bin(), count: binCount)
    }

    /// Counts one prediction of a confidence in 0...1; beyond it the nearest bin counts.
    package mutating func add(confidence: Float, isCorrect: Bool) {
        let position = (Double(confidence) * Double(bins.count)).rounded(.up) - 1
        let index = Int(min(max(position, 0), Double(bins.count - 1)))
        bins[index].count += 1
        bins[index].correct += isCorrect ? 1 : 0
        bins[index].confidence += Double(confidence)
    }

    /// The expected calibration error: the mean distance between confidence and accuracy, weighted by count; 0 is best.
    package var expectedError: Double {
        let total = bins.reduce(0) { $0 + $1.count }
        guard total > 0 else { return 0 }
        return bins.reduce(0) { $0 + abs(Double($1.correct) - $1.confidence) } / Double(total)
    }
}
