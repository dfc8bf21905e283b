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

    private static let (pictures, classes, mostSteps) = (64, 4, 500)

    /// Takes steps until all pictures are right, and says how many were taken and are: of Nesterov's momentum, or without
    /// norms of AdamW, since large steps kill there. Training judges where there are norms, whose running statistics may lag,
    /// the inference plan where units or branches are dropped: in some networks both.
    private static func fit(_ name: String, _ precision: Precision) throws -> (steps: Int, right: Int) {
        // Deep ResNets take pictures of up to 64 px without a stem that halves, which costs four times as much.
        let deep = ["resnet101", "resnet152", "wide_resnet", "resnext", "densenet"]
        let wantsMore = name == "alexnet" || name.hasPrefix("squeezenet")
        let size = wantsMore ? 63 : deep.contains { name.hasPrefix($0) } ? 65 : 32
        let plain = ["alexnet", "vgg", "squeezenet", "lenet5"]
        let hasNorms = name.hasSuffix("_bn") || !plain.contains { name.hasPrefix($0) }
        // ConvNeXt's branches begin at a millionth; the deepest want smaller steps than the others.
        let delicate =
            ["convnext", "timm_convnext", "vgg19_bn", "resnet101", "resnet152"] + (1...4).map { "efficientnet_b\($0)" }
        let isDelicate = delicate.contains { name.hasPrefix($0) || name.hasPrefix("tf_" + $0) }
        let largest: Float = !hasNorms ? 3e-4 : isDelicate ? 0.02 : 0.05
        let library = try OneDNNLibrary()
        return try library.perform {
            let model = try Model(
                ModelConfiguration(
                    architecture: name, channels: 3, height: size, width: size, classCount: classes))
            let graph = try Compiler.trainingGraph(
                model.trainingGraph(batch: pictures, loss: LossConfiguration()), precision: precision
            ) {
                $0.appendUpdates(hasNorms ? .sgd(momentum: 0.9, nesterov: true) : .adamW(), weightDecay: 0)
            }
            let store = try ParameterStore(graph.parameters)
            store.initialize(seed: 1)
            let plan = try Compiler.plan(graph, isTraining: true, store: store, library: library)
            let shown = Tensor<Float>.random([pictures, 3, size, size], seed: 3).elements
            _ = plan.input("x").update(from: shown)
            for index in 0..<pictures * classes {
                plan.input("targets")[index] = index % classes == index / classes % classes ? 1 : 0
            }
            plan.input("sampleWeights").update(repeating: 1)
            var best = 0
            for step in 1...mostSteps {
                plan.input("rate")[0] = largest * min(1, Float(step) / 10)
                if plan.hasInput("step") { plan.input("step")[0] = Float(step) }
                if plan.hasInput("random") {
                    plan.input("random")[0] = 7
                    plan.input("random")[1] = Float(step)
                }
                try plan.run()
                guard plan.output("loss")[0].isFinite else { return (step, best) }
                if hasNorms { best = max(best, right(plan.output("probabilities"))) }
                if step % 10 == 0, !hasNorms || plan.hasInput("random") {
                    let serving = try Compiler.plan(
                        Compiler.inferenceGraph(model.inferenceGraph(batch: pictures), precision: precision),
                        isTraining: false, store: store, library: library)
                    _ = serving.input("x").update(from: shown)
                    try serving.run()
                    best = max(best, right(serving.output("probabilities")))
                }
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
