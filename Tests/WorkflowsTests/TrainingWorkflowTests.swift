// Training as a whole: the file that comes out, what it says of itself, and what is kept when a run ends early.

import Foundation
import FoveaCollecting
import FoveaEvaluating
import FoveaModelFiles
import FoveaOneDNNBackend
import FoveaRunning
import FoveaTensorCore
import FoveaTestSupport
import FoveaTraining
import FoveaWorkflows
import Synchronization
import Testing

@Suite(.serialized) struct TrainingWorkflowTests {
    @Test func `the model file says how it was made and scores what the best epoch scored`() throws {
        let ground = try TrainingGround()
        let outcome = try train(ground.request(epochs: 3))
        #expect(ground.written == ["model.fovea"])
        let card = try ModelFile.load(ground.model).card
        #expect(card == outcome.card)
        #expect(card.classes == TrainingGround.classes)
        #expect(card.architecture.architecture == "lenet5")
        #expect((card.architecture.channels, card.architecture.height, card.architecture.width) == (3, 28, 28))
        let training = try #require(card.training)
        #expect((training.epochs, training.threads, training.seed) == (3, 1, 0))
        let best = outcome.result.history[training.bestEpoch - 1]
        let score = try #require(card.scores.first)
        #expect(score.split == "validation" && score.count == 30)
        #expect(score.accuracy == best.validationAccuracy)
        #expect(abs(score.loss - best.validationLoss) < 1e-6)
        let data = try #require(card.data)
        #expect(data.name == "data" && data.counts == ["training": 72, "validation": 30, "test": 18])
        #expect(data.trainingPictures.sorted.count == 72)
        #expect(card.probe?.outputs.count == 2)
        #expect(card.probe?.outputs.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-5 } == true)
    }

    @Test func `a network learns these pictures, and evaluation of the file says the same`() throws {
        let ground = try TrainingGround()
        let outcome = try train(ground.request(epochs: 6))
        #expect((outcome.card.scores.first?.accuracy ?? 0) > 0.8)
        let measured = try EvaluationWorkflow.run(
            LoadedModel(path: ground.model), data: ground.data, split: .validation, options: CollectingOptions(),
            evaluation: EvaluationOptions(), library: OneDNNLibrary(threads: 1), begun: { _, _ in })
        #expect(measured.result.scores.accuracy == outcome.card.scores.first?.accuracy)
        #expect(measured.result.seenInTraining == 0)
    }

