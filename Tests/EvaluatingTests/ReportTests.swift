// What an evaluation looks like: the JSON contract to the letter, and the report with and without colours.

import Foundation
import FoveaEvaluating
import FoveaLoading
import FoveaMeasures
import FoveaTensorCore
import FoveaTestSupport
import Testing

/// A result of these (true, predicted) pairs.
private func result(
    _ pairs: [(Int, Int)], classes: [String], failures: [PictureFailure] = []
) throws -> EvaluationResult {
    var measures = EvaluationMeasures(classes: classes)
    for (label, prediction) in pairs {
        var probabilities = [Float](repeating: 0.25 / Float(max(1, classes.count - 1)), count: classes.count)
        probabilities[prediction] = 0.75
        probabilities.withUnsafeBufferPointer { _ = measures.add(probabilities: $0, label: label) }
    }
    return EvaluationResult(
        scores: try measures.summary(), failures: failures, seenInTraining: nil, notes: ["a note"], seconds: 2)
}

@Suite struct ReportTests {
    let pairs = [(0, 0), (0, 0), (0, 1), (1, 1)]

    @Test func `the JSON has exactly the keys of the contract, sorted, and is the same each time`() throws {
        let value = try result(
            pairs, classes: ["cat", "dog"], failures: [PictureFailure(name: "a/b.jpg", reason: "the file is empty")])
        let json = try value.json()
        #expect(json == (try value.json()))
        let expected =
            #"{"accuracy":0.75,"classes":[{"f1":0.8,"name":"cat","precision":1,"recall":0.6666666666666666,"#
            + #""support":3},{"f1":0.6666666666666666,"name":"dog","precision":0.5,"recall":1,"support":1}],"#
            + #""confusion":[[2,1],[0,1]],"count":4,"failed":[{"path":"a/b.jpg","reason":"the file is empty"}],"#
            + #""interval":{"lower":0.30064"#
        #expect(json.hasPrefix(expected), "\(json)")
        #expect(json.contains(#""schema":1,"top5":null,"weighted":{"#))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(
            object.keys.sorted() == [
                "accuracy", "classes", "confusion", "count", "failed", "interval", "loss", "macro", "micro", "schema",
                "top5", "weighted",
            ])
    }

    @Test func `top 5 is a number where there are more than five classes`() throws {
        let value = try result([(0, 0), (5, 5)], classes: ["a", "b", "c", "d", "e", "f"])
        #expect(try value.json().contains(#""top5":1,"#))
    }

    @Test func `the report without colours is plain text`() throws {
        let lines = try result(pairs, classes: ["cat", "dog\n\u{1B}[2J"]).report(colour: false)
        #expect(lines.allSatisfy { !$0.contains("\u{1B}") && !$0.hasSuffix(" ") })
        let text = lines.joined(separator: "\n")
        #expect(text.contains("accuracy  75.00 %   95 % interval 30.06 % to 95.44 %"))
        #expect(text.contains("1 cat"))
        #expect(text.contains("2 dog\\n\\u{1b}[2J"))
        #expect(text.contains("(macro mean)"))
        #expect(text.hasSuffix("note: a note"))
    }

    @Test func `the report with colours shades what is not zero`() throws {
        let lines = try result(pairs, classes: ["cat", "dog"]).report(colour: true)
        let row = try #require(lines.first { $0.hasPrefix("1 cat") && $0.contains("\u{1B}[48;5;") })
        #expect(row.contains("\u{1B}[0m"))
    }

    @Test func `many classes are shown as the most confused pairs`() throws {
        let classes = (0..<40).map { "class \($0)" }
        let lines = try result([(0, 1), (0, 1), (2, 2), (3, 4)], classes: classes).report(colour: false)
        let start = try #require(lines.firstIndex(of: "the most confused pairs:"))
        #expect(lines[start + 2] == "class 0     class 1           2  100.0 %")
        #expect(lines[start + 3] == "class 3     class 4           1  100.0 %")
    }

    @Test func `a terminal that is too narrow gets pairs as well`() throws {
        let classes = (0..<20).map { "class \($0)" }
        let lines = try result([(0, 1), (2, 2)], classes: classes).report(colour: false, width: 40)
        #expect(lines.contains("the most confused pairs:"))
    }
}
