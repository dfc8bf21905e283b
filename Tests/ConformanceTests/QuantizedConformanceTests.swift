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
    private static let hasBF16 = (try? library.get().fastestPrecision) == .bf16

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

    @Test(arguments: NetworkCase.all)
    func `a quantised plan agrees with the reference that rounds as it does`(_ network: NetworkCase) throws {
        try check(Quantized(network), tolerance: network.isDeep ? 5e-2 : 1e-2)
    }
}
