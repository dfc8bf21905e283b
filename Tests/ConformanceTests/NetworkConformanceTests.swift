// Whole networks on oneDNN against the reference interpreter: one training step with fusion, blocked layouts and memory
// planning, and inference with norms folded, from a poisoned arena.

import FoveaCompiler
import FoveaGraph
import FoveaModeling
import FoveaOneDNNBackend
import FoveaReferenceBackend
import FoveaTensorCore
import FoveaTestSupport
import Testing

/// A network small enough to be interpreted.
struct NetworkCase: Sendable, CustomStringConvertible {
    let name: String
    let channels: Int
    let size: Int
    let batch: Int
    var description: String { "\(name) for \(channels) x \(size) px, batch \(batch)" }

    static let all = [
        NetworkCase(name: "lenet5", channels: 1, size: 28, batch: 3),
        NetworkCase(name: "plaincnn", channels: 3, size: 29, batch: 3),
        NetworkCase(name: "smallcnn", channels: 1, size: 28, batch: 3),
        NetworkCase(name: "smallcnn", channels: 3, size: 33, batch: 1),
        // Enough pictures for Winograd's algorithm.
        NetworkCase(name: "smallcnn", channels: 1, size: 28, batch: 24),
        NetworkCase(name: "resnet18", channels: 3, size: 66, batch: 2),
        NetworkCase(name: "resnet34", channels: 1, size: 12, batch: 2),
        NetworkCase(name: "resnet50", channels: 3, size: 65, batch: 2),
        NetworkCase(name: "vgg11_bn", channels: 3, size: 32, batch: 2),
        NetworkCase(name: "mobilenet_v2", channels: 3, size: 40, batch: 2),
        NetworkCase(name: "resnet20", channels: 3, size: 30, batch: 3),
        NetworkCase(name: "squeezenet1_1", channels: 3, size: 46, batch: 2),
        NetworkCase(name: "googlenet", channels: 3, size: 66, batch: 2),
        NetworkCase(name: "densenet121", channels: 3, size: 32, batch: 2),
        NetworkCase(name: "resnext50_32x4d", channels: 3, size: 32, batch: 2),
        NetworkCase(name: "mobilenet_v3_small", channels: 3, size: 48, batch: 3),
        NetworkCase(name: "shufflenet_v2_x0_5", channels: 3, size: 48, batch: 3),
        NetworkCase(name: "efficientnet_b0", channels: 3, size: 40, batch: 3),
        NetworkCase(name: "efficientnet_v2_s", channels: 3, size: 40, batch: 2),
        NetworkCase(name: "regnet_y_400mf", channels: 3, size: 40, batch: 3),
        NetworkCase(name: "convnext_tiny", channels: 3, size: 35, batch: 2),
    ]

    /// True if rounding errors have many layers to grow in.
    var isDeep: Bool { name != "lenet5" && !name.hasSuffix("cnn") }

    static let shallow = all.filter { !$0.isDeep || ["resnet18", "vgg11_bn"].contains($0.name) }

    /// In f32 some values within rounding of 0 pass a ReLU that stop at it in Double: in deep networks on few pictures each
    /// such flip moves gradients visibly. A wrong rule or layout moves them by their whole length.
    var gradientTolerance: Double {
        name == "mobilenet_v2" ? 1e-2 : !isDeep || name.hasPrefix("vgg") || name.hasPrefix("squeeze") ? 1e-3 : 5e-2
    }

    func model() throws -> Model {
        try Model(
            ModelConfiguration(architecture: name, channels: channels, height: size, width: size, classCount: 7))
    }

    func inputs() -> [String: Tensor<Float>] {
        var targets = Tensor<Float>([batch, 7], repeating: 0)
        for row in 0..<batch { targets.elements[row * 7 + (row * 3 + 1) % 7] = 1 }
        return [
            "x": Tensor.random([batch, channels, size, size], seed: 5), "targets": targets,
            "sampleWeights": Tensor([batch], repeating: 1), "rate": Tensor([], [0.05]), "random": Tensor([2], [77, 3]),
        ]
    }
}

@Suite(.serialized) struct NetworkConformanceTests {
    private static let library = Result { try OneDNNLibrary() }

    private func store(_ graph: Graph) throws -> ParameterStore { try .withRandomNorms(graph) }

    @Test(arguments: NetworkCase.all)
    func `a training step agrees with the reference, gradients and updates included`(_ network: NetworkCase) throws {
        let loss = network.isDeep ? 5e-5 : 1e-5
        try checkStep(network, .f32, loss: loss, probabilities: 1e-4, gradients: network.gradientTolerance)
    }

    /// The reference rounds what the plan stores as bf16, so that what is left are sums whose last bits fall on the other
    /// side of a rounding, and ReLUs that flip with them: more with every layer, so that nothing can be said of the
    /// gradients of 34 or more layers on two pictures.
    @Test(.enabled(if: hasBF16, "this processor does not multiply bf16"), arguments: NetworkCase.shallow)
    func `a training step in bf16 agrees with the rounding reference`(_ network: NetworkCase) throws {
        let tolerance = ["resnet18": 0.3, "vgg11_bn": 0.3][network.name] ?? 0.05
        try checkStep(network, .bf16, loss: 5e-3, probabilities: 1e-2, gradients: tolerance)
    }

    private static let hasBF16 = (try? library.get().multipliesBF16) == true

