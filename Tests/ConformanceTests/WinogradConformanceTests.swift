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
    /// Shapes on either side of the block of 4 x 4: 28 divides by it, 14 and 7 do not.
    private static let shapes: [(x: Shape, outputs: Int)] = [
        ([2, 64, 28, 28], 64), ([7, 32, 14, 14], 64), ([2, 128, 28, 28], 128), ([24, 128, 7, 7], 128),
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

        let doubles = inputs.mapValues { Tensor<Double>($0.shape, $0.elements.map(Double.init)) }
        let expected = try ReferenceInterpreter(graph).run(
            inputs: doubles, parameters: ReferenceInterpreter.noParameters)
        let library = try OneDNNLibrary()
        let (given, names, kernels) = (inputs, graph.outputs.map(\.name), library.name)
        let (results, printed): ([(String, [Float])], String) = try library.perform {
            let plan = try Compiler.plan(graph, isTraining: true, store: ParameterStore([]), library: library)
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
        if kernels.hasPrefix("oneDNN 2"), kernels.contains("avx512") {
            #expect(printed.contains("wino"), "the rule or the library chose a direct kernel: \(printed)")
        }
    }
}
