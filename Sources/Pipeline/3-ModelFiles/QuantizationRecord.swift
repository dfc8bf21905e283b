// The card's section on quantisation: which values between layers lie in eight bits, in what steps, and how that was found out.
// The filters' steps are as many as filters and stand among the tensors: NAME_scale beside the eight-bit NAME.

/// How a network was quantised after training.
package struct QuantizationRecord: Codable, Sendable, Equatable {
    /// The card's `precision` of a quantised network.
    package static let precision = "int8"

    /// How a value between layers is written.
    package struct Activation: Codable, Sendable, Equatable {
        /// The scope of the layer that computes it, or what else names it.
        package var name: String
        /// `u8` for values that are never negative, else `s8`.
        package var type: String
        /// What one step is worth.
        package var scale: Float

        package init(name: String, type: String, scale: Float) {
            self.name = name
            self.type = type
            self.scale = scale
        }
    }

    /// How ranges were chosen from what was seen: `minmax`, `p99.9`, `p99.99` or `mse`.
    package var rule: String
    /// Training pictures that ranges were measured on.
    package var pictures: Int
    /// The arithmetic of the layers that were not quantised.
    package var others: String
    /// Those layers.
    package var kept: [String]
    /// The values, in the order of the network.
    package var activations: [Activation]
    /// The validation scores before.
    package var before: ScoreRecord?

    package init(
        rule: String, pictures: Int, others: String, kept: [String], activations: [Activation],
        before: ScoreRecord? = nil
    ) {
        self.rule = rule
        self.pictures = pictures
        self.others = others
        self.kept = kept
        self.activations = activations
        self.before = before
    }
}
