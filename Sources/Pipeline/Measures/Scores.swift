// The result of an evaluation as a plain value: what the JSON contract, the report and the model's card are made from.

/// What was measured on one split. Field names are those of the JSON contract of `fovea evaluate`.
package struct Scores: Codable, Sendable, Equatable {
    /// The part of the pictures whose most probable class is the right one: 0...1.
    package let accuracy: Double
    /// Wilson's 95 % interval of the accuracy.
    package let interval: Interval
    /// The part of the pictures whose class is among the five most probable: 0...1; absent with fewer than six classes,
    /// where it would be 1 whatever the network says.
    package let top5: Double?
    /// The mean negative log-likelihood over pictures, in nats, as scikit-learn's `log_loss`: probabilities are clipped
    /// to 2^-23 ... 1 - 2^-23, so that one hopeless picture costs 15.9.
    package let loss: Double
    /// The expected calibration error over 15 equal bins: 0...1.
    package let calibrationError: Double
    /// Pictures measured.
    package let count: Int
    /// The classes in index order.
    package let classes: [ClassScores]
    /// Every class counts the same.
    package let macro: MeanScores
    /// Every picture counts the same: with one label a picture, all three equal the accuracy.
    package let micro: MeanScores
    /// Every class counts by its support.
    package let weighted: MeanScores
    /// Counts; rows are true classes, columns predicted ones.
    package let confusion: [[Int]]
}
