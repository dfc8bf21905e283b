// Precision, recall and F1 of each class and their means, all read off the confusion matrix. The conventions are
// scikit-learn's (precision_recall_fscore_support with labels=range(n) and zero_division=0): a class that was never
// predicted has precision 0, one that never occurs has recall 0, and both still count in the macro mean.

/// How well one class was recognised.
package struct ClassScores: Codable, Sendable, Equatable {
    /// The class.
    package let name: String
    /// Of the pictures taken for this class, the part that is of it: 0...1.
    package let precision: Double
    /// Of the pictures of this class, the part that was taken for it: 0...1.
    package let recall: Double
    /// The harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN).
    package let f1: Double
    /// Pictures of this class.
    package let support: Int

    package init(name: String, precision: Double, recall: Double, f1: Double, support: Int) {
        self.name = name
        self.precision = precision
        self.recall = recall
        self.f1 = f1
        self.support = support
    }
}

/// A mean of the classes' scores.
package struct MeanScores: Codable, Sendable, Equatable {
    package let precision: Double
    package let recall: Double
    package let f1: Double

    package init(precision: Double, recall: Double, f1: Double) {
        self.precision = precision
        self.recall = recall
        self.f1 = f1
    }

    /// The mean of `classes` under `weights`; 0 where all weights are 0.
    init(of classes: [ClassScores], weights: [Double]) {
        let total = weights.reduce(0, +)
        func mean(_ value: (ClassScores) -> Double) -> Double {
            total == 0 ? 0 : zip(classes, weights).reduce(0) { $0 + value($1.0) * $1.1 } / total
        }
        self.init(precision: mean(\.precision), recall: mean(\.recall), f1: mean(\.f1))
    }
}

extension Confusion {
    /// Pictures counted.
    package var total: Int { counts.reduce(0, +) }

    /// Pictures on the diagonal.
    package var correct: Int { (0..<classCount).reduce(0) { $0 + self[$1, $1] } }

    /// The counts as rows of true classes, for JSON and reports.
    package var rows: [[Int]] {
        (0..<classCount).map { label in Array(counts[label * classCount..<(label + 1) * classCount]) }
    }

    /// Precision, recall, F1 and support of every class. Traps unless there is one name a class.
    package func classScores(names: [String]) -> [ClassScores] {
        precondition(names.count == classCount, "\(names.count) names for \(classCount) classes")
        var predicted = [Int](repeating: 0, count: classCount)
        var support = [Int](repeating: 0, count: classCount)
        for label in 0..<classCount {
            for prediction in 0..<classCount {
                support[label] += self[label, prediction]
                predicted[prediction] += self[label, prediction]
            }
        }
        func part(_ count: Int, of whole: Int) -> Double { whole == 0 ? 0 : Double(count) / Double(whole) }
        return names.indices.map { label in
            let hits = self[label, label]
            return ClassScores(
                name: names[label], precision: part(hits, of: predicted[label]),
                recall: part(hits, of: support[label]), f1: part(2 * hits, of: predicted[label] + support[label]),
                support: support[label])
        }
    }
}
