// The accumulator of an evaluation: it is given one picture's probabilities and label at a time and ends in `Scores`.
// Everything is a sum over pictures, never a mean of batch means, so batch size and the short last batch change nothing.
// It does not compute probabilities and refuses to summarise none, or outputs that are not numbers.

import FoveaTensorCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Sums over the pictures of one evaluation.
package struct EvaluationMeasures: Sendable {
    /// Probabilities are clipped to this distance from 0 and 1 before the logarithm, as scikit-learn does for floats.
    package static let clipping = Float.ulpOfOne

    /// Class names in index order.
    package let classes: [String]
    /// Counts of (true, predicted) pairs.
    package private(set) var confusion: Confusion
    /// Predictions by confidence.
    package private(set) var calibration: Calibration
    /// Pictures whose probabilities held a NaN or an infinity; they are in no other count.
    package private(set) var notFinite = 0
    /// `ranks[r]` pictures have `r` classes before the right one.
    private var ranks: [Int]
    private var lossSum = 0.0

    /// Nothing counted yet. Traps without classes.
    package init(classes: [String]) {
        precondition(!classes.isEmpty, "an evaluation needs classes")
        self.classes = classes
        confusion = Confusion(classCount: classes.count)
        calibration = Calibration()
        ranks = [Int](repeating: 0, count: classes.count)
    }

    /// Pictures counted, without those that were not finite.
    package var count: Int { ranks.reduce(0, +) }

    /// Counts one picture: its probabilities `(C)` and the index of its class. Returns what it was taken for, or nil if
    /// the probabilities are not numbers.
    ///
    /// Among equal probabilities the lower index stands first, as in `argmax`; so top-1 always is the accuracy. (For
    /// ties alone, scikit-learn's `top_k_accuracy_score` prefers the higher index.)
    @discardableResult
    package mutating func add(probabilities: UnsafeBufferPointer<Float>, label: Int) -> Int? {
        precondition(probabilities.count == classes.count, "\(probabilities.count) outputs, \(classes.count) classes")
        precondition(classes.indices.contains(label), "class \(label) of \(classes.count)")
        guard probabilities.allSatisfy(\.isFinite) else {
            notFinite += 1
            return nil
        }
        let own = probabilities[label]
        var best = 0
        var rank = 0
        for index in probabilities.indices {
            let value = probabilities[index]
            if value > probabilities[best] { best = index }
            if value > own || (value == own && index < label) { rank += 1 }
        }
        ranks[rank] += 1
        lossSum -= log(Double(min(max(own, Self.clipping), 1 - Self.clipping)))
        confusion.add(label: label, prediction: best)
        calibration.add(confidence: probabilities[best], isCorrect: best == label)
        return best
    }

    /// The part of the pictures whose class is among the `k` most probable: 0...1; 0 if nothing was counted.
    package func topAccuracy(_ k: Int) -> Double {
        let all = count
        return all == 0 ? 0 : Double(ranks.prefix(max(0, k)).reduce(0, +)) / Double(all)
    }

    /// Everything measured. Throws a `Failure` if no picture was counted or if the network's outputs are not numbers.
    package func summary() throws -> Scores {
        guard notFinite == 0 else {
            throw Failure(
                .work, "the network's output is not a number for \(notFinite) of \(count + notFinite) pictures",
                advice: "Its weights have diverged: train again with a smaller --lr.")
        }
        let count = count
        guard count > 0 else {
            throw Failure(.data, "no picture was measured", advice: "See what the data set holds with fovea inspect.")
        }
        let scores = confusion.classScores(names: classes)
        let correct = confusion.correct
        let accuracy = Double(correct) / Double(count)
        return Scores(
            accuracy: accuracy, interval: .wilson(successes: correct, of: count),
            top5: classes.count > 5 ? topAccuracy(5) : nil, loss: lossSum / Double(count),
            calibrationError: calibration.expectedError, count: count, classes: scores,
            macro: MeanScores(of: scores, weights: [Double](repeating: 1, count: scores.count)),
            micro: MeanScores(precision: accuracy, recall: accuracy, f1: accuracy),
            weighted: MeanScores(of: scores, weights: scores.map { Double($0.support) }), confusion: confusion.rows)
    }
}
