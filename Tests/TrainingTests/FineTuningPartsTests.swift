// The parts of fine-tuning: patterns of frozen names, rates by layer, the cut before the head, the fit of a head against
// scikit-learn's, and norms that were folded away.

import FoveaCollecting
import FoveaCompiler
import FoveaGraph
import FoveaLoading
import FoveaModeling
import FoveaOneDNNBackend
import FoveaPreprocessing
import FoveaRunning
import FoveaTensorCore
import FoveaTestSupport
import FoveaTraining
import Foundation
import Testing

@Suite(.serialized) struct FineTuningPartsTests {
    private static func model(_ name: String, size: Int, classes: Int = 4) throws -> Model {
        try Model(
            ModelConfiguration(architecture: name, channels: 3, height: size, width: size, classCount: classes))
    }

    @Test(arguments: [
        ("layer1.*", "layer1.0.conv1.weight", true), ("layer1", "layer1.0.conv1.weight", true),
        ("layer1", "layer10.0.weight", false), ("*.bias", "fc.bias", true), ("*.bias", "fc.weight", false),
        ("layer?.0", "layer3.0.bn1.bias", true), ("layer?.0", "layer3.1.bn1.bias", false), ("*", "fc.weight", true),
        ("*bn*weight", "layer1.0.bn1.weight", true), ("conv1.weight", "conv1.weight", true),
        ("conv", "conv1.weight", false), ("*1*1*", "layer1.0.bn1.bias", true),
    ])
    func `a pattern fits names and the scopes they stand in`(pattern: String, name: String, fits: Bool) {
        #expect(FrozenNames([pattern]).contains(name) == fits)
    }

