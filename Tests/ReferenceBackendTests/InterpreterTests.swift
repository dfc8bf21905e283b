// What the reference interpreter gives, refuses, and says when a number goes wrong.

import FoveaGraph
import FoveaOperators
import FoveaReferenceBackend
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct InterpreterTests {
    /// relu(fc(x)), with the gradient of fc's parameters for a given dy.
    private static func graph() throws -> Graph {
        let builder = GraphBuilder(mode: .training)
        let y = builder.input("x", [2, 3]).linear(.root / "head" / "fc", 4).relu()
        builder.output("y", y)
        builder.differentiate(y, seed: builder.input("dy", [2, 4]))
        builder.appendUpdates(.sgd(momentum: 0, nesterov: false), weightDecay: 0)
        return try builder.finish()
    }

    private static func parameter(_ name: String) -> Tensor<Float> {
        name.hasSuffix("weight") ? .random([4, 3], seed: 1) : .random([4], seed: 2)
    }

    private static let inputs: [String: Tensor<Float>] = [
        "x": .random([2, 3], seed: 3), "dy": .random([2, 4], seed: 4), "rate": Tensor([], [0.5]),
    ]

    @Test func `a run gives outputs, gradients and updates by name`() throws {
        let run = try ReferenceInterpreter(try Self.graph()).run(inputs: Self.inputs, parameters: Self.parameter)
        #expect(Set(run.outputs.keys) == ["y"])
        #expect(Set(run.gradients.keys) == ["head.fc.weight", "head.fc.bias"])
        #expect(Set(run.updates.keys) == ["head.fc.weight", "head.fc.bias"])
        let before = Self.parameter("head.fc.bias").elements
        let gradient = try #require(run.gradients["head.fc.bias"]).elements
        #expect(run.updates["head.fc.bias"]?.elements == zip(before, gradient).map { $0 - 0.5 * $1 })
    }

    @Test func `Float and Double agree`() throws {
        let interpreter = ReferenceInterpreter(try Self.graph())
        let single = try interpreter.run(inputs: Self.inputs, parameters: Self.parameter)
        let double = try interpreter.run(inputs: Self.inputs.mapValues { $0.map(Double.init) }) {
            Self.parameter($0).map(Double.init)
        }
        for (one, other) in zip(single.values, double.values) {
            #expect(try #require(one).map(Double.init).mismatch(with: try #require(other), tolerance: 1e-6) == nil)
        }
    }

    @Test func `missing, unknown and misshapen inputs and parameters are refused by name`() throws {
        let interpreter = ReferenceInterpreter(try Self.graph())
        func message(_ change: (inout [String: Tensor<Float>]) -> Void) -> String? {
            var inputs = Self.inputs
            change(&inputs)
            let failure = #expect(throws: Failure.self) {
                try interpreter.run(inputs: inputs, parameters: Self.parameter)
            }
            return failure?.message
        }
        #expect(message { $0["x"] = nil } == "input x is missing, the graph wants (2, 3)")
        #expect(message { $0["z"] = $0["x"] } == "the graph has no input z; it has dy, rate, x")
        #expect(message { $0["x"] = $0["dy"] } == "input x is (2, 4), the graph wants (2, 3)")
        let failure = #expect(throws: Failure.self) {
            try interpreter.run(inputs: Self.inputs) { _ in Tensor<Float>([4], repeating: 0) }
        }
        #expect(failure?.message == "parameter head.fc.weight is (4), the graph wants (4, 3)")
    }

    @Test func `the debugger names the first node that is not finite`() throws {
        var inputs = Self.inputs
        inputs["x"] = Tensor([2, 3], [1, 1, 1, 2, 2, 2])
        let huge: @Sendable (String) -> Tensor<Float> = {
            $0.hasSuffix("weight") ? Tensor([4, 3], repeating: 1e38) : Tensor([4], repeating: 0)
        }
        let failure = #expect(throws: Failure.self) {
            try ReferenceInterpreter(try Self.graph(), checksNumbers: true).run(inputs: inputs, parameters: huge)
        }
        #expect(failure?.kind == .work)
        #expect(
            failure?.message
                == "head.fc (fully connected, bias): holds an infinity at (1, 0), 4 of 8 numbers are not finite; "
                + "computed from (2, 3) in 1.0 ... 2.0, (4, 3) in 1e+38 ... 1e+38, (4) in 0.0 ... 0.0")
        // Without the debugger the run goes through.
        _ = try ReferenceInterpreter(try Self.graph()).run(inputs: inputs, parameters: huge)
        inputs["x"] = Tensor([2, 3], [1, .nan, 1, 2, 2, 2])
        let second = #expect(throws: Failure.self) {
            try ReferenceInterpreter(try Self.graph(), checksNumbers: true).run(inputs: inputs, parameters: huge)
        }
        #expect(second?.message == "input x holds NaN at (0, 1), 1 of 6 numbers are not finite")
    }
}
