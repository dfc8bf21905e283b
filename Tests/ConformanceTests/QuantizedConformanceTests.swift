// Quantised networks on oneDNN against the reference interpreter, which rounds to eight bits where the plan does; and the
// kernels they get.

import FoveaCompiler
import FoveaGraph
import FoveaModeling
import FoveaOneDNNBackend
import FoveaOperators
import FoveaReferenceBackend
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite(.serialized) struct QuantizedConformanceTests {
    private static let library = Result { try OneDNNLibrary() }
    private static let hasBF16 = (try? library.get().multipliesBF16) == true

    /// A network with ranges taken from what the reference computes for its one batch, and weights that are written in eight bits.
    private struct Quantized {
        let network: NetworkCase
        let graph: Graph
        let store: ParameterStore
        let x: Tensor<Float>

        init(_ network: NetworkCase, keeping kept: Set<String> = [], precision: Precision = .f32) throws {
            self.network = network
            let plain = try network.model().inferenceGraph(batch: network.batch)
            let fused = Compiler.inferenceGraph(plain)
            let store = try ParameterStore.withRandomNorms(plain)
            x = network.inputs()["x"] ?? Tensor([0], [])
            let values = try ReferenceInterpreter(fused).run(inputs: ["x": x]) { store.tensor($0) }
            var quantization = NetworkQuantization(filters: [:], activations: [:])
            for (name, value) in fused.valuesToCalibrate() {
                let elements = values[value].elements
                let isSigned = (elements.min() ?? 0) < 0
                let largest = elements.reduce(0) { max($0, abs($1)) }
                quantization.activations[name] = Quantization(
                    isSigned ? .s8 : .u8, scales: [max(largest, 1e-6) / (isSigned ? 127 : 255)])
            }
            let layers = FoldedLayer.all(of: fused, store: store).filter { !kept.contains($0.name) }
            for layer in layers { quantization.filters[layer.name] = Quantization.filters(layer.weight).scales }
            graph = Compiler.inferenceGraph(plain, precision: precision, quantization: quantization)
            self.store = try ParameterStore(graph.parameters)
            for parameter in graph.parameters where store.slot(parameter.name) != nil {
                self.store.set(parameter.name, store.tensor(parameter.name))
            }
            for layer in layers {
                self.store.set(layer.name + ".weight", layer.weight)
                if let bias = layer.bias { self.store.set(layer.name + ".bias", bias) }
            }
        }
    }

    /// The kernels' sums are exact and the reference's nearly so, but where a result lies within rounding of the middle between
    /// two steps, they take different ones; such steps grow on their way through a deep network.
    private func check(_ quantized: Quantized, tolerance: Double) throws {
        let library = try Self.library.get()
        let found = try library.perform {
            var found: [String] = []
            let (graph, store, x) = (quantized.graph, quantized.store, quantized.x)
            let expected = try ReferenceInterpreter(graph).run(inputs: ["x": x.map(Double.init)]) {
                store.tensor($0).map(Double.init)
            }
            let plan = try Compiler.plan(graph, isTraining: false, store: store, library: library)
            try plan.poison(.nan)
            for _ in 0..<2 {
                _ = plan.input("x").update(from: x.elements)
                try plan.run()
                guard let logits = expected.outputs["logits"] else { return ["there are no logits"] }
                let computed = Tensor(logits.shape, plan.output("logits").prefix(logits.shape.count).map(Double.init))
                found += computed.mismatch(with: logits, tolerance: tolerance).map { ["logits: \($0)"] } ?? []
            }
            return found
        }
        #expect(found.isEmpty)
    }

    /// EfficientNetV2-S has 42 blocks for such steps to grow in, 7 % of the largest logit in the end; B0 has its operators.
    private static let networks = NetworkCase.all.filter { $0.name != "efficientnet_v2_s" }

    @Test(arguments: networks)
    func `a quantised plan agrees with the reference that rounds as it does`(_ network: NetworkCase) throws {
        try check(Quantized(network), tolerance: network.isDeep ? 5e-2 : 1e-2)
    }

    /// What is kept in bf16 differs as bf16 does, and where it falls on the other side of a rounding, a whole step follows.
    @Test(.enabled(if: hasBF16, "this processor does not multiply bf16"), arguments: NetworkCase.all)
    func `a plan of eight bits and bf16 agrees with the reference that rounds as it does`(_ network: NetworkCase) throws
    {
        let graph = Compiler.inferenceGraph(try network.model().inferenceGraph(batch: 1))
        let layers = FoldedLayer.all(of: graph, store: try .withRandomNorms(network.model().inferenceGraph(batch: 1)))
        let kept = [layers.first, layers.last].compactMap { $0?.name }
        try check(
            Quantized(network, keeping: Set(kept), precision: .bf16), tolerance: network.isDeep ? 0.1 : 3e-2)
    }

    @Test func `values between quantised layers are held in eight bits and residuals are added to in place`() throws {
        let network = NetworkCase(name: "resnet18", channels: 3, size: 66, batch: 2)
        let quantized = try Quantized(network)
        let library = try Self.library.get()
        let steps = try library.perform { [graph = quantized.graph, store = quantized.store] in
            let program = try Compiler.plan(graph, isTraining: false, store: store, library: library).program
            return program.steps.filter { !$0.isConstant }.map { step in
                (
                    name: step.name, scope: step.scope.path,
                    bytes: program.buffers[step.outputs[0]].format.dataType.byteCount,
                    isSum: !step.proposal.mustShare.isEmpty, kernel: step.proposal.implementation
                )
            }
        }
        let convolutions = steps.filter { $0.name == "convolution" }
        #expect(convolutions.count == 20)
        // The last one goes on to averages in real numbers.
        for step in convolutions.dropLast() { #expect(step.bytes == 1, "\(step.scope)") }
        #expect(convolutions.count { $0.isSum } == 8)
        // The picture, the last residual, and what feeds the classifier.
        #expect(steps.count { $0.name == "reorder" } <= 4)
        for step in steps { #expect(!step.kernel.hasPrefix("ref"), "\(step.name) \(step.scope)") }
    }
}
