// What every operator of a network must say about itself. One file in Operators implements it; kernels live in backends.

import FoveaTensorCore

/// An operator: its equation as a reference implementation, its shape rule and its gradient rule.
///
/// Operators are values that hold attributes only (stride, padding ...); tensors are passed in.
package protocol Operator: Sendable {
    /// The operator's name as plans and errors print it, such as `convolution`.
    var name: String { get }
    /// The attributes that differ from the defaults, such as `stride 2, padding 1`; empty if none.
    var attributes: String { get }
    /// The shapes of the outputs. Throws a `Failure` that states both sides if the inputs do not fit.
    func outputShapes(_ inputs: [Shape]) throws -> [Shape]
    /// The equation, computed plainly: the golden standard that backends are measured against.
    func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>]
    /// Emits the nodes that compute d loss / d input for every input that needs it; nil for the others.
    func gradients(_ context: GradientContext) -> [Value?]
    /// Multiply-adds of one evaluation; 0 for operators that only move or scale data.
    func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int
    /// True if this input is read as bf16 in mixed precision; the others are f32.
    func takesLowPrecision(input index: Int) -> Bool
    /// True if this output is written as bf16 in mixed precision; the others are f32.
    func givesLowPrecision(output index: Int) -> Bool
}

extension Operator {
    package var attributes: String { "" }
    package func gradients(_ context: GradientContext) -> [Value?] {
        preconditionFailure("\(name) at \(context.scope): this operator has no gradient rule")
    }
    package func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int { 0 }
    package func takesLowPrecision(input index: Int) -> Bool { false }
    package func givesLowPrecision(output index: Int) -> Bool { false }
}

/// What a gradient rule may use.
package struct GradientContext {
    /// The inputs of the forward node.
    package let inputs: [Value]
    /// The outputs of the forward node.
    package let outputs: [Value]
    /// d loss / d output for each output; nil where the output does not influence the loss.
    package let outputGradients: [Value?]
    /// Which inputs need a gradient.
    package let needs: [Bool]
    /// Where the forward node stands in the network.
    package let scope: Scope

    package init(inputs: [Value], outputs: [Value], outputGradients: [Value?], needs: [Bool], scope: Scope) {
        self.inputs = inputs
        self.outputs = outputs
        self.outputGradients = outputGradients
        self.needs = needs
        self.scope = scope
    }

    /// The gradient of the first output; an operator whose gradient rule runs has one.
    package var dy: Value {
        guard let first = outputGradients[0] else {
            preconditionFailure("\(scope): the first output has no gradient")
        }
        return first
    }
}
