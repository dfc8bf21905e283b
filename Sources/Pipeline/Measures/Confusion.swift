// The confusion matrix: what every measure of single-label classification is computed from.

/// Counts of (true class, predicted class) pairs.
package struct Confusion: Sendable, Equatable {
    /// Number of classes.
    package let classCount: Int
    /// `classCount * classCount` counts; rows are true classes, columns predicted ones.
    package private(set) var counts: [Int]

    package init(classCount: Int) {
        self.classCount = classCount
        counts = [Int](repeating: 0, count: classCount * classCount)
    }

    /// Counts one picture.
    package mutating func add(label: Int, prediction: Int) { counts[label * classCount + prediction] += 1 }

    /// Pictures of class `label` that were taken for `prediction`.
    package subscript(label: Int, prediction: Int) -> Int { counts[label * classCount + prediction] }
}