    private func checkStep(
        _ network: NetworkCase, _ precision: Precision, loss: Double, probabilities: Double, gradients: Double
    ) throws {
        let library = try Self.library.get()
        let found = try library.perform {
            let forward = try network.model().trainingGraph(
                batch: network.batch, loss: LossConfiguration(labelSmoothing: 0.1))
            let graph = try Compiler.trainingGraph(forward, precision: precision) {
                $0.appendUpdates(.sgd(momentum: 0.9, nesterov: true), weightDecay: 1e-3)
            }
            let store = try store(graph)
            let given = network.inputs().filter { input in graph.inputs.contains { $0.name == input.key } }
            let expected = try ReferenceInterpreter(graph).run(inputs: given.mapValues { $0.map(Double.init) }) {
                store.tensor($0).map(Double.init)
            }
            let plan = try Compiler.plan(graph, isTraining: true, store: store, library: library)
            try plan.poison(.nan)
            for (name, tensor) in given { _ = plan.input(name).update(from: tensor.elements) }
            try plan.run()
            var found = check(plan.output("loss"), expected.outputs["loss"], loss, "loss")
            found += check(
                plan.output("probabilities"), expected.outputs["probabilities"], probabilities, "probabilities")
            let noise = precision == .f32 ? 1e-2 : 5e-2
            for (name, gradient) in expected.gradients {
                found += distance(plan.gradient(name), gradient, gradients, name, noise: noise)
            }
            for (name, update) in expected.updates {
                found += distance(store.elements(name), update, gradients, "new \(name)", noise: noise)
            }
            return found
        }
        #expect(found.isEmpty)
    }

    @Test(arguments: NetworkCase.all)
    func `the fused inference plan agrees with the unfused reference`(_ network: NetworkCase) throws {
        try checkInference(network, .f32, tolerance: 1e-4)
    }

    @Test(.enabled(if: hasBF16, "this processor does not multiply bf16"), arguments: NetworkCase.all)
    func `the fused inference plan in bf16 stays near the unfused reference`(_ network: NetworkCase) throws {
        try checkInference(network, .bf16, tolerance: 3e-2)
    }

    private func checkInference(_ network: NetworkCase, _ precision: Precision, tolerance: Double) throws {
        let library = try Self.library.get()
        let found = try library.perform {
            var found: [String] = []
            let graph = try network.model().inferenceGraph(batch: network.batch)
            let store = try store(graph)
            let expected = try ReferenceInterpreter(graph).run(
                inputs: ["x": network.inputs()["x"]?.map(Double.init) ?? Tensor([0], [])]
            ) { store.tensor($0).map(Double.init) }
            let plan = try Compiler.plan(
                Compiler.inferenceGraph(graph, precision: precision), isTraining: false, store: store, library: library)
            try plan.poison(.nan)
            for _ in 0..<2 {
                _ = plan.input("x").update(from: network.inputs()["x"]?.elements ?? [])
                try plan.run()
                found += check(plan.output("logits"), expected.outputs["logits"], tolerance, "logits")
                found += check(
                    plan.output("probabilities"), expected.outputs["probabilities"], tolerance, "probabilities")
            }
            return found
        }
        #expect(found.isEmpty)
    }

    /// A sentence for a tensor that differs by more than `tolerance` of the largest expected element.
    private func check(
        _ computed: UnsafeMutableBufferPointer<Float>, _ expected: Tensor<Double>?, _ tolerance: Double, _ name: String
    ) -> [String] {
        guard let expected else { return ["the reference has no \(name)"] }
        let tensor = Tensor(expected.shape, computed.prefix(expected.shape.count).map(Double.init))
        return tensor.mismatch(with: expected, tolerance: tolerance).map { ["\(name): \($0)"] } ?? []
    }

    /// A sentence for a tensor whose distance from the expected one is more than `tolerance` of the expected one's length.
    private func distance(
        _ computed: UnsafeMutableBufferPointer<Float>, _ expected: Tensor<Double>, _ tolerance: Double, _ name: String,
        noise: Double
    ) -> [String] {
        let squares = zip(computed, expected.elements).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }
        let length = expected.elements.reduce(0) { $0 + $1 * $1 }
        // A bias in front of a norm has no gradient but rounding errors; below `noise` an element, distances are absolute.
        let ratio = (squares / max(length, noise * noise * Double(expected.shape.count))).squareRoot()
        return ratio <= tolerance ? [] : ["\(name): off by \(ratio) of its length"]
    }
}

extension ParameterStore {
    /// Parameters with statistics and norms that are no identities.
    static func withRandomNorms(_ graph: Graph) throws -> ParameterStore {
        let store = try ParameterStore(graph.parameters)
        store.initialize(seed: 11)
        for (index, slot) in store.slots.enumerated() {
            let (name, shape) = (slot.parameter.name, slot.parameter.shape)
            switch slot.parameter.role {
            case .normScale: store.set(name, .random(shape, seed: index, from: 0.5, to: 1.5))
            case .normShift: store.set(name, .random(shape, seed: index, from: -0.2, to: 0.2))
            case .statistic:
                store.set(
                    name,
                    .random(
                        shape, seed: index, from: name.hasSuffix("var") ? 0.5 : -0.2,
                        to: name.hasSuffix("var") ? 1.5 : 0.2))
            case .optimizerState: store.set(name, .random(shape, seed: index, from: -0.01, to: 0.01))
            case .weight, .bias: break
            }
        }
        return store
    }
}
