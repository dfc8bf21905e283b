// The result of `fovea evaluate --json`: a contract, versioned and tested. Keys are sorted, so equal results are equal
// texts.

import FoveaLoading
import FoveaMeasures
import Foundation

/// The JSON form of an evaluation.
private struct EvaluationJSON: Encodable {
    struct Failed: Encodable {
        let path: String
        let reason: String
    }

    let schema = 1
    let scores: Scores
    let failed: [Failed]

    enum Key: String, CodingKey {
        case schema, accuracy, interval, top5, loss, count, failed, classes, macro, micro, weighted, confusion
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(schema, forKey: .schema)
        try container.encode(scores.accuracy, forKey: .accuracy)
        try container.encode(scores.interval, forKey: .interval)
        // Null with fewer than six classes: the key is always there.
        try container.encode(scores.top5, forKey: .top5)
        try container.encode(scores.loss, forKey: .loss)
        try container.encode(scores.count, forKey: .count)
        try container.encode(failed, forKey: .failed)
        try container.encode(scores.classes, forKey: .classes)
        try container.encode(scores.macro, forKey: .macro)
        try container.encode(scores.micro, forKey: .micro)
        try container.encode(scores.weighted, forKey: .weighted)
        try container.encode(scores.confusion, forKey: .confusion)
    }
}

extension EvaluationResult {
    /// One line of JSON.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let value = EvaluationJSON(
            scores: scores, failed: failures.map { .init(path: $0.name, reason: $0.reason) })
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
