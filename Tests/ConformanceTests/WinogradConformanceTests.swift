// Convolutions large enough for Winograd's algorithm, forward and all gradients, against the reference in Double: its
// transforms multiply by up to 8 and cancel, so its rounding is watched apart from that of the direct kernels.

import FoveaCompiler
import FoveaGraph
import FoveaOneDNNBackend
import FoveaOperators
import FoveaReferenceBackend
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct WinogradConformanceTests {
    /// Shapes on either side of the tile of 4 x 4: 28 divides by it, 14 and 7 do not.
    private static let shapes: [(x: Shape, outputs: Int)] = [
        ([2, 64, 28, 28], 64), ([7, 32, 14, 14], 64), ([2, 128, 28, 28], 128), ([25, 128, 7, 7], 128),
        ([2, 16, 28, 28], 48), ([97, 64, 4, 4], 32),
    ]

    @Test(arguments: shapes.indices)
    func `the library's result agrees with the reference`(_ index: Int) throws {
        let (x, outputs) = Self.shapes[index]
        let op = Convolution(Window(3, padding: 1), hasBias: true)
        let shapes: [Shape] = [x, [outputs, x[1], 3, 3], [outputs]]
        let graph = try OperatorGraph.make(op, inputs: shapes, differentiable: [0, 1, 2])
        var inputs: [String: Tensor<Float>] = [:]
        for (number, shape) in shapes.enumerated() { inputs["in\(number)"] = .random(shape, seed: number) }
        inputs["dy"] = .random([x[0], outputs, x[2], x[3]], seed: 9)

        let printed = try compare(graph, inputs, isTraining: true)
        #expect(
            printed.isEmpty || printed.split(separator: "fovea_wino").count == 4, "not three own kernels: \(printed)")
    }

    /// Inference: filters are transformed once, and bias, residual and ReLU are done by the convolution. A residual that the
    /// convolution itself reads cannot lie where the result goes, and stays a step of its own.
    @Test(arguments: [2, 3], [true, false]) func `a residual block agrees with the reference`(
        _ batch: Int, _ hasTwo: Bool
    ) throws {
        let builder = GraphBuilder(mode: .inference)
        let x = builder.input("x", [batch, 32, 14, 14])
        let w = builder.input("w", [32, 32, 3, 3])
        let b = builder.input("b", [32])
        let scope = Scope.root / "tested"
        func convolve(_ x: Value) -> Value {
            builder.apply(Convolution(Window(3, padding: 1), hasBias: true), [x, w, b], scope: scope)[0]
        }
        let first = convolve(x)
        let last = convolve(hasTwo ? convolve(first) : first)
        let sum = builder.apply(Add(), [last, first], scope: scope)[0]
        builder.output("y", builder.apply(Activation(.relu), [sum], scope: scope)[0])
        let inputs: [String: Tensor<Float>] = [
            "x": .random([batch, 32, 14, 14], seed: 1), "w": .random([32, 32, 3, 3], seed: 2),
            "b": .random([32], seed: 3),
        ]
        let printed = try compare(Compiler.inferenceGraph(builder.finish()), inputs, isTraining: false)
        guard !printed.isEmpty else { return }
        #expect(printed.contains("+ residual") == hasTwo, "\(printed)")
        #expect(printed.contains("fovea_wino"), "not our kernel: \(printed)")
    }

    /// Compares all outputs of a plan with those of the reference. Returns the plan as printed, or nothing on a processor that
    /// lacks the kernels.
    private func compare(_ graph: Graph, _ inputs: [String: Tensor<Float>], isTraining: Bool) throws -> String {
        let doubles = inputs.mapValues { Tensor<Double>($0.shape, $0.elements.map(Double.init)) }
        let expected = try ReferenceInterpreter(graph).run(
            inputs: doubles, parameters: ReferenceInterpreter.noParameters)
        let library = try OneDNNLibrary()
        let (given, names, kernels) = (inputs, graph.outputs.map(\.name), library.name)
        let (results, printed): ([(String, [Float])], String) = try library.perform {
            let plan = try Compiler.plan(graph, isTraining: isTraining, store: ParameterStore([]), library: library)
            try plan.poison(.nan)
            for (name, tensor) in given { _ = plan.input(name).update(from: tensor.elements) }
            try plan.run()
            return (names.map { ($0, Array(plan.output($0))) }, PlanPrinter(plan).lines.joined())
        }
        for (name, elements) in results {
            let reference = try #require(expected.outputs[name])
            let computed = Tensor<Double>(reference.shape, elements.map(Double.init))
            #expect(computed.mismatch(with: reference, tolerance: 2e-5) == nil, "\(name)")
        }
        return ["avx512", "avx2"].contains(where: kernels.contains) ? printed : ""
    }
}
