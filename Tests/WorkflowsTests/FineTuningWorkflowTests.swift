// Fine-tuning as a whole: what changes and what does not in each of its three ways, what the file says of it, and networks
// compared.

import FoveaCollecting
import FoveaModelFiles
import FoveaOneDNNBackend
import FoveaTensorCore
import FoveaTestSupport
import FoveaTraining
import FoveaWorkflows
import Foundation
import Synchronization
import Testing

@Suite(.serialized) struct FineTuningWorkflowTests {
    /// A network that has learned three classes, and a request that starts from it for two others.
    private struct Ground {
        let base: TrainingGround
        let weights: String
        let before: ModelFile

        init(network: String = "lenet5") throws {
            base = try TrainingGround(test: false)
            var request = base.request(epochs: 3)
            request.overrides.model = network
            _ = try train(request)
            weights = base.folder.path + "/weights.fovea"
            try FileManager.default.moveItem(atPath: base.model, toPath: weights)
            before = try ModelFile.load(weights)
            try SyntheticPictures.write(
                20, classes: ["moth", "wasp"], in: base.folder, below: "other/train/", from: 300)
            try SyntheticPictures.write(
                10, classes: ["moth", "wasp"], in: base.folder, below: "other/validation/", from: 400)
        }

        func request(_ way: FineTuning, epochs: Int = 2) -> TrainingRequest {
            var request = TrainingRequest(data: base.folder.path + "/other", output: base.model)
            request.overrides.model = weights
            request.overrides.fineTuning = way
            request.overrides.epochs = epochs
            request.overrides.batchSize = 8
            request.loaderThreads = 2
            return request
        }

        /// Names of tensors whose bits are not those of the weights at the start.
        func changed(_ file: ModelFile) -> Set<String> {
            let old = Dictionary(uniqueKeysWithValues: before.tensors.map { ($0.name, $0.tensor) })
            return Set(file.tensors.filter { old[$0.name] != $0.tensor }.map(\.name))
        }
    }

    @Test func `the head alone changes nothing else, learns, and gives the same bits twice`() throws {
        let ground = try Ground()
        let outcome = try train(ground.request(.head))
        let file = try ModelFile.load(ground.base.model)
        #expect(ground.changed(file) == ["fc3.weight", "fc3.bias"])
        let report = try #require(outcome.result.head)
        #expect(outcome.result.bestEpoch == 0 && outcome.result.history.isEmpty && outcome.result.hasLearned)
        let score = try #require(file.card.scores.first)
        #expect(score.count == 20 && score.accuracy > 0.8)
        #expect(abs(score.accuracy - report.validationAccuracy) < 1e-9)
        #expect(abs(score.loss - report.validationLoss) < 1e-3)
        #expect(file.card.classes == ["moth", "wasp"])
        _ = try train(ground.request(.head))
        let again = try ModelFile.load(ground.base.model)
        #expect(zip(again.tensors, file.tensors).allSatisfy { $0.tensor == $1.tensor })
    }

    @Test func `a head that is averaged over the map is fitted too, and answers as its report says`() throws {
        let ground = try Ground(network: "squeezenet1_1")
        var request = ground.request(.head)
        request.overrides.precision = .f32
        let outcome = try train(request)
        #expect(
            ground.changed(try ModelFile.load(ground.base.model)) == ["classifier.1.weight", "classifier.1.bias"])
        let report = try #require(outcome.result.head)
        let score = try #require(outcome.card.scores.first)
        #expect(score.count == 20 && score.accuracy > 0.8, "\(score)")
        #expect(abs(score.accuracy - report.validationAccuracy) < 1e-9)
        #expect(abs(score.loss - report.validationLoss) < 1e-3)
    }

    @Test func `staged training never ends worse than its head, and changes everything on the way`() throws {
        let ground = try Ground(network: "smallcnn")
        let heads = Mutex<[HeadReport]>([])
        let watcher = Watcher { if case .head(let report) = $0 { heads.withLock { $0.append(report) } } }
        let outcome = try train(ground.request(.staged), observers: [watcher])
        let head = try #require(heads.withLock { $0 }.first)
        #expect(outcome.result.head == head && outcome.result.history.count == 2)
        #expect((outcome.card.scores.first?.accuracy ?? 0) >= head.validationAccuracy)
        if outcome.result.bestEpoch > 0 {
            #expect(ground.changed(try ModelFile.load(ground.base.model)).count == ground.before.tensors.count)
        }
    }

    @Test func `frozen parts keep their bits and their norms their statistics`() throws {
        let ground = try Ground(network: "smallcnn")
        var request = ground.request(.full)
        let first = "stages.0"
        request.overrides.freeze = [first]
        let outcome = try train(request)
        #expect(outcome.result.head == nil && outcome.result.history.count == 2)
        let changed = ground.changed(try ModelFile.load(ground.base.model))
        #expect(!changed.isEmpty && !changed.contains { $0.hasPrefix(first + ".") })
        let recipe = try #require(outcome.card.training?.recipe)
        let text = String(decoding: try JSONEncoder().encode(recipe), as: UTF8.self)
        #expect(text.contains("\"freeze\":[\"\(first)\"]") && text.contains("\"fine-tune\":\"full\""))
        #expect(text.contains("\"optimizer\":\"adamw\""))
    }

    @Test func `fine-tuning without weights to start from is refused`() throws {
        let ground = try TrainingGround(test: false)
        var request = ground.request()
        request.overrides.fineTuning = .head
        let failure = #expect(throws: Failure.self) { try train(request) }
        #expect(failure?.message == "--fine-tune head: there are no trained weights to start from")
        #expect(failure?.kind == .usage && ground.written.isEmpty)
    }

    @Test func `few pictures get a head, more a staged training, and the reason is told`() throws {
        let ground = try Ground()
        var request = ground.request(.head)
        request.overrides.fineTuning = nil
        let reasons = Mutex<[String]>([])
        let outcome = try train(request) { notice in
            if case .chosen(let defaults) = notice { reasons.withLock { $0 = defaults.reasons } }
        }
        #expect(outcome.result.head != nil && outcome.result.history.isEmpty)
        #expect(
            reasons.withLock { $0 }.contains(
                "fine-tuning head: the head alone, since there are only 40 training pictures"))
    }

    @Test func `networks are compared, the best first, and one that cannot be read is told in its row`() throws {
        let ground = try Ground()
        var training = ground.request(.head)
        training.overrides.model = nil
        var request = ComparisonRequest(models: ["missing.safetensors", ground.weights], training: training)
        request.seconds = 0.01
        let comparison = try CompareWorkflow.run(
            request, stop: StopSignal(), observers: [], makeLibrary: { _ in try OneDNNLibrary(threads: 1) },
            begun: { _ in }, tell: { _ in })
        #expect(comparison.models.map(\.model) == [ground.weights, "missing.safetensors"])
        let row = comparison.models[0]
        #expect(row.network == "lenet5" && row.count == 20 && (row.accuracy ?? 0) > 0.8)
        #expect((row.picturesPerSecond ?? 0) > 0 && (row.bytes ?? 0) > 10_000)
        #expect(comparison.models[1].error?.contains("missing.safetensors") == true)
        #expect(ground.base.written.isEmpty)
    }
}
