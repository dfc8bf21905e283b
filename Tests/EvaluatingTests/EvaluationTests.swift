// An evaluation says what prediction would say, counts what it could not read and what was seen in training.

import Foundation
import FoveaCollecting
import FoveaEvaluating
import FoveaModelFiles
import FoveaOneDNNBackend
import FoveaPictures
import FoveaPredicting
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct EvaluationTests {
    let library: OneDNNLibrary
    let labels = (0..<40).map { $0 % 3 }

    init() throws { library = try OneDNNLibrary(threads: 1) }

    @Test func `the scores are those of the predictions, picture by picture`() async throws {
        let model = try randomModel(classes: ["a", "b", "c"])
        let source = PicturesInMemory(labels: labels)
        let result = try Evaluation.run(model, on: source, classes: ["a", "b", "c"], library: library)
        let predictor = Predictor(model, library: library)
        var confusion = [[Int]](repeating: [0, 0, 0], count: 3)
        for (index, label) in labels.enumerated() {
            guard case .raw(let picture) = try source.content(at: index) else { continue }
            let best = try #require(try await predictor.predict(.picture(picture, name: "x"), top: 1).first)
            confusion[label][best.index] += 1
        }
        #expect(result.scores.confusion == confusion)
        #expect(result.scores.count == 40)
        #expect(result.failures.isEmpty)
        #expect(result.seenInTraining == nil)
    }

    @Test func `classes are matched by name, whatever their order`() throws {
        let model = try randomModel(classes: ["a", "b", "c"])
        let source = PicturesInMemory(labels: labels)
        let straight = try Evaluation.run(model, on: source, classes: ["a", "b", "c"], library: library)
        var turned = source
        // The same pictures under another class list: 0 is c, 1 is a, 2 is b.
        turned.entries = source.entries.map { Entry(name: $0.name, label: ($0.label + 1) % 3) }
        let other = try Evaluation.run(model, on: turned, classes: ["c", "a", "b"], library: library)
        #expect(other.scores.confusion == straight.scores.confusion)
        #expect(other.scores.classes.map(\.name) == ["a", "b", "c"])
    }

    @Test func `a class that the model lacks is an error that names it and the nearest`() throws {
        let model = try randomModel(classes: ["sneaker", "sandal"])
        let source = PicturesInMemory(labels: [0, 1, 1])
        let failure = #expect(throws: Failure.self) {
            try Evaluation.run(model, on: source, classes: ["sandal", "sneakers"], library: library)
        }
        #expect(failure?.kind == .data)
        #expect(failure?.message == "the data set has a class that the model does not know: sneakers (2 pictures)")
        #expect(failure?.advice == "Did you mean sneaker? Classes are matched by name.")
    }

    @Test func `a class of the data set without pictures may be unknown`() throws {
        let model = try randomModel(classes: ["a", "b"])
        let result = try Evaluation.run(
            model, on: PicturesInMemory(labels: [0, 1, 0]), classes: ["a", "b", "strange"], library: library)
        #expect(result.scores.count == 3)
    }

    @Test func `a class of the model without pictures is a note and no error`() throws {
        let model = try randomModel(classes: ["a", "b", "c"])
        let result = try Evaluation.run(
            model, on: PicturesInMemory(labels: [0, 1, 0]), classes: ["a", "b"], library: library)
        #expect(result.scores.classes.map(\.support) == [2, 1, 0])
        #expect(result.notes == ["A class of the model has no picture here: c."])
    }

    @Test func `pictures that cannot be read are named, counted and in no score`() throws {
        let model = try randomModel(classes: ["a", "b", "c"])
        var source = PicturesInMemory(labels: labels)
        source.broken = [3, 17]
        let result = try Evaluation.run(model, on: source, classes: ["a", "b", "c"], library: library)
        #expect(result.scores.count == 38)
        #expect(result.failures.map(\.name) == ["picture 3", "picture 17"])
        #expect(result.failures.map(\.reason) == ["broken on purpose", "broken on purpose"])
        source.broken = Set(labels.indices)
        let broken = source
        let failure = #expect(throws: Failure.self) {
            try Evaluation.run(model, on: broken, classes: ["a", "b", "c"], library: library)
        }
        #expect(failure?.kind == .data)
        #expect(failure?.message == "none of 40 pictures can be read; the first is picture 0: broken on purpose")
    }

    @Test func `pictures that were seen in training are counted`() throws {
        let source = PicturesInMemory(labels: labels)
        let hashes = HashingSource(source).allHashes().compactMap { $0 }
        let record = DataRecord(
            name: "known", fingerprint: "", counts: [:], trainingPictures: PictureHashes(hashes[5..<12]))
        let model = try randomModel(classes: ["a", "b", "c"], data: record)
        let result = try Evaluation.run(model, on: source, classes: ["a", "b", "c"], library: library)
        #expect(result.seenInTraining == 7)
        #expect(result.notes.first?.hasPrefix("7 of 40 pictures were in the model's training") == true)
    }

    @Test func `batch size and loader threads change nothing`() throws {
        let model = try randomModel(classes: ["a", "b", "c"])
        let source = PicturesInMemory(labels: labels)
        let results = try [(1, 1), (7, 2), (40, 3)].map { batch, threads in
            var options = EvaluationOptions()
            options.batchSize = batch
            options.loaderThreads = threads
            return try Evaluation.run(
                model, on: source, classes: ["a", "b", "c"], library: library, options: options
            ).scores
        }
        for scores in results.dropFirst() {
            #expect(scores.confusion == results[0].confusion)
            #expect(abs(scores.loss - results[0].loss) < 1e-6)
        }
    }
}
