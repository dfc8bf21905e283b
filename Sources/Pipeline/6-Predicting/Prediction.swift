// The answer to one picture: classes by probability. Ties go to the lower index, as in evaluation.

/// A class and how probable it is.
package struct Prediction: Sendable, Equatable, Codable {
    /// The class's name.
    package let `class`: String
    /// Its index in the model's class list.
    package let index: Int
    /// 0...1; over all classes they sum to 1.
    package let probability: Float

    package init(class name: String, index: Int, probability: Float) {
        self.class = name
        self.index = index
        self.probability = probability
    }

    /// The `count` most probable classes, the best first.
    static func top(_ count: Int, of probabilities: UnsafeBufferPointer<Float>, classes: [String]) -> [Prediction] {
        let order = probabilities.indices.sorted {
            (probabilities[$1], $0) < (probabilities[$0], $1)
        }
        return order.prefix(max(0, count)).map {
            Prediction(class: classes[$0], index: $0, probability: probabilities[$0])
        }
    }
}
