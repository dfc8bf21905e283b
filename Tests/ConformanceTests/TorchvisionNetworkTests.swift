// A whole network against torchvision's own: ResNet-18 with the same weights and pictures, one forward and backward pass
// in training. torchvision computes in Double, in a script that the test runs. The reference interpreter in Double must
// give the same numbers; the plan on oneDNN, in f32, must come as near to them as f32 can.

import FoveaCompiler
import FoveaGraph
import FoveaModeling
import FoveaOneDNNBackend
import FoveaOperators
import FoveaReferenceBackend
import FoveaTensorCore
import FoveaTestSupport
import Foundation
import Testing

@Suite struct TorchvisionNetworkTests {
    private static let python = ProcessInfo.processInfo.environment["FOVEA_TEST_PYTHON"]

    /// Tolerances are lengths of differences in lengths of what is expected, tensor by tensor. Summed in another order,
    /// Doubles are off by 1.3e-14 at most; a momentum of 0.1 that is rounded to f32 in one place is off by 1e-8. In f32 the
    /// plan is off by 5.3e-6 at most, where PyTorch's own f32 is off by 5e-6; 2e-5 leaves room for other processors. It can
    /// be so narrow because the script draws pictures until no ReLU's input lies so near 0 that rounding decides whether
    /// it passes: one that does otherwise in f32 than in Double moves gradients by 1e-2 to 3e-2.
    @Test(.enabled(if: python != nil, "set FOVEA_TEST_PYTHON to a python with torch and torchvision"))
    func `ResNet-18 has torchvision's logits, gradients and statistics`() throws {
        let golden = try Self.golden()
        let wanted = golden.doubles
        #expect(wanted.count == 2 + 62 + 40)
        let graph = try Self.graph(try #require(golden.tensors["x"]).shape)
        let store = try ParameterStore(graph.parameters)
        try store.load(
            golden.tensors.filter { $0.key.hasPrefix("before/") }.map { (String($0.key.dropFirst(7)), $0.value) },
            from: "the golden")
        let exact = complaints(try Self.interpreted(graph, store, golden), wanted, tolerance: 1e-12)
        #expect(exact == [])
        let library = try OneDNNLibrary()
        let planned = try library.perform { try Self.planned(graph, store, golden, library) }
        let fast = complaints(planned, wanted, tolerance: 2e-5)
        #expect(fast == [])
    }

    /// What torchvision computes now.
    private static func golden() throws -> TensorFile {
        let folder = try TemporaryFolder()
        let file = URL(filePath: folder.path).appending(path: "resnet18.golden")
        let process = Process()
        process.executableURL = URL(filePath: python ?? "")
        process.arguments = [TensorFile.goldenFolder.appending(path: "resnet18.py").path, file.path]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return try withExtendedLifetime(folder) { try TensorFile(file) }
    }

    /// The graph that training compiles, its logits made readable.
    private static func graph(_ x: Shape) throws -> Graph {
        let model = try Model(
            ModelConfiguration(architecture: "resnet18", channels: x[1], height: x[2], width: x[3], classCount: 10))
        let forward = try model.trainingGraph(batch: x[0], loss: LossConfiguration())
        let loss = try #require(forward.nodes.first { $0.operator is SoftmaxCrossEntropy })
        let builder = GraphBuilder(continuing: forward, mode: .training)
        builder.output("logits", builder.value(loss.inputs[0]))
        return try Compiler.trainingGraph(try builder.finish()) { _ in }
    }

    private static func inputs(_ golden: TensorFile) throws -> [String: Tensor<Float>] {
        let (x, targets) = (try #require(golden.tensors["x"]), try #require(golden.tensors["targets"]))
        return ["x": x, "targets": targets, "sampleWeights": Tensor([x.shape[0]], repeating: 1)]
    }

    /// Everything the golden has, by the reference interpreter.
    private static func interpreted(
        _ graph: Graph, _ store: ParameterStore, _ golden: TensorFile
    ) throws -> [String: Tensor<Double>] {
        let result = try ReferenceInterpreter(graph).run(inputs: inputs(golden).mapValues { $0.map(Double.init) }) {
            store.tensor($0).map(Double.init)
        }
        var found = result.outputs.filter { $0.key != "probabilities" }
        for (name, tensor) in result.gradients { found["gradient/\(name)"] = tensor }
        for (name, tensor) in result.updates { found["after/\(name)"] = tensor }
        return found
    }

    /// Everything the golden has, by a plan in poisoned memory.
    private static func planned(
        _ graph: Graph, _ store: ParameterStore, _ golden: TensorFile, _ library: OneDNNLibrary
    ) throws -> [String: Tensor<Double>] {
        let plan = try Compiler.plan(graph, isTraining: true, store: store, library: library)
        try plan.poison(.nan)
        for (name, tensor) in try inputs(golden) { _ = plan.input(name).update(from: tensor.elements) }
        try plan.run()
        func tensor(_ id: ValueID, _ elements: UnsafeMutableBufferPointer<Float>) -> Tensor<Double> {
            let shape = graph.shape(id)
            return Tensor(shape, elements.prefix(shape.count).map(Double.init))
        }
        var found: [String: Tensor<Double>] = [:]
        for output in graph.outputs where output.name != "probabilities" {
            found[output.name] = tensor(output.value, plan.output(output.name))
        }
        let names = Dictionary(uniqueKeysWithValues: graph.parameters.map { ($0.value, $0.name) })
        for entry in graph.gradients {
            let name = try #require(names[entry.parameter])
            found["gradient/\(name)"] = tensor(entry.parameter, plan.gradient(name))
        }
        for entry in graph.updates {
            let name = try #require(names[entry.parameter])
            found["after/\(name)"] = tensor(entry.parameter, store.elements(name))
        }
        return found
    }

    /// A sentence for every tensor that is missing, or further from the expected one than `tolerance`, in lengths of the
    /// expected one.
    private func complaints(
        _ found: [String: Tensor<Double>], _ expected: [String: Tensor<Double>], tolerance: Double
    ) -> [String] {
        guard Set(found.keys) == Set(expected.keys) else {
            return ["computed \(found.keys.sorted()), expected \(expected.keys.sorted())"]
        }
        return expected.sorted { $0.key < $1.key }.compactMap { name, expected in
            guard let tensor = found[name], tensor.shape == expected.shape else { return "\(name) has another shape" }
            let squares = zip(tensor.elements, expected.elements).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            let length = expected.elements.reduce(0) { $0 + $1 * $1 }
            let ratio = (squares / length).squareRoot()
            return ratio <= tolerance ? nil : "\(name) is off by \(ratio) of its length"
        }
    }
}
