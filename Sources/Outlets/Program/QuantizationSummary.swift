// The end of a quantisation on standard output, for people and for programs.

import FoveaEvaluating
import FoveaMeasures
import FoveaTensorCore
import FoveaWorkflows
import Foundation

enum QuantizationSummary {
    private struct JSON: Encodable {
        struct Measured: Encodable {
            let accuracy: Double
            let loss: Double
            let macroF1: Double
            let count: Int

            init(_ scores: Scores) {
                (accuracy, loss, macroF1, count) = (scores.accuracy, scores.loss, scores.macro.f1, scores.count)
            }
        }
        struct Moved: Encodable {
            let name: String
            let support: Int
            let recallBefore: Double
            let recallAfter: Double
        }
        let schema = 1
        let path: String
        let precision: String
        let others: String
        let ranges: String
        let pictures: Int
        let layers: Int
        let kept: [String]
        let before: Measured
        let after: Measured
        let lost: Double
        let classes: [Moved]
        let warning: String?

        enum Key: String, CodingKey {
            case schema, path, precision, others, ranges, pictures, layers, kept, before, after, lost, classes, warning
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(schema, forKey: .schema)
            try container.encode(path, forKey: .path)
            try container.encode(precision, forKey: .precision)
            try container.encode(others, forKey: .others)
            try container.encode(ranges, forKey: .ranges)
            try container.encode(pictures, forKey: .pictures)
            try container.encode(layers, forKey: .layers)
            try container.encode(kept, forKey: .kept)
            try container.encode(before, forKey: .before)
            try container.encode(after, forKey: .after)
            try container.encode(lost, forKey: .lost)
            try container.encode(classes, forKey: .classes)
            // Null where nothing is to be warned about: the key is always there.
            try container.encode(warning, forKey: .warning)
        }
    }

    /// Classes whose recall is another than before.
    private static func moved(_ outcome: QuantizationOutcome) -> [JSON.Moved] {
        zip(outcome.before.scores.classes, outcome.after.scores.classes).filter { $0.recall != $1.recall }.map {
            .init(name: $0.name, support: $0.support, recallBefore: $0.recall, recallAfter: $1.recall)
        }
    }

    static func json(_ outcome: QuantizationOutcome) throws -> String {
        let record = outcome.card.quantization
        return try JSONText.line(
            JSON(
                path: outcome.path, precision: outcome.card.precision, others: record?.others ?? "",
                ranges: record?.rule ?? "", pictures: record?.pictures ?? 0, layers: outcome.layers,
                kept: record?.kept ?? [], before: .init(outcome.before.scores), after: .init(outcome.after.scores),
                lost: outcome.lost, classes: moved(outcome), warning: outcome.warning))
    }

    static func lines(_ outcome: QuantizationOutcome) -> [String] {
        let (before, after) = (outcome.before.scores, outcome.after.scores)
        let record = outcome.card.quantization
        var lines = [
            "\(outcome.path.printable): \(outcome.layers) layers in int8, \(record?.kept.joined(separator: ", ") ?? "") in "
                + "\(record?.others ?? "")",
            "",
        ]
        var table = TextTable([("validation", .left), ("before", .right), ("after", .right), ("change", .right)])
        table.add(
            ["accuracy", percent(before.accuracy), percent(after.accuracy), points(after.accuracy - before.accuracy)])
        table.add(
            [
                "loss", String(format: "%.4f", before.loss), String(format: "%.4f", after.loss),
                String(format: "%+.4f", after.loss - before.loss),
            ])
        for entry in moved(outcome) {
            table.add(
                [
                    "recall of \(entry.name.printable) (\(entry.support))", percent(entry.recallBefore),
                    percent(entry.recallAfter), points(entry.recallAfter - entry.recallBefore),
                ])
        }
        lines += table.lines
        if moved(outcome).isEmpty { lines.append("no class moved") }
        lines += [
            "", "measured on \(after.count) pictures; layers were chosen by them, so measure on a test split as well",
        ]
        return lines
    }

    private static func percent(_ part: Double) -> String { String(format: "%.2f %%", part * 100) }
    private static func points(_ part: Double) -> String { String(format: "%+.2f", part * 100) }
}
