// What `fovea collect` prints: a table of classes and splits, what was left out and why, or all of it as JSON.

import FoveaCollecting
import FoveaTensorCore
import FoveaWorkflows
import Foundation

/// The outcome of a collection in words and in JSON.
enum CollectSummary {
    /// Names that are spelled out on a terminal; JSON has all.
    private static let shown = 5

    /// The table and the counts.
    static func lines(_ outcome: CollectOutcome, _ output: String) -> [String] {
        let collection = outcome.collection
        let splits = collection.splitsInUse
        var table = TextTable(
            [("class", .left)] + splits.map { ($0?.rawValue ?? "pictures", .right) }
                + (splits.count > 1 ? [("all", .right)] : []))
        let counts = splits.map { outcome.counts(of: $0) }
        func add(_ name: String, _ numbers: [Int]) {
            table.add(
                [name] + numbers.map(String.init) + (splits.count > 1 ? [String(numbers.reduce(0, +))] : []))
        }
        for (label, name) in collection.classes.enumerated() { add(name.printable, counts.map { $0[label] }) }
        add("all", counts.map { $0.reduce(0, +) })
        return [heading(outcome, output), ""] + table.lines + [""] + leftOut(outcome)
    }

    private static func heading(_ outcome: CollectOutcome, _ output: String) -> String {
        let count = outcome.collection.pictures.count
        guard let result = outcome.result else {
            return
                "dry run: \(count) pictures of \(outcome.collection.classes.count) classes would go to \(output.printable)"
        }
        var parts: [String] = []
        if result.copied > 0 { parts.append("\(result.copied) written") }
        if result.linked > 0 { parts.append("\(result.linked) linked") }
        if result.resumed > 0 { parts.append("\(result.resumed) there from an interrupted run") }
        if outcome.collection.fetched > 0 { parts.append("\(outcome.collection.fetched) fetched") }
        return
            "\(output.printable): \(count - result.failed.count) pictures of \(outcome.collection.classes.count) classes ("
            + parts.joined(separator: ", ") + ")"
    }

    private static func leftOut(_ outcome: CollectOutcome) -> [String] {
        let collection = outcome.collection
        var lines = ["copies dropped: \(collection.duplicates.count)"]
        lines.append("copies under different classes, left out: \(collection.conflicts.count)")
        for conflict in collection.conflicts.prefix(shown) {
            lines.append(
                "  " + conflict.pictures.map { "\($0.name) (\($0.label))" }.joined(separator: " = ").printable)
        }
        if !collection.together.isEmpty {
            lines.append("groups of near duplicates, each kept in one split: \(collection.together.count)")
            lines += collection.together.prefix(shown).map { "  " + $0.joined(separator: " ~ ").printable }
        }
        lines.append("not readable: \(outcome.failed.count)")
        for (name, reason) in outcome.failed.prefix(shown) { lines.append("  \(name): \(reason)".printable) }
        if !collection.addresses.isEmpty { lines.append("addresses to fetch: \(collection.addresses.count)") }
        return lines
    }

    /// What a person should know beside the table.
    static func notes(_ outcome: CollectOutcome) -> [String] {
        outcome.collection.notes + (outcome.result?.notes ?? [])
    }

    // MARK: JSON

    private struct Record: Encodable {
        struct ClassCount: Encodable {
            let name: String
            let count: Int
            let splits: [String: Int]
        }
        struct Copy: Encodable {
            let path: String
            let of: String
        }
        struct Labelled: Encodable {
            let path: String
            let `class`: String
        }
        struct Failed: Encodable {
            let path: String
            let reason: String
        }

        let schema = 1
        let path: String
        let dryRun: Bool
        let count: Int
        let classes: [ClassCount]
        let splits: [String: Int]
        let written: Int
        let linked: Int
        let resumed: Int
        let bytes: Int
        let fetched: Int
        let duplicates: [Copy]
        let conflicts: [[Labelled]]
        let nearDuplicates: [[String]]
        let failed: [Failed]
        let addresses: [String]
        let notes: [String]
    }

    /// The contract of docs/json.md.
    static func json(_ outcome: CollectOutcome, _ output: String) throws -> String {
        let collection = outcome.collection
        let counts = collection.splitsInUse.compactMap { split in split.map { ($0.rawValue, outcome.counts(of: $0)) } }
        let all = collection.pictures.reduce(into: [Int](repeating: 0, count: collection.classes.count)) {
            $0[$1.label] += 1
        }
        let record = Record(
            path: output, dryRun: outcome.result == nil,
            count: collection.pictures.count - (outcome.result?.failed.count ?? 0),
            classes: collection.classes.enumerated().map { label, name in
                .init(
                    name: name, count: all[label],
                    splits: Dictionary(uniqueKeysWithValues: counts.map { ($0.0, $0.1[label]) }))
            },
            splits: Dictionary(uniqueKeysWithValues: counts.map { ($0.0, $0.1.reduce(0, +)) }),
            written: outcome.result?.copied ?? 0, linked: outcome.result?.linked ?? 0,
            resumed: outcome.result?.resumed ?? 0, bytes: outcome.result?.bytes ?? 0, fetched: collection.fetched,
            duplicates: collection.duplicates.map { .init(path: $0.name, of: $0.of) },
            conflicts: collection.conflicts.map { $0.pictures.map { .init(path: $0.name, class: $0.label) } },
            nearDuplicates: collection.together, failed: outcome.failed.map { .init(path: $0.name, reason: $0.reason) },
            addresses: collection.addresses, notes: notes(outcome))
        return try JSONText.line(record)
    }
}
