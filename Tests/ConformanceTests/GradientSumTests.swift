// Gradients that meet at the root of a residual block: the convolution adds one to the other, in each of the ways that the
// library has for it, and as often as a network has such blocks.

import FoveaCompiler
import FoveaGraph
import FoveaModeling
import FoveaOneDNNBackend
import FoveaOperators
import FoveaReferenceBackend
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct GradientSumTests {
    /// 1 x 1 as a convolution with transposed filters; 3 x 3 by our Winograd kernels; and what has to be added afterwards.
    private static let cases: [(window: Window, groups: Int, x: Shape, outputs: Int)] = [
        (Window(1), 1, [3, 17, 7, 5], 33), (Window(1), 1, [2, 64, 14, 14], 16),
        (Window(3, padding: 1), 1, [2, 64, 28, 28], 32), (Window(3, stride: 2, padding: 1), 1, [2, 16, 9, 9], 32),
        (Window(3, padding: 1), 16, [2, 16, 8, 8], 16), (Window(3, padding: 1), 1, [1, 3, 5, 5], 4),
    ]

    @Test(arguments: cases.indices, [Precision.f32, .bf16]) func `a gradient is added to another`(
        _ index: Int, _ precision: Precision
    ) throws {
        let (window, groups, x, outputs) = Self.cases[index]
        let library = try OneDNNLibrary()
        guard precision == .f32 || library.multipliesBF16 else { return }
        let weights: Shape = [outputs, x[1] / groups, window.kernel[0], window.kernel[1]]
        let y = try Convolution(window, groups: groups).outputShapes([x, weights])[0]
        let builder = GraphBuilder(mode: .training)
        let dy = builder.input("dy", y)
        let w = builder.input("w", weights)
        let residual = builder.apply(Activation(.relu), [builder.input("r", x)], scope: .root)[0]
        let dx = builder.apply(
            ConvolutionBackwardData(window, groups: groups, inputShape: x), [dy, w], scope: .root / "tested")[0]
        builder.output("dx", builder.apply(Add(), [residual, dx], scope: .root)[0])
        let graph = MixedPrecision.apply(FuseGradientSums.apply(try builder.finish()), precision)
        #expect(!graph.nodes.contains { $0.operator is Add })

        let inputs: [String: Tensor<Float>] = [
            "dy": .random(y, seed: 1), "w": .random(weights, seed: 2), "r": .random(x, seed: 3),
        ]
        let doubles = inputs.mapValues { Tensor<Double>($0.shape, $0.elements.map(Double.init)) }
        let expected = try ReferenceInterpreter(graph).run(
            inputs: doubles, parameters: ReferenceInterpreter.noParameters)
        let computed: [Float] = try library.perform {
            let plan = try Compiler.plan(graph, isTraining: true, store: ParameterStore([]), library: library)
            try plan.poison(.nan)
            for (name, tensor) in inputs { _ = plan.input(name).update(from: tensor.elements) }
            try plan.run()
            return Array(plan.output("dx"))
        }
        let reference = try #require(expected.outputs["dx"])
        let result = Tensor<Double>(reference.shape, computed.map(Double.init))
        #expect(result.mismatch(with: reference, tolerance: precision == .f32 ? 2e-5 : 0x1p-7) == nil)
    }

    @Test(arguments: [("resnet18", 8), ("resnet50", 16)]) func `only the sums of the forward pass remain`(
        _ network: String, _ blocks: Int
    ) throws {
        let model = try Model(
            ModelConfiguration(architecture: network, channels: 3, height: 64, width: 64, classCount: 2))
        let graph = try Compiler.trainingGraph(model.trainingGraph(batch: 2, loss: LossConfiguration())) { _ in }
        #expect(graph.nodes.count { $0.operator is Add } == blocks)
        #expect(graph.nodes.count { ($0.operator as? ConvolutionBackwardData)?.addsResidual == true } == blocks)
    }
}
