// Which pictures are measured when nobody says which.

import Foundation
import FoveaCollecting
import FoveaEvaluating
import FoveaOneDNNBackend
import FoveaRunning
import FoveaTensorCore
import FoveaTestSupport
import FoveaWorkflows
import Testing

@Suite(.serialized) struct EvaluationWorkflowTests {
    private func evaluate(_ model: String, _ data: String, split: Split? = nil) throws -> EvaluationWorkflow.Outcome {
        try EvaluationWorkflow.run(
            LoadedModel(path: model), data: data, split: split, options: CollectingOptions(),
            evaluation: EvaluationOptions(), library: OneDNNLibrary(threads: 1), begun: { _, _ in })
    }

    @Test func `the test split is measured where there is one, or the split that was asked for`() throws {
        let ground = try TrainingGround()
        _ = try train(ground.request(epochs: 1))
        #expect(try evaluate(ground.model, ground.data).result.scores.count == 18)
        #expect(try evaluate(ground.model, ground.data, split: .validation).result.scores.count == 30)
        let training = try evaluate(ground.model, ground.data, split: .training)
        #expect(training.result.scores.count == 72 && training.result.seenInTraining == 72)
    }

    @Test func `without a test split validation is measured, with a warning`() throws {
        let ground = try TrainingGround(test: false)
        _ = try train(ground.request(epochs: 1))
        let outcome = try evaluate(ground.model, ground.data)
        #expect(outcome.measured == "the validation split" && outcome.result.scores.count == 30)
        #expect(outcome.notes.contains { $0.hasPrefix("There is no test split.") })
        #expect(throws: Failure.self) { try evaluate(ground.model, ground.data, split: .test) }
    }

    @Test func `of a folder without splits all is measured, unless the model was trained on it`() throws {
        let ground = try TrainingGround()
        try SyntheticPictures.write(40, classes: TrainingGround.classes, in: ground.folder, below: "flat/")
        var request = ground.request(epochs: 1)
        request.data = ground.folder.path + "/flat"
        let outcome = try train(request)
        let trained = try #require(outcome.card.data?.counts["training"])
        let own = try evaluate(ground.model, request.data)
        #expect(own.measured == "the test split")
        #expect(own.result.seenInTraining == 0)
        #expect(own.result.scores.count < 120 - trained && own.result.scores.count > 0)
        let strange = try evaluate(ground.model, ground.data + "/test")
        #expect(strange.measured == "all pictures of the folder" && strange.result.scores.count == 18)
    }
}
