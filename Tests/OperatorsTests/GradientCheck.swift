// Gradient rules against mathematics: the gradient that a rule emits, and central differences of sum(dy y), in Double.

import FoveaGraph
import FoveaReferenceBackend
import FoveaTensorCore
import FoveaTestSupport
import Testing

/// Compares an operator's gradient rule with numeric gradients.
struct GradientCheck {
    let `operator`: any Operator
    let inputs: [Tensor<Double>]
    /// Indices of the inputs whose gradients are checked.
    let differentiable: [Int]

    init(_ op: any Operator, _ inputs: [Tensor<Double>], differentiable: [Int]? = nil) {
        `operator` = op
        self.inputs = inputs
        self.differentiable = differentiable ?? Array(inputs.indices)
    }

    /// Of a large input this many elements are moved; which ones is drawn.
    static let samples = 24
    /// How far: the truncation error goes with its square, the rounding error with its inverse.
    static let step = 1e-5
    /// Conventions, number 14: relative to the largest gradient of the input.
    static let tolerance = 1e-6

    /// Records an issue with a sentence on every gradient that differs.
    func verify(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let complaints = try complaints()
        #expect(complaints == [], sourceLocation: sourceLocation)
    }

    private func complaints() throws -> [String] {
        let graph = try OperatorGraph.make(`operator`, inputs: inputs.map(\.shape), differentiable: differentiable)
        guard let output = graph.output("out0") else { return ["no output"] }
        let dy = Tensor<Double>.random(graph.shape(output), seed: 99)
        var named = Dictionary(uniqueKeysWithValues: inputs.enumerated().map { ("in\($0)", $1) })
        named["dy"] = dy
        let results = try ReferenceInterpreter(graph).run(inputs: named).outputs
        return differentiable.flatMap { input -> [String] in
            guard let gradient = results["d\(input)"] else { return ["input \(input) has no gradient"] }
            guard gradient.shape == inputs[input].shape else {
                return ["the gradient of input \(input) is \(gradient.shape), the input \(inputs[input].shape)"]
            }
            let largest = gradient.elements.reduce(0) { max($0, $1.magnitude) }
            return sampled(gradient.shape.count, seed: input).compactMap { index in
                let numeric = slope(input, index, dy)
                let difference = (numeric - gradient.elements[index]).magnitude
                // The comparison is written so that a NaN is a difference.
                guard !(difference <= Self.tolerance * max(largest, 1e-3)) else { return nil }
                return
                    "input \(input), element \(index): the rule says \(gradient.elements[index]), differences \(numeric)"
            }
        }
    }

    /// d sum(dy y) / d element.
    private func slope(_ input: Int, _ index: Int, _ dy: Tensor<Double>) -> Double {
        func terms(_ offset: Double) -> [Double] {
            var moved = inputs
            moved[input].elements[index] += offset
            return zip(`operator`.forward(moved)[0].elements, dy.elements).map { $0 * $1 }
        }
        // Differences are taken before summing: what did not move cancels exactly.
        return zip(terms(Self.step), terms(-Self.step)).reduce(0) { $0 + ($1.0 - $1.1) } / (2 * Self.step)
    }

    private func sampled(_ count: Int, seed: Int) -> [Int] {
        guard count > Self.samples else { return Array(0..<count) }
        var stream = RandomStream(seed: UInt64(seed), purpose: .testing)
        return (0..<Self.samples).map { _ in stream.integer(below: count) }
    }
}
