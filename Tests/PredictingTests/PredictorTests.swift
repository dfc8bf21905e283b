// Answers: probabilities that sum to one, the same alone and in a batch, and a picture that fails alone.

import Foundation
import FoveaOneDNNBackend
import FoveaPictures
import FoveaPredicting
import FoveaTensorCore
import FoveaTestSupport
import Synchronization
import Testing

@Suite struct PredictorTests {
    let classes = ["a", "b", "c", "d", "e", "f", "g"]
    let predictor: Predictor
    let folder: TemporaryFolder

    init() throws {
        predictor = Predictor(try randomModel(classes: classes), library: try OneDNNLibrary(threads: 1))
        folder = try TemporaryFolder()
    }

    private func file(_ number: Int) throws -> String {
        try folder.write("\(number).png", SyntheticPictures.file(label: number % 3, number: number, side: 40))
    }

    @Test func `probabilities of all classes sum to one, the best first`() async throws {
        let answer = try await predictor.predict(.file(try file(1)), top: 100)
        #expect(answer.count == 7)
        #expect(abs(answer.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
        #expect(answer.map(\.probability) == answer.map(\.probability).sorted(by: >))
        #expect(answer.allSatisfy { $0.class == classes[$0.index] })
        #expect(Set(answer.map(\.index)) == Set(0..<7))
        #expect(try await predictor.predict(.file(try file(1)), top: 2) == Array(answer.prefix(2)))
    }

    @Test func `a file, its bytes and its pixels give one answer`() async throws {
        let path = try file(4)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let fromFile = try await predictor.predict(.file(path))
        #expect(try await predictor.predict(.encoded(bytes, name: "x")) == fromFile)
        let picture = try PictureDecoder.decode(bytes)
        #expect(try await predictor.predict(.picture(picture, name: "x")) == fromFile)
    }

    @Test(arguments: [1, 3, 16, 100])
    func `many pictures are answered in order, as each alone is`(batchSize: Int) async throws {
        let inputs = try (0..<19).map { PictureInput.file(try file($0)) }
        let answers = Mutex<[(Int, [Prediction])]>([])
        try await predictor.predict(inputs, batchSize: batchSize, loaderThreads: 2) { index, result in
            answers.withLock { $0.append((index, (try? result.get()) ?? [])) }
            return true
        }
        let collected = answers.withLock { $0 }
        #expect(collected.map(\.0) == Array(0..<19))
        for (index, answer) in collected {
            let alone = try await predictor.predict(inputs[index])
            #expect(answer.map(\.index) == alone.map(\.index))
            for (one, other) in zip(answer, alone) { #expect(abs(one.probability - other.probability) < 1e-5) }
        }
    }

    @Test func `a picture that fails does so alone, with its own reason`() async throws {
        let inputs: [PictureInput] = [
            .file(try file(0)), .file(try folder.write("empty.jpg", [])), .file(folder.path + "/none.jpg"),
            .missing(name: "*.gif", reason: "there is no such file"), .file(try file(1)),
            .encoded(Array("text".utf8), name: "-"),
        ]
        let answers = Mutex<[Result<[Prediction], Failure>]>([])
        try await predictor.predict(inputs, batchSize: 4) { _, result in
            answers.withLock { $0.append(result) }
            return true
        }
        let reasons = answers.withLock { $0 }.map { result -> String? in
            if case .failure(let failure) = result { failure.message } else { nil }
        }
        #expect(reasons[0] == nil && reasons[4] == nil)
        #expect(reasons[1] == "the file is empty")
        #expect(reasons[2]?.hasSuffix("none.jpg: the file cannot be opened: No such file or directory") == true)
        #expect(reasons[3] == "there is no such file")
        #expect(reasons[5]?.hasPrefix("not a picture") == true)
        await #expect(throws: Failure.self) { try await predictor.predict(inputs[1]) }
    }

    @Test func `the receiver can end the work`() async throws {
        let inputs = try (0..<20).map { PictureInput.file(try file($0)) }
        let count = Mutex(0)
        try await predictor.predict(inputs, batchSize: 4) { _, _ in
            count.withLock { count in
                count += 1
                return count < 6
            }
        }
        #expect(count.withLock { $0 } == 6)
    }

    @Test func `many tasks may ask at once`() async throws {
        let path = try file(2)
        let expected = try await predictor.predict(.file(path))
        try await withThrowingTaskGroup(of: [Prediction].self) { group in
            for _ in 0..<20 { group.addTask { try await predictor.predict(.file(path)) } }
            for try await answer in group { #expect(answer == expected) }
        }
    }
}
