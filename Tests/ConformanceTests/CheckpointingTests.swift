// A training step in less memory: the same numbers, bit for bit, from a smaller arena.

import FoveaCompiler
import FoveaGraph
import FoveaModeling
import FoveaOneDNNBackend
import FoveaOperators
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct CheckpointingTests {
    private static let networks = [
        NetworkCase(name: "plaincnn", channels: 3, size: 32, batch: 4),
        NetworkCase(name: "smallcnn", channels: 1, size: 28, batch: 8),
        NetworkCase(name: "resnet18", channels: 3, size: 96, batch: 4),
        NetworkCase(name: "resnet50", channels: 3, size: 96, batch: 8),
    ]

    private struct Step {
        var loss: Float
        var parameters: [Float]
        var names: [String]
        var gradients: [[Float]]
        var arenaByteCount: Int
    }

    @Test(arguments: networks)
    func `computing segments again changes no bit`(_ network: NetworkCase) throws {
        let library = try OneDNNLibrary()
        let usual = try library.perform { try step(network, savesMemory: false, library) }
        let saving = try library.perform { try step(network, savesMemory: true, library) }
        #expect(usual.loss.isFinite)
        #expect(saving.arenaByteCount < usual.arenaByteCount)
        if network.name == "resnet50" { #expect(saving.arenaByteCount * 10 < usual.arenaByteCount * 9) }
        #expect(saving.loss == usual.loss)
        #expect(!usual.parameters.contains { !$0.isFinite })
        #expect(saving.parameters.elementsEqual(usual.parameters), "parameters differ")
        for (name, pair) in zip(usual.names, zip(saving.gradients, usual.gradients)) where pair.0 != pair.1 {
            Issue.record("the gradient of \(name) differs")
        }
    }

    /// What a step from a poisoned arena leaves behind.
    private func step(_ network: NetworkCase, savesMemory: Bool, _ library: OneDNNLibrary) throws -> Step {
        let forward = try network.model().trainingGraph(batch: network.batch, loss: LossConfiguration())
        let graph = try Compiler.trainingGraph(
            forward, precision: library.multipliesBF16 ? .bf16 : .f32, savesMemory: savesMemory
        ) {
            $0.appendUpdates(.sgd(momentum: 0.9, nesterov: true), weightDecay: 1e-3)
        }
        let store = try ParameterStore(graph.parameters)
        store.initialize(seed: 3)
        let plan = try Compiler.plan(graph, isTraining: true, store: store, library: library)
        try plan.poison(.nan)
        for (name, tensor) in network.inputs() where plan.hasInput(name) {
            _ = plan.input(name).update(from: tensor.elements)
        }
        try plan.run()
        let names = graph.parameters.filter(\.role.isTrainable).map(\.name)
        return Step(
            loss: plan.output("loss")[0], parameters: graph.parameters.flatMap { store.tensor($0.name).elements },
            names: names,
            gradients: names.map { Array(plan.gradient($0)) },
            arenaByteCount: plan.arenaByteCount)
    }
}
