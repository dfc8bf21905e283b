// Runs a graph as it is written, node by node, by each operator's own equation: the golden standard that plans are
// measured against, and the debugger that says where a NaN was born. Slow on purpose; it knows no layouts and fuses nothing.

import FoveaGraph
import FoveaOperators
import FoveaTensorCore

/// Interprets a graph in plain Swift, in `Float` to compare with kernels or in `Double` to compare with mathematics.
package struct ReferenceInterpreter: Sendable {
    /// What is run.
    package let graph: Graph
    /// True if a run stops at the first value that holds a NaN or an infinity.
    package let checksNumbers: Bool

    /// An interpreter of `graph`. With `checksNumbers` it is a debugger: see `run`.
    package init(_ graph: Graph, checksNumbers: Bool = false) {
        self.graph = graph
        self.checksNumbers = checksNumbers
    }

    /// Computes every value of the graph. Parameters are not changed: their new contents are the result's `updates`.
    ///
    /// Throws a `Failure` if an input is missing, unknown or of another shape, or a parameter of another shape; and, with
    /// `checksNumbers`, one of kind `.work` that names the first node whose result is not finite, and what went into it.
    package func run<S: ReferenceScalar>(
        inputs: [String: Tensor<S>], parameters: (String) -> Tensor<S> = Self.noParameters
    ) throws -> Interpretation<S> {
        var values = [Tensor<S>?](repeating: nil, count: graph.values.count)
        try placeInputs(inputs, in: &values)
        for parameter in graph.parameters {
            let tensor = parameters(parameter.name)
            try place(tensor, parameter.value, "parameter \(parameter.name)", in: &values)
        }
        for node in graph.nodes {
            let arguments = node.inputs.enumerated().map { index, input in
                guard let value = values[input.index] else {
                    preconditionFailure("\(node.scope): \(node.operator.name) stands before what it reads")
                }
                return rounded(value, input, graph.inputType(node, index))
            }
            let results = node.operator.forward(arguments)
            precondition(results.count == node.outputs.count, "\(node.operator.name) has \(results.count) outputs")
            for (output, result) in zip(node.outputs, results) {
                precondition(
                    result.shape == graph.shape(output),
                    "\(node.operator.name) computed \(result.shape) and announced \(graph.shape(output))")
                values[output.index] = rounded(result, output, graph.values[output.index].dataType)
            }
            if checksNumbers { try Self.check(results, of: node, from: arguments) }
        }
        return Interpretation(graph: graph, values: values)
    }

    /// The numbers that are left of a value where a plan stores or reads it in this type.
    private func rounded<S: ReferenceScalar>(_ tensor: Tensor<S>, _ id: ValueID, _ dataType: DataType) -> Tensor<S> {
        switch dataType {
        case .bf16: tensor.roundedToBF16
        case .u8, .s8: graph.values[id.index].quantization?.rounded(tensor) ?? tensor
        default: tensor
        }
    }

    /// For graphs without parameters. Traps when asked for one.
    package static func noParameters<S: ReferenceScalar>(_ name: String) -> Tensor<S> {
        preconditionFailure("the run was given no parameters, the graph wants \(name)")
    }

    private func placeInputs<S: ReferenceScalar>(_ inputs: [String: Tensor<S>], in values: inout [Tensor<S>?]) throws {
        let wanted = Set(graph.inputs.map(\.name))
        for name in inputs.keys.sorted() where !wanted.contains(name) {
            throw Failure(.usage, "the graph has no input \(name); it has \(wanted.sorted().joined(separator: ", "))")
        }
        for input in graph.inputs {
            guard let tensor = inputs[input.name] else {
                throw Failure(.usage, "input \(input.name) is missing, the graph wants \(graph.shape(input.value))")
            }
            try place(tensor, input.value, "input \(input.name)", in: &values)
        }
    }

    private func place<S: ReferenceScalar>(
        _ tensor: Tensor<S>, _ id: ValueID, _ role: String, in values: inout [Tensor<S>?]
    ) throws {
        guard tensor.shape == graph.shape(id) else {
            throw Failure(.usage, "\(role) is \(tensor.shape), the graph wants \(graph.shape(id))")
        }
        if checksNumbers, let flaw = NumberFlaw(tensor) { throw Failure(.work, "\(role) \(flaw)") }
        values[id.index] = tensor
    }

    private static func check<S: ReferenceScalar>(
        _ results: [Tensor<S>], of node: Node, from arguments: [Tensor<S>]
    ) throws {
        for (index, result) in results.enumerated() {
            guard let flaw = NumberFlaw(result) else { continue }
            let op = node.operator
            let attributes = op.attributes.isEmpty ? "" : ", " + op.attributes
            let place = node.scope.path.isEmpty ? op.name + attributes : "\(node.scope) (\(op.name)\(attributes))"
            let ranges = arguments.map { "\($0.shape) in \(range($0))" }
            let from = ranges.isEmpty ? "" : "; computed from " + ranges.joined(separator: ", ")
            let output = results.count > 1 ? "output \(index) " : ""
            throw Failure(.work, "\(place): \(output)\(flaw)\(from)")
        }
    }

    private static func range<S: ReferenceScalar>(_ tensor: Tensor<S>) -> String {
        guard let least = tensor.elements.min(), let largest = tensor.elements.max() else { return "nothing" }
        return "\(Float(least)) ... \(Float(largest))"
    }
}

/// What is wrong with a tensor's numbers: how many are not finite, and where the first one stands.
struct NumberFlaw: CustomStringConvertible {
    let description: String

    /// Nil if every element is finite.
    init?<S: ReferenceScalar>(_ tensor: Tensor<S>) {
        guard let first = tensor.elements.firstIndex(where: { !$0.isFinite }) else { return nil }
        let count = tensor.elements.count { !$0.isFinite }
        let place = Shape(zip(tensor.shape.dimensions, tensor.shape.strides).map { first / $1 % $0 })
        let kind = tensor.elements[first].isNaN ? "NaN" : "an infinity"
        description = "holds \(kind) at \(place), \(count) of \(tensor.shape.count) numbers are not finite"
    }
}
