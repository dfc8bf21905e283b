// The end of a training on standard output, for people and for programs.

import FoveaCollecting
import FoveaLoading
import FoveaModelFiles
import FoveaTensorCore
import FoveaTraining
import FoveaWorkflows
import Foundation

enum TrainingSummary {
    /// One or two lines.
    static func text(_ outcome: TrainingOutcome) -> String {
        let result = outcome.result
        var text = "\(outcome.path.printable): "
        if let score = outcome.card.scores.first {
            text += String(
                format: "%.2f %% of %d validation pictures (95 %% interval %.2f to %.2f %%), ",
                score.accuracy * 100, score.count, score.lower * 100, score.upper * 100)
            text +=
                result.bestEpoch == 0
                ? "the head alone" : "epoch \(result.bestEpoch) of \(result.history.count)"
        } else {
            text += "not measured"
        }
        text += ", \(duration(result.seconds))"
        if !result.failures.isEmpty {
            text += ", \(result.failures.count) pictures could not be read\(result.failures.causes)"
        }
        return text
    }

    private struct JSON: Encodable {
        struct Failed: Encodable {
            let path: String
            let reason: String
        }
        let schema = 1
        let path: String
        let epochs: Int
        let bestEpoch: Int
        let head: HeadReport?
        let seconds: Double
        let scores: [ScoreRecord]
        let failed: [Failed]
        let interrupted: Bool
    }

    /// One line of JSON, keys sorted.
    static func json(_ outcome: TrainingOutcome) throws -> String {
        try JSONText.line(
            JSON(
                path: outcome.path, epochs: outcome.result.history.count, bestEpoch: outcome.result.bestEpoch,
                head: outcome.result.head,
                seconds: outcome.result.seconds, scores: outcome.card.scores,
                failed: outcome.result.failures.map { .init(path: $0.name, reason: $0.reason) },
                interrupted: outcome.result.reason == .interrupted))
    }
}

/// JSON as every command prints it.
enum JSONText {
    /// One line, keys sorted, so that equal values are equal texts.
    static func line(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// For people to read: indented.
    static func indented(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
