// Training with frozen layers: what is trained gets the gradients that it gets in the whole network, nothing else changes,
// and what leads to no trained parameter costs a forward pass.

import FoveaCompiler
import FoveaGraph
import FoveaModeling
import FoveaOneDNNBackend
import FoveaOperators
import FoveaReferenceBackend
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite(.serialized) struct FreezingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var network: NetworkCase
        var fixesNorms = false
        /// Prefixes of names.
        var frozen: [String]
        var testDescription: String { "\(network), frozen \(frozen)\(fixesNorms ? ", norms fixed" : "")" }

        var freezing: Freezing {
            let frozen = frozen
            return Freezing(fixesNorms: fixesNorms) { name in frozen.contains { name.hasPrefix($0) } }
        }
    }

    private static let resnet = NetworkCase(name: "resnet18", channels: 3, size: 66, batch: 2)
    private static let mobilenet = NetworkCase(name: "mobilenet_v2", channels: 3, size: 40, batch: 2)
    private static let cases = [
        Case(network: resnet, fixesNorms: true, frozen: []), Case(network: mobilenet, fixesNorms: true, frozen: []),
        Case(network: resnet, frozen: ["conv1", "bn1", "layer1", "layer2"]),
        Case(network: resnet, frozen: ["conv1", "bn1", "layer"]), Case(network: mobilenet, frozen: ["features"]),
        Case(network: mobilenet, frozen: ["features.0", "features.3.", "features.17"]),
        Case(network: resnet, frozen: ["layer1.0.bn1", "layer2.0.downsample", "fc"]),
        Case(
            network: NetworkCase(name: "smallcnn", channels: 1, size: 28, batch: 24), fixesNorms: true, frozen: ["fc"]),
    ]
    private static let library = Result { try OneDNNLibrary() }

    /// The unfused reference: the same network with these norms as in inference, differentiated as a whole.
    private func reference(_ example: Case, _ store: ParameterStore) throws -> Interpretation<Double> {
        var forward = try example.network.model().trainingGraph(
            batch: example.network.batch, loss: LossConfiguration(labelSmoothing: 0.1))
        let names = Dictionary(uniqueKeysWithValues: forward.parameters.map { ($0.value, $0.name) })
        for position in forward.nodes.indices {
            let node = forward.nodes[position]
            guard let norm = node.operator as? BatchNormTraining else { continue }
            let isFrozen = node.inputs[1...2].allSatisfy { example.freezing.isFrozen(names[$0] ?? "") }
            guard example.fixesNorms || isFrozen else { continue }
            forward.nodes[position].operator = BatchNormInference(epsilon: norm.epsilon)
            forward.nodes[position].outputs = [node.outputs[0]]
            forward.updates.removeAll { node.outputs.contains($0.value) }
        }
        let builder = GraphBuilder(continuing: forward, mode: .training)
        builder.differentiate(builder.value(try #require(forward.output("loss"))), seed: builder.constant(1, []))
        builder.appendUpdates(.sgd(momentum: 0.9, nesterov: true), weightDecay: 1e-3)
        let graph = try builder.finish()
        let given = example.network.inputs().filter { input in graph.inputs.contains { $0.name == input.key } }
        return try ReferenceInterpreter(graph).run(inputs: given.mapValues { $0.map(Double.init) }) { name in
            guard store.slot(name) == nil else { return store.tensor(name).map(Double.init) }
            // Momenta of what is frozen in the plan.
            return Tensor(graph.parameters.first { $0.name == name }?.shape ?? [], repeating: 0)
        }
    }

    @Test(arguments: cases)
    func `what is trained gets its gradients, and what is frozen none`(_ example: Case) throws {
        let library = try Self.library.get()
        let found = try library.perform {
            let graph = try Compiler.trainingGraph(
                try example.network.model().trainingGraph(
                    batch: example.network.batch, loss: LossConfiguration(labelSmoothing: 0.1)),
                freezing: example.freezing
            ) { $0.appendUpdates(.sgd(momentum: 0.9, nesterov: true), weightDecay: 1e-3) }
            let store = try ParameterStore.withRandomNorms(graph)
            let before = store.savedTensors()
            let expected = try self.reference(example, store)
            let plan = try Compiler.plan(graph, isTraining: true, store: store, library: library)
            try plan.poison(.nan)
            for (name, tensor) in example.network.inputs() where plan.hasInput(name) {
                _ = plan.input(name).update(from: tensor.elements)
            }
            try plan.run()
            var found = expected.outputs.compactMap { name, wanted in
                Tensor(wanted.shape, plan.output(name).map(Double.init)).mismatch(with: wanted, tolerance: 1e-4)
                    .map { "\(name): \($0)" }
            }
            for (name, old) in before {
                let new = store.tensor(name)
                let isTrainable = store.slot(name)?.parameter.role.isTrainable ?? false
                if isTrainable, example.freezing.isFrozen(name) {
                    if new != old { found.append("\(name) changed") }
                } else if let wanted = expected.updates[name] {
                    if new == old { found.append("\(name) did not change") }
                    found += self.distance(new, wanted, old, name, Self.tolerance(example))
                } else if new != old {
                    found.append("\(name) changed")
                }
            }
            return found
        }
        #expect(found == [])
    }

    /// Twice as many values as usual lie within rounding of a kink where some norms use running statistics.
    private static func tolerance(_ example: Case) -> Double { 3 * example.network.gradientTolerance }

    /// A sentence if a step went elsewhere, measured by the step's length.
    private func distance(
        _ new: Tensor<Float>, _ wanted: Tensor<Double>, _ old: Tensor<Float>, _ name: String, _ tolerance: Double
    ) -> [String] {
        var (off, length, size) = (0.0, 0.0, 0.0)
        for index in wanted.elements.indices {
            off += (Double(new.elements[index]) - wanted.elements[index]).magnitudeSquared
            length += (Double(old.elements[index]) - wanted.elements[index]).magnitudeSquared
            size += wanted.elements[index].magnitudeSquared
        }
        // What f32 can hold of a number ends a hundred millionth of its size away.
        let limit = tolerance * length.squareRoot() + 1e-7 * size.squareRoot()
        return off.squareRoot() > limit ? ["\(name) is off by \(off.squareRoot()), allowed is \(limit)"] : []
    }

    @Test func `a frozen backbone costs a forward pass of folded and fused kernels, and its memory`() throws {
        let library = try Self.library.get()
        let resnet = NetworkCase(name: "resnet18", channels: 3, size: 64, batch: 8)
        // Weights are small beside maps.
        let mobilenet = NetworkCase(name: "mobilenet_v2", channels: 3, size: 96, batch: 16)
        @Sendable func plan(_ network: NetworkCase, _ freezing: Freezing) throws -> (names: [String], bytes: Int) {
            let graph = try Compiler.trainingGraph(
                try network.model().trainingGraph(batch: network.batch, loss: LossConfiguration()), freezing: freezing
            ) { $0.appendUpdates(.adamW(), weightDecay: 0.01) }
            let store = try ParameterStore(graph.parameters)
            store.initialize(seed: 0)
            let plan = try Compiler.plan(graph, isTraining: true, store: store, library: library)
            return (plan.program.steps.filter { !$0.isConstant }.map(\.name), plan.arenaByteCount)
        }
        let (whole, head, wholeBytes, headBytes) = try library.perform {
            (
                try plan(resnet, .none), try plan(resnet, Freezing { !$0.hasPrefix("fc.") }),
                try plan(mobilenet, .none).bytes, try plan(mobilenet, Freezing { $0.hasPrefix("features") }).bytes
            )
        }
        #expect(whole.names.contains("convolution backward weights") && whole.names.contains("batch norm"))
        #expect(!head.names.contains { $0.hasPrefix("convolution backward") || $0.hasPrefix("batch norm") })
        #expect(!head.names.contains("fully connected backward data") && !head.names.contains("relu"))
        #expect(head.names.count { $0 == "convolution" } == 20)
        #expect(head.names.count { $0 == "fully connected backward weights" } == 1)
        #expect(headBytes * 4 < wholeBytes)
    }
}

extension Double {
    fileprivate var magnitudeSquared: Double { self * self }
}
