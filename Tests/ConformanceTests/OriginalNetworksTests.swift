// Every network against its original: the same weights and pictures, what PyTorch answers in double precision, and of one
// network of each family what it learns. Goldens and the formula for weights: Tests/Golden/networks.py.

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

@Suite(.serialized) struct OriginalNetworksTests {
    private static let families: [String] = {
        let folder = TensorFile.goldenFolder.appending(path: "networks").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".golden") }.map { String($0.dropLast(7)) }.sorted()
    }()

    @Test func `every network that has an original is compared with it`() throws {
        let compared = try Set(Self.families.flatMap { try OriginalFamily($0).sizes.keys })
        let own: Set = ["lenet5", "plaincnn", "smallcnn"]
        #expect(compared == Set(Registry.architectures.map(\.name)).subtracting(own))
    }

    /// f32 against Double, in parts of the largest logit; 152 layers without norms of the batch's own add up to 2e-5.
    @Test(arguments: families)
    func `networks answer as their originals do`(_ name: String) throws {
        let family = try OriginalFamily(name)
        let library = try OneDNNLibrary()
        for (network, size) in family.sizes.sorted(by: { $0.key < $1.key }) {
            let expected = try #require(family.golden.doubles["\(network)/logits"])
            let model = try family.model(network, size: size)
            let logits = try library.perform {
                let graph = try model.inferenceGraph(batch: expected.shape[0])
                let plan = try Compiler.plan(
                    Compiler.inferenceGraph(graph), isTraining: false, store: .drawn(graph), library: library)
                _ = plan.input("x").update(from: Drawn.picture(expected.shape[0], size).elements)
                try plan.run()
                return Tensor(expected.shape, plan.output("logits").prefix(expected.shape.count).map(Double.init))
            }
            let complaint = logits.mismatch(with: expected, tolerance: 5e-5)
            #expect(complaint == nil, "\(network)")
        }
    }

    /// In Double by the reference interpreter. Plans are compared with the interpreter in NetworkConformanceTests.
    @Test(arguments: families)
    func `networks learn as their originals do`(_ name: String) throws {
        let family = try OriginalFamily(name)
        var learning = 0
        for (network, size) in family.sizes.sorted(by: { $0.key < $1.key }) {
            let expected = family.results(of: network)
            guard let trained = expected["trained"] else { continue }
            learning += 1
            let found = try family.learned(network, size: size, batch: trained.shape[0])
            #expect(Set(found.keys) == Set(expected.keys), "\(network)")
            // A bias in front of a norm has no gradient but rounding errors: lengths below this are 0.
            let nothing = 1e-9
            let complaints = expected.sorted { $0.key < $1.key }.compactMap { key, wanted -> String? in
                guard let tensor = found[key] else { return nil }
                let length = key.hasPrefix("digest/") ? wanted.elements[0] : wanted.elements.map(\.magnitude).max() ?? 0
                let room = 1e-6 * max(length, nothing * 1e6)
                let off = zip(tensor.elements, wanted.elements).map { ($0 - $1).magnitude }.max() ?? 0
                return off <= room ? nil : "\(network) \(key): \(tensor.elements), not \(wanted.elements)"
            }
            #expect(complaints == [])
        }
        #expect(learning > 0)
    }
}

/// The goldens of one file of the zoo.
private struct OriginalFamily {
    let golden: TensorFile
    /// Rows and columns of the pictures, by network.
    let sizes: [String: Int]

    init(_ name: String) throws {
        golden = try TensorFile(TensorFile.goldenFolder.appending(path: "networks/\(name).golden"))
        sizes = try JSONDecoder().decode([String: Int].self, from: Data((golden.metadata["sizes"] ?? "{}").utf8))
    }

    func model(_ network: String, size: Int) throws -> Model {
        try Model(
            ModelConfiguration(architecture: network, channels: 3, height: size, width: size, classCount: 10))
    }

    /// What the golden holds of training one network.
    func results(of network: String) -> [String: Tensor<Double>] {
        var results: [String: Tensor<Double>] = [:]
        for (name, tensor) in golden.doubles where name.hasPrefix(network + "/") && !name.hasSuffix("/logits") {
            results[String(name.dropFirst(network.count + 1))] = tensor
        }
        return results
    }

    /// The same from the reference interpreter.
    func learned(_ network: String, size: Int, batch: Int) throws -> [String: Tensor<Double>] {
        let graph = try trainingGraph(network, size: size, batch: batch)
        var targets = Tensor<Double>([batch, 10], repeating: 0)
        for row in 0..<batch { targets.elements[row * 10 + row * 3 % 10] = 1 }
        let result = try ReferenceInterpreter(graph).run(inputs: [
            "x": Drawn.picture(batch, size).map(Double.init), "targets": targets,
            "sampleWeights": Tensor([batch], repeating: 1),
        ]) { name in Drawn.parameter(name, graph.parameters.first { $0.name == name }?.shape ?? []).map(Double.init) }
        var found = result.outputs.filter { $0.key == "loss" || $0.key == "trained" }
        for (name, tensor) in result.gradients { found["digest/\(name)"] = Drawn.digest(name, tensor) }
        for (name, tensor) in result.updates { found["digest/\(name)"] = Drawn.digest(name, tensor) }
        return found
    }

    /// What training compiles, with logits to read, and without what drops at random.
    private func trainingGraph(_ network: String, size: Int, batch: Int) throws -> Graph {
        var forward = try model(network, size: size).trainingGraph(batch: batch, loss: LossConfiguration())
        var same: [ValueID: ValueID] = [:]
        var nodes: [Node] = []
        for var node in forward.nodes {
            node.inputs = node.inputs.map { same[$0] ?? $0 }
            if node.inputs.count == 2, forward.inputs.first(where: { $0.name == "random" })?.value == node.inputs[1] {
                same[node.outputs[0]] = node.inputs[0]
            } else {
                nodes.append(node)
            }
        }
        forward.nodes = nodes
        forward.inputs.removeAll { $0.name == "random" }
        let loss = try #require(forward.nodes.first { $0.operator is SoftmaxCrossEntropy })
        let builder = GraphBuilder(continuing: forward, mode: .training)
        builder.output("trained", builder.value(loss.inputs[0]))
        return try Compiler.trainingGraph(try builder.finish()) { _ in }
    }
}