    @Test func `a pattern that fits nothing is told, and so is a network without anything to train`() throws {
        let parameters = try Self.model("resnet18", size: 64).inferenceGraph(batch: 1).parameters
        let unknown = #expect(throws: Failure.self) {
            try FrozenNames(["layer1", "layr2.*"]).freezing(of: parameters, fixesNorms: false)
        }
        #expect(unknown?.message == "--freeze layr2.*: the network has no such parameter")
        #expect(
            unknown?.advice
                == "Its parts are conv1, bn1, layer1, layer2, layer3, layer4, fc; `fovea models NAME` lists its layers."
        )
        let everything = #expect(throws: Failure.self) {
            try FrozenNames(["*"]).freezing(of: parameters, fixesNorms: false)
        }
        #expect(everything?.message == "--freeze *: nothing is left to train")
        let freezing = try FrozenNames(["conv1", "bn1", "layer1"]).freezing(
            of: parameters, fixesNorms: true)
        #expect(freezing.fixesNorms && freezing.isFrozen("bn1.bias") && !freezing.isFrozen("layer2.0.bn1.bias"))
    }

    @Test func `the rate falls from the head to the first block`() throws {
        let graph = try Self.model("resnet18", size: 64).inferenceGraph(batch: 1)
        let rates = LayerRates(graph, decay: 0.5)
        #expect(
            rates.blocks == [
                "conv1", "bn1", "layer1.0", "layer1.1", "layer2.0", "layer2.1", "layer3.0", "layer3.1", "layer4.0",
                "layer4.1", "fc",
            ])
        #expect(rates.factor("fc.bias") == 1 && rates.factor("layer4.1.bn2.weight") == 0.5)
        #expect(rates.factor("layer3.1.conv1.weight") == 0.125)
        #expect(LayerRates(graph, decay: 1).factor("conv1.weight") == 1)
    }

    @Test(arguments: ["smallcnn", "resnet18", "mobilenet_v2", "vgg11_bn", "lenet5"])
    func `backbone and head together are the network`(_ name: String) throws {
        let model = try Self.model(name, size: 32)
        let library = try OneDNNLibrary()
        let names = try model.headParameters
        #expect(names == [(model.head / "weight").path, (model.head / "bias").path])
        #expect(try model.headForm == .last)
        let (apart, whole) = try library.perform {
            let graph = try model.inferenceGraph(batch: 3)
            let store = try ParameterStore(graph.parameters)
            store.initialize(seed: 5)
            let input = Tensor<Float>.random([3, 3, 32, 32], seed: 1)
            func run(_ graph: Graph, _ store: ParameterStore, _ name: String, _ input: [Float], _ output: String) throws
                -> [Float]
            {
                let plan = try Compiler.plan(
                    Compiler.inferenceGraph(graph), isTraining: false, store: store, library: library)
                _ = plan.input(name).update(from: input)
                try plan.run()
                return Array(plan.output(output))
            }
            let features = try run(try model.backboneGraph(batch: 3), store, "x", input.elements, "features")
            var head = try model.headGraph(batch: 3, loss: LossConfiguration())
            #expect(head.parameters.map(\.name) == names)
            #expect(head.shape(head.inputs[0].value).count == features.count)
            head.outputs.removeAll { $0.name == "loss" }
            let headStore = try ParameterStore(head.parameters)
            for name in names { headStore.set(name, store.tensor(name)) }
            return (
                try run(head, headStore, "features", features, "probabilities"),
                try run(graph, store, "x", input.elements, "probabilities")
            )
        }
        #expect(Tensor([3, 4], apart).mismatch(with: Tensor([3, 4], whole), tolerance: 1e-5) == nil)
    }

    @Test func `a convolution, a ReLU and a mean are cut into an averaging backbone and a layer`() throws {
        let model = try Self.model("squeezenet1_1", size: 64)
        #expect(try model.headForm == .averaged(isRectified: true))
        let library = try OneDNNLibrary()
        let (means, maps, loss, expected) = try library.perform {
            let graph = try model.inferenceGraph(batch: 2)
            let store = try ParameterStore(graph.parameters)
            store.initialize(seed: 5)
            // So high that the ReLU cuts nothing.
            store.elements("classifier.1.bias").update(repeating: 100)
            let input = Tensor<Float>.random([2, 3, 64, 64], seed: 1)
            func run(_ graph: Graph, _ output: String) throws -> [Float] {
                let plan = try Compiler.plan(
                    Compiler.inferenceGraph(graph), isTraining: false, store: store, library: library)
                _ = plan.input("x").update(from: input.elements)
                try plan.run()
                return Array(plan.output(output))
            }
            let means = try run(try model.backboneGraph(batch: 2), "features")
            let cache = FeatureCache(
                shape: [means.count / 2], features: means, labels: [0, 1], weights: [1, 1])
            let objective = try HeadObjective(
                model.headGraph(batch: 2, loss: LossConfiguration()), cache, classCount: 4, loss: LossConfiguration(),
                library: library)
            let point = ["classifier.1.weight", "classifier.1.bias"].flatMap { Array(store.elements($0)) }
            let loss = try objective.score(at: point).loss
            let whole = try run(graph, "probabilities")
            let right = -(log(Double(whole[0])) + log(Double(whole[5]))) / 2
            return (means.count, try run(try model.responseGraph(batch: 2), "responses").count, loss, right)
        }
        #expect(means == 2 * 512 && maps == 2 * 4 * 3 * 3)
        #expect(abs(loss - expected) < 1e-4)
    }

    private struct HeadGolden: Decodable {
        struct Case: Decodable {
            let decay, loss: Double
            let isWeighted: Bool
            let weight, bias: [Float]
        }
        let features, weights: [Float]
        let labels: [Int]
        let cases: [Case]
    }

    /// Seven features to four classes.
    private static func head(rows: Int) throws -> Graph {
        let builder = GraphBuilder(mode: .training)
        let (loss, probabilities) = builder.input("features", [rows, 7]).linear(.root / "fc", 4).softmaxCrossEntropy(
            targets: builder.input("targets", [rows, 4]), sampleWeights: builder.input("sampleWeights", [rows]))
        builder.output("loss", loss)
        builder.output("probabilities", probabilities)
        return try builder.finish()
    }

    @Test func `a head is fitted as scikit-learn fits it`() throws {
        let url = TensorFile.goldenFolder.appending(path: "head.json")
        let golden = try JSONDecoder().decode(HeadGolden.self, from: Data(contentsOf: url))
        let library = try OneDNNLibrary()
        for each in golden.cases {
            let cache = FeatureCache(
                shape: [7], features: golden.features, labels: golden.labels,
                weights: each.isWeighted ? golden.weights : [Float](repeating: 1, count: golden.labels.count))
            for rows in [golden.labels.count, 32] {
                let (point, loss) = try library.perform {
                    let objective = try HeadObjective(
                        Self.head(rows: rows), cache, classCount: 4, loss: LossConfiguration(), library: library)
                    var search = LBFGS()
                    (search.slopeTolerance, search.valueTolerance) = (1e-7, 0)
                    let result = try search.minimize(from: [Float](repeating: 0, count: objective.pointCount)) {
                        try objective.value(at: $0, decay: each.decay, slopes: &$1)
                    }
                    return (result.point, try objective.score(at: result.point).loss)
                }
                let expected = Tensor([4 * 7 + 4], each.weight + each.bias)
                #expect(Tensor([32], point).mismatch(with: expected, tolerance: 2e-3) == nil)
                #expect((loss - each.loss).magnitude < 1e-4)
            }
        }
    }

    @Test func `norms that were folded away are measured without changing the network`() throws {
        let model = try Self.model("mobilenet_v2", size: 64)
        let library = try OneDNNLibrary()
        let folder = try TemporaryFolder()
        try SyntheticPictures.write(10, classes: ["ant", "bee", "fly", "wasp"], in: folder, below: "train/", side: 64)
        let source = try #require(try DataSet.open(folder.path).splits[.training])
        let preprocessing = Preprocessing(
            height: 64, width: 64, channels: 3, cropFraction: 1, mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25])
        let (before, after, looked, wasNeeded, isNeeded, shares) = try library.perform {
            let graph = try model.inferenceGraph(batch: 4)
            let store = try ParameterStore(graph.parameters)
            store.initialize(seed: 5)
            for slot in store.slots where slot.parameter.role == .statistic {
                store.elements(slot.parameter.name).update(
                    repeating: slot.parameter.name.hasSuffix("var") ? 1 - 1e-5 : 0)
            }
            // What folding left of a convolution's bias.
            for slot in store.slots where slot.parameter.role == .normShift {
                let shifts = Tensor<Float>.random(slot.parameter.shape, seed: 9, from: -0.5, to: 0.5)
                store.set(slot.parameter.name, shifts)
            }
            let input = Tensor<Float>.random([4, 3, 64, 64], seed: 1)
            func answers() throws -> [Float] {
                let runner = try InferenceRunner(model, store: store, batchSize: 4, precision: .f32, library: library)
                return try input.elements.withUnsafeBufferPointer { Array(try runner.run($0, count: 4)) }
            }
            let before = try answers()
            let wasNeeded = try NormEstimation.isNeeded(model, store: store)
            let looked = try NormEstimation.run(
                model, store: store, on: source, preprocessing: preprocessing, loaderThreads: 2, seed: 0,
                library: library, goesOn: { true })
            // The same pictures again: what enters a norm now has the statistics that the norm knows.
            let copy = try ParameterStore(graph.parameters)
            for (name, tensor) in store.savedTensors() { copy.set(name, tensor) }
            _ = try NormEstimation.run(
                model, store: copy, on: source, preprocessing: preprocessing, loaderThreads: 2, seed: 0,
                library: library, goesOn: { true })
            let shares = store.savedTensors().compactMap { name, tensor in
                copy.tensor(name).mismatch(with: tensor, tolerance: 1e-3).map { "\(name): \($0)" }
            }
            return (
                before, try answers(), looked, wasNeeded, try NormEstimation.isNeeded(model, store: store), shares
            )
        }
        #expect(wasNeeded && !isNeeded && looked == source.entries.count / 16 * 16)
        #expect(Tensor([4, 4], after).mismatch(with: Tensor([4, 4], before), tolerance: 1e-4) == nil)
        #expect(shares == [])
    }
}
