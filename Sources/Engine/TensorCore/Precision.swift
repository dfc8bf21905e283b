// The arithmetic that a network is computed in.

/// The arithmetic of a plan.
package enum Precision: String, Sendable, Codable, CaseIterable {
    /// Single precision throughout.
    case f32
    /// Mixed precision (Micikevicius et al. 2018): activations, their gradients and working copies of weights are bfloat16;
    /// sums inside kernels, norm statistics, loss, weight gradients, master weights and optimizer are f32. bfloat16 has the
    /// range of f32, so that losses need no scaling (Kalamkar et al. 2019).
    case bf16
}

/// What a person says about precision.
package enum PrecisionChoice: String, Sendable, Codable, CaseIterable {
    /// What the processor does fastest.
    case auto
    case f32, bf16

    /// The precision that was named; nil for `auto`.
    package var named: Precision? { Precision(rawValue: rawValue) }
}
