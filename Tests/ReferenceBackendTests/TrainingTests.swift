// Ten training steps of a small network in the reference interpreter, against PyTorch's, and the network's gradients
// against central differences: graph, gradients, updates and interpreter together.

import Foundation
import FoveaGraph
import FoveaOperators
import FoveaReferenceBackend
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct TrainingTests {
    /// conv, norm, relu, pool, linear and their loss, with named inputs x, targets and sample weights.
    private static func network() -> (builder: GraphBuilder, loss: Value) {
        let builder = GraphBuilder(mode: .training)
        let x = builder.input("x", [6, 3, 9, 8])
        let y = x.conv2d(.root / "conv", 8, kernel: 3, padding: 1, bias: false).batchNorm(.root / "bn").relu()
            .maxPool(3, stride: 2, padding: 1)
        let logits = y.flatten().linear(.root / "fc", 5)
        let loss = logits.softmaxCrossEntropy(
            targets: builder.input("targets", [6, 5]), sampleWeights: builder.input("weights", [6]),
            labelSmoothing: 0.1
        ).loss
        builder.output("loss", loss)
        builder.differentiate(loss, seed: builder.constant(1, []))
        return (builder, loss)
    }

    @Test func `ten steps give PyTorch's losses and weights`() throws {
        let golden = try TensorFile(TensorFile.goldenFolder.appending(path: "operators/training.golden"))
        let builder = Self.network().builder
        builder.appendSGD(momentum: 0.9, nesterov: true, weightDecay: 0.01)
        let graph = try builder.finish()
        let store = try ParameterStore(graph.parameters)
        store.initialize(seed: 1)
        try store.load(golden.tensors(under: "before"), from: "the golden")
        var losses: [Float] = []
        for step in 0..<10 {
            let inputs = [
                "x": try #require(golden.tensors["x\(step)"]),
                "targets": try #require(golden.tensors["targets\(step)"]),
                "weights": Tensor<Float>([6], repeating: 1), "rate": Tensor([], [0.1 / Float(1 + step)]),
            ]
            let result = try ReferenceInterpreter(graph, checksNumbers: true).run(
                inputs: inputs, parameters: store.tensor)
            losses.append(try #require(result.outputs["loss"]).elements[0])
            for (name, tensor) in result.updates { store.set(name, tensor) }
        }
        let expected = try #require(golden.tensors["losses"])
        #expect(Tensor([10], losses).mismatch(with: expected, tolerance: 1e-4) == nil)
        for (name, tensor) in golden.tensors(under: "after") {
            #expect(store.tensor(name).mismatch(with: tensor, tolerance: 1e-4) == nil, "\(name)")
        }
    }

    @Test func `the gradients of a whole network are its slopes`() throws {
        let (builder, loss) = Self.network()
        let graph = try builder.finish()
        let interpreter = ReferenceInterpreter(graph)
        var parameters: [String: Tensor<Double>] = [:]
        for parameter in graph.parameters {
            parameters[parameter.name] = parameter.initializer
                .draw(parameter.shape, name: parameter.name, seed: 3).map(Double.init)
        }
        let inputs = [
            "x": Tensor<Double>.random([6, 3, 9, 8], seed: 1), "targets": .random([6, 5], seed: 2, from: 0, to: 1),
            "weights": .random([6], seed: 3, from: 0.5, to: 1),
        ]
        func run() throws -> Interpretation<Double> {
            try interpreter.run(inputs: inputs) { parameters[$0] ?? Tensor([], [0]) }
        }
        let gradients = try run().gradients
        #expect(gradients.count == 5)
        for (name, gradient) in gradients {
            let largest = gradient.elements.reduce(0) { max($0, $1.magnitude) }
            for index in stride(from: 0, to: gradient.shape.count, by: max(1, gradient.shape.count / 7)) {
                func moved(_ offset: Double) throws -> Double {
                    parameters[name]?.elements[index] += offset
                    defer { parameters[name]?.elements[index] -= offset }
                    return try run()[loss.id].elements[0]
                }
                let numeric = (try moved(1e-6) - moved(-1e-6)) / 2e-6
                #expect((numeric - gradient.elements[index]).magnitude < 1e-6 * max(1, largest), "\(name), \(index)")
            }
        }
    }
}

extension TensorFile {
    /// The tensors whose names begin with `prefix/`, without it.
    fileprivate func tensors(under prefix: String) -> [(name: String, tensor: Tensor<Float>)] {
        tensors.filter { $0.key.hasPrefix(prefix + "/") }
            .map { (String($0.key.dropFirst(prefix.count + 1)), $0.value) }
    }
}
