// The library as an application sees it: trained and asked through public names alone.

import Fovea
import FoveaTestSupport
import Foundation
import Testing

@Suite struct FacadeTests {
    @Test func `train a model with progress, load it, classify`() async throws {
        let folder = try TemporaryFolder()
        let classes = ["ant", "bee", "fly"]
        try SyntheticPictures.write(24, classes: classes, in: folder, below: "data/train/")
        try SyntheticPictures.write(10, classes: classes, in: folder, below: "data/validation/", from: 100)
        var training = Training(data: folder.path + "/data", output: folder.path + "/model.fovea")
        training.model = "lenet5"
        training.size = 28
        training.epochs = 4
        training.batchSize = 8
        training.threads = 1
        var epochs: [Int] = []
        var saved: Double?
        var reasons = 0
        for try await progress in training.run() {
            switch progress {
            case .chosen(let sentences): reasons = sentences.count
            case .epoch(let epoch): epochs.append(epoch.number)
            case .saved(_, let accuracy): saved = accuracy
            case .step(let done, _): #expect(done > 0 && done <= 1)
            case .note: break
            }
        }
        #expect(epochs == [1, 2, 3, 4] && reasons > 0)

        let classifier = try Classifier(contentsOf: folder.path + "/model.fovea", threads: 1)
        #expect(classifier.classes == classes && classifier.measuredAccuracy == saved)
        let path = folder.path + "/data/train/bee/3.png"
        let answers = try await classifier.classify(path: path, top: 3)
        #expect(answers.count == 3 && abs(answers.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(try await classifier.classify(bytes, top: 3) == answers)
        var many: [String] = []
        for try await (path, result) in classifier.classify(paths: [path, folder.path + "/none.png"], top: 1) {
            switch result {
            case .success(let answers): many.append(answers[0].label)
            case .failure: many.append("failed: " + path.suffix(8))
            }
        }
        #expect(many == [answers[0].label, "failed: none.png"])
    }

    @Test func `a stream that is left early ends the run and its model is kept`() async throws {
        let folder = try TemporaryFolder()
        try SyntheticPictures.write(24, classes: ["ant", "bee"], in: folder, below: "data/train/")
        try SyntheticPictures.write(10, classes: ["ant", "bee"], in: folder, below: "data/validation/", from: 100)
        var training = Training(data: folder.path + "/data", output: folder.path + "/model.fovea")
        training.model = "lenet5"
        training.size = 28
        training.epochs = 100_000
        training.threads = 1
        for try await progress in training.run() { if case .epoch = progress { break } }
        for _ in 0..<500 where !FileManager.default.fileExists(atPath: training.output) {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try Classifier(contentsOf: training.output, threads: 1).classes == ["ant", "bee"])
    }

    @Test func `what is wrong with a file is said as a Failure`() async throws {
        let failure = #expect(throws: Failure.self) { try Classifier(contentsOf: "none.fovea") }
        #expect(failure?.kind == .model && failure?.advice != nil)
    }
}
