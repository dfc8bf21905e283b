// A layer is a small value of hyper-parameters, applied to a symbolic value under an explicit scope. Weights live elsewhere,
// in the parameter store, under the names that the scopes spell.

import FoveaGraph

/// A recipe that turns one value into another. Applying it declares its parameters.
package protocol Layer: Sendable {
    /// Applies the layer under `scope`. Input and output shapes are the layer's to state.
    func callAsFunction(_ x: Value, _ scope: Scope) -> Value
}

/// A network that classifies: features first, then a classifier on top of them.
package protocol Network: Sendable {
    /// Pictures (N, C, H, W) to the last spatial map (N, F, H', W').
    func features(_ x: Value) -> Value
    /// The last spatial map to logits (N, classes).
    func classifier(_ x: Value) -> Value
    /// The layer that tells the classes apart, such as `fc`: what is replaced when other classes are to be learned.
    var head: Scope { get }
}