    @Test func `the same seed gives the same bits, twice and for one and two loader threads`() throws {
        let ground = try TrainingGround(test: false)
        var files: [ModelFile] = []
        for threads in [1, 2, 2] {
            var request = ground.request()
            request.loaderThreads = threads
            _ = try train(request)
            files.append(try ModelFile.load(ground.model))
        }
        for file in files.dropFirst() {
            #expect(file.tensors.map(\.name) == files[0].tensors.map(\.name))
            for (one, other) in zip(file.tensors, files[0].tensors) {
                #expect(
                    one.tensor.elements.map(\.bitPattern) == other.tensor.elements.map(\.bitPattern), "\(one.name)")
            }
            #expect(file.card.scores == files[0].card.scores)
            #expect(file.card.probe == files[0].card.probe)
            #expect(file.card.data == files[0].card.data)
        }
        var other = ground.request()
        other.overrides.seed = 1
        _ = try train(other)
        #expect(try ModelFile.load(ground.model).tensors[0].tensor != files[0].tensors[0].tensor)
    }

    @Test func `a loss that is no number keeps the best epoch before`() throws {
        let ground = try TrainingGround(test: false)
        let library = SpoiledLibrary(try OneDNNLibrary(threads: 1))
        let watcher = Watcher { if case .epoch(let report) = $0, report.epoch == 2 { library.spoil() } }
        let outcome = try TrainingWorkflow.run(
            ground.request(epochs: 5), stop: StopSignal(), observers: [watcher], makeLibrary: { _ in library },
            tell: { _ in })
        let trouble = try #require(outcome.result.trouble)
        #expect(trouble.kind == .work)
        #expect(trouble.message.hasPrefix("the loss became nan in epoch 3, step 1"))
        let card = try ModelFile.load(ground.model).card
        #expect(card.training?.epochs == 2)
        #expect(card.scores.count == 1)
    }

    @Test func `a loss that is no number in the first epoch leaves nothing behind`() throws {
        let ground = try TrainingGround(test: false)
        let library = SpoiledLibrary(try OneDNNLibrary(threads: 1))
        let watcher = Watcher { if case .ready = $0 { library.spoil() } }
        let failure = #expect(throws: Failure.self) {
            try TrainingWorkflow.run(
                ground.request(), stop: StopSignal(), observers: [watcher], makeLibrary: { _ in library },
                tell: { _ in })
        }
        #expect(failure?.message == "the loss became nan in epoch 1, step 1")
        #expect(failure?.advice?.hasPrefix("Try a smaller --lr") == true)
        #expect(ground.written == [])
    }

    @Test func `a run that is stopped keeps the best epoch so far`() throws {
        let ground = try TrainingGround(test: false)
        let stop = StopSignal()
        let watcher = Watcher { if case .epoch(let report) = $0, report.epoch == 2 { stop.set() } }
        let outcome = try train(ground.request(epochs: 50), stop: stop, observers: [watcher])
        #expect(outcome.result.reason == .interrupted)
        #expect(outcome.card.training?.epochs == 2)
        #expect(outcome.card.scores.count == 1)
        #expect(try ModelFile.load(ground.model).card == outcome.card)
    }

    @Test func `a run that is stopped before its first epoch ends keeps the weights as they are`() throws {
        let ground = try TrainingGround(test: false)
        let stop = StopSignal()
        let watcher = Watcher { if case .ready = $0 { stop.set() } }
        let outcome = try train(ground.request(), stop: stop, observers: [watcher])
        #expect(outcome.card.training?.bestEpoch == 0)
        #expect(outcome.card.scores.isEmpty)
        #expect(ground.written == ["model.fovea"])
    }

    @Test func `weights that learned nothing do not replace an older model`() throws {
        let ground = try TrainingGround(test: false)
        let card = try train(ground.request()).card
        let stop = StopSignal()
        let watcher = Watcher { if case .ready = $0 { stop.set() } }
        let failure = #expect(throws: Failure.self) { try train(ground.request(), stop: stop, observers: [watcher]) }
        #expect(failure?.kind == .interrupted)
        #expect(failure?.advice?.hasSuffix("is untouched.") == true)
        #expect(try ModelFile.load(ground.model).card == card)
    }

    @Test func `pictures that cannot be read are named and the others are learned`() throws {
        let ground = try TrainingGround(test: false)
        try ground.folder.write("data/train/ant/text.jpg", Array("no picture".utf8))
        try ground.folder.write("data/validation/bee/empty.png", [])
        let outcome = try train(ground.request())
        #expect(
            outcome.result.failures.map(\.name).map { $0.split(separator: "/").last ?? "" } == [
                "text.jpg", "empty.png",
            ])
        #expect(outcome.result.failures.last?.reason == "the file is empty")
        #expect(outcome.card.scores.first?.count == 30)
        // The unreadable bytes are not among the pictures that were learned from, the file is hashed all the same.
        #expect(outcome.card.data?.counts["training"] == 73)
    }

    @Test func `a folder for the model that is not there is noticed before training`() throws {
        let ground = try TrainingGround(test: false)
        var request = ground.request()
        request.output = ground.folder.path + "/nowhere/model.fovea"
        var notices = 0
        let failure = #expect(throws: Failure.self) { try train(request, tell: { _ in notices += 1 }) }
        #expect(failure?.kind == .work && notices == 0)
        request.output = ground.folder.path + "/out"
        #expect(throws: Failure.self) { try train(request) }
    }

    @Test func `a folder that vanishes while training costs nothing: the model is saved elsewhere`() throws {
        let ground = try TrainingGround(test: false)
        let path = ground.folder.path + "/out"
        let watcher = Watcher { if case .epoch = $0 { try? FileManager.default.removeItem(atPath: path) } }
        let failure = #expect(throws: Failure.self) { try train(ground.request(), observers: [watcher]) }
        #expect(failure?.message.contains("cannot be written: No such file or directory") == true)
        let advice = try #require(failure?.advice)
        let refuge = try #require(advice.firstMatch(of: /saved as (.*) instead/)?.output.1)
        #expect(try ModelFile.load(String(refuge)).card.classes == TrainingGround.classes)
        try FileManager.default.removeItem(atPath: String(refuge))
    }

    @Test func `flags win over the file, the file over what is chosen`() throws {
        let ground = try TrainingGround(test: false)
        var request = ground.request(epochs: 1)
        request.overrides.batchSize = nil
        request.configurationFile = try ground.folder.write(
            "train.yaml", Array("epochs: 7\nbatch-size: 12\nmomentum: 0.5\n".utf8))
        var chosen: TrainingConfiguration?
        _ = try train(request, tell: { if case .chosen(let defaults) = $0 { chosen = defaults.configuration } })
        #expect(chosen?.epochs == 1 && chosen?.batchSize == 12 && chosen?.momentum == 0.5)
        #expect(chosen?.schedule == .oneCycle)
    }

    @Test func `the precision that was trained with is the one that serves`() throws {
        for choice in [PrecisionChoice.auto, .f32] {
            let ground = try TrainingGround(test: false)
            var request = ground.request()
            request.overrides.precision = choice
            let card = try train(request).card
            let fastest = try OneDNNLibrary().fastestPrecision
            #expect(card.precision == (choice == .f32 ? Precision.f32 : fastest).rawValue)
            let loaded = try LoadedModel(path: request.output)
            #expect(loaded.precision(on: try OneDNNLibrary()).rawValue == card.precision)
        }
    }
}
