// Networks learn 64 pictures by heart, in f32 and in bf16: gradients, updates and norms work together over many steps.
// FOVEA_TEST_NETWORKS names others, separated by commas, or `all` of the registry; that takes many minutes.

import FoveaCompiler
import FoveaGraph
import FoveaModeling
import FoveaOneDNNBackend
import FoveaOperators
import FoveaTensorCore
import FoveaTestSupport
import Foundation
import Testing

@Suite(.serialized) struct FittingTests {
    /// One for each of what the newer networks bring, small enough to be trained in a test.
    private static let families = ["resnet20", "squeezenet1_1", "mobilenet_v3_small", "shufflenet_v2_x0_5"]

    private static let networks: [String] = {
        let chosen = ProcessInfo.processInfo.environment["FOVEA_TEST_NETWORKS"]
        if chosen == "all" { return Registry.architectures.map(\.name) }
        return chosen?.split(separator: ",").map(String.init) ?? families
    }()

    private static let hasBF16 = (try? OneDNNLibrary().multipliesBF16) == true

    @Test(arguments: networks)
    func `a network learns 64 pictures by heart`(_ name: String) throws {
        for precision in Self.hasBF16 ? [Precision.f32, .bf16] : [.f32] {
            let (steps, right) = try Self.fit(name, precision)
            #expect(right == Self.pictures, "\(name) in \(precision), after \(steps) steps")
        }
    }

    private static let (pictures, classes, mostSteps) = (64, 4, 300)

    /// Takes steps of Nesterov's momentum until all pictures are right in training, and says how many were taken and are.
    private static func fit(_ name: String, _ precision: Precision) throws -> (steps: Int, right: Int) {
        let size = name == "alexnet" ? 63 : 32
        // Without norms large steps kill; ConvNeXt's branches begin at a millionth.
        let plain = ["alexnet", "vgg", "squeezenet", "lenet5"]
        let hasNorms = name.hasSuffix("_bn") || !plain.contains { name.hasPrefix($0) }
        let rate: Float = name.hasPrefix("convnext") || name == "vgg19_bn" ? 0.02 : hasNorms ? 0.05 : 0.01
        let library = try OneDNNLibrary()
        return try library.perform {
            let model = try Model(
                ModelConfiguration(
                    architecture: name, channels: 3, height: size, width: size, classCount: classes))
            let graph = try Compiler.trainingGraph(
                model.trainingGraph(batch: pictures, loss: LossConfiguration()), precision: precision
            ) { $0.appendUpdates(.sgd(momentum: 0.9, nesterov: true), weightDecay: 0) }
            let store = try ParameterStore(graph.parameters)
            store.initialize(seed: 1)
            let plan = try Compiler.plan(graph, isTraining: true, store: store, library: library)
            _ = plan.input("x").update(from: Tensor<Float>.random([pictures, 3, size, size], seed: 3).elements)
            for index in 0..<pictures * classes {
                plan.input("targets")[index] = index % classes == index / classes % classes ? 1 : 0
            }
            plan.input("sampleWeights").update(repeating: 1)
            var best = 0
            for step in 1...mostSteps {
                plan.input("rate")[0] = rate * min(1, Float(step) / 10)
                if plan.hasInput("random") {
                    plan.input("random")[0] = 7
                    plan.input("random")[1] = Float(step)
                }
                try plan.run()
                guard plan.output("loss")[0].isFinite else { return (step, best) }
                best = max(best, right(plan.output("probabilities")))
                if best == pictures { return (step, best) }
            }
            return (mostSteps, best)
        }
    }

    private static func right(_ probabilities: UnsafeMutableBufferPointer<Float>) -> Int {
        (0..<pictures).count { picture in
            let row = probabilities[picture * classes..<(picture + 1) * classes]
            let own = picture * classes + picture % classes
            return row.indices.allSatisfy { $0 == own || row[own] > row[$0] }
        }
    }
}
