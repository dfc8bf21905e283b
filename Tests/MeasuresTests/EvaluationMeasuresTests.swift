// Fovea's measures against scikit-learn's and SciPy's numbers (Tests/Golden/measures.py), and what no golden can hold.

import Foundation
import FoveaMeasures
import FoveaTensorCore
import Testing

/// One evaluation of measures.json.
struct GoldenCase: Decodable, CustomTestStringConvertible {
    let name: String
    let classCount: Int
    let labels: [Int]
    let probabilities: [Float]
    let accuracy, lower, upper, loss, calibrationError: Double
    let top: [Double]
    let precision, recall, f1: [Double]
    let support: [Int]
    let macro, micro, weighted: MeanScores
    let confusion: [[Int]]

    var testDescription: String { name }

    static func all() throws -> [GoldenCase] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Golden/measures.json"))
        return try JSONDecoder().decode([GoldenCase].self, from: data)
    }

    func measured() -> EvaluationMeasures {
        var measures = EvaluationMeasures(classes: (0..<classCount).map { "class \($0)" })
        probabilities.withUnsafeBufferPointer { all in
            for (index, label) in labels.enumerated() {
                let row = UnsafeBufferPointer(rebasing: all[index * classCount..<(index + 1) * classCount])
                measures.add(probabilities: row, label: label)
            }
        }
        return measures
    }
}

@Suite struct EvaluationMeasuresTests {
    func isClose(_ one: Double, _ other: Double, _ tolerance: Double = 1e-12) -> Bool { abs(one - other) <= tolerance }

    func isClose(_ one: MeanScores, _ other: MeanScores) -> Bool {
        isClose(one.precision, other.precision) && isClose(one.recall, other.recall) && isClose(one.f1, other.f1)
    }

    @Test func `every measure agrees with scikit-learn on random and degenerate evaluations`() throws {
        let cases = try GoldenCase.all()
        #expect(cases.count == 17)
        for golden in cases {
            let measures = golden.measured()
            let scores = try measures.summary()
            let name = Comment(rawValue: golden.name)
            #expect(scores.count == golden.labels.count, name)
            #expect(isClose(scores.accuracy, golden.accuracy), name)
            #expect(isClose(scores.interval.lower, golden.lower), name)
            #expect(isClose(scores.interval.upper, golden.upper), name)
            #expect(isClose(scores.loss, golden.loss, 1e-7 * max(1, golden.loss)), name)
            #expect(isClose(scores.calibrationError, golden.calibrationError), name)
            #expect(scores.confusion == golden.confusion, name)
            #expect(scores.classes.map(\.support) == golden.support, name)
            for (index, own) in scores.classes.enumerated() {
                #expect(own.name == "class \(index)", name)
                #expect(isClose(own.precision, golden.precision[index]), name)
                #expect(isClose(own.recall, golden.recall[index]), name)
                #expect(isClose(own.f1, golden.f1[index]), name)
            }
            #expect(isClose(scores.macro, golden.macro), name)
            #expect(isClose(scores.micro, golden.micro), name)
            #expect(isClose(scores.weighted, golden.weighted), name)
            for (k, expected) in zip([2, 3, 5], golden.top) {
                #expect(isClose(measures.topAccuracy(k), expected), name)
            }
            #expect(isClose(measures.topAccuracy(1), golden.accuracy), name)
            #expect((scores.top5 != nil) == (golden.classCount > 5), name)
        }
    }

    @Test func `equal probabilities are ranked by index, so top-1 is the accuracy`() throws {
        var measures = EvaluationMeasures(classes: (0..<6).map(String.init))
        let flat = [Float](repeating: 1 / 6, count: 6)
        for label in 0..<6 {
            #expect(flat.withUnsafeBufferPointer { measures.add(probabilities: $0, label: label) } == 0)
        }
        let scores = try measures.summary()
        #expect(isClose(scores.accuracy, 1 / 6))
        #expect((1...6).allSatisfy { isClose(measures.topAccuracy($0), Double($0) / 6) })
        #expect(isClose(scores.loss, 1.791759, 1e-6))
    }

    @Test func `outputs that are not numbers are named, not averaged`() {
        var measures = EvaluationMeasures(classes: ["a", "b"])
        [Float.nan, 1].withUnsafeBufferPointer { _ = measures.add(probabilities: $0, label: 0) }
        [Float(0.5), 0.5].withUnsafeBufferPointer { _ = measures.add(probabilities: $0, label: 0) }
        #expect(measures.count == 1)
        #expect(throws: Failure.self) { try measures.summary() }
        do { _ = try measures.summary() } catch let failure as Failure {
            #expect(failure.message == "the network's output is not a number for 1 of 2 pictures")
            #expect(failure.kind == .work)
        } catch { Issue.record(error) }
    }

    @Test func `nothing measured is an error and not an accuracy of zero`() {
        let expected = Failure(
            .data, "no picture was measured", advice: "See what the data set holds with fovea inspect.")
        #expect(throws: expected) { try EvaluationMeasures(classes: ["a"]).summary() }
    }

    @Test func `one class alone is measured without dividing by zero`() throws {
        var measures = EvaluationMeasures(classes: ["only"])
        [Float(1)].withUnsafeBufferPointer { _ = measures.add(probabilities: $0, label: 0) }
        let scores = try measures.summary()
        #expect(scores.accuracy == 1 && scores.macro.f1 == 1 && scores.confusion == [[1]])
    }

    @Test func `scores survive JSON under the names of the contract`() throws {
        let golden = try #require(try GoldenCase.all().first)
        let scores = try golden.measured().summary()
        let data = try JSONEncoder().encode(scores)
        #expect(try JSONDecoder().decode(Scores.self, from: data) == scores)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
            Set(object.keys) == [
                "accuracy", "interval", "top5", "loss", "calibrationError", "count", "classes", "macro", "micro",
                "weighted", "confusion",
            ])
    }
}
