// What `fovea inspect` prints: tables of classes and traits and a few findings of each kind, or all of it as JSON.

import FoveaCollecting
import FoveaTensorCore
import Foundation

/// An inspection in words and in JSON.
enum InspectionSummary {
    /// Findings of one kind that are spelled out on a terminal; JSON has all.
    private static let shown = 5

    static func lines(_ inspection: Inspection, _ data: String) -> [String] {
        let parts = inspection.parts
        let isDivided = parts.count > 1
        var table = TextTable(
            [("class", .left)] + parts.map { ($0.split.rawValue, .right) } + (isDivided ? [("all", .right)] : []))
        let counts = parts.map(inspection.counts(of:))
        func add(_ name: String, _ numbers: [Int]) {
            table.add([name] + numbers.map(String.init) + (isDivided ? [String(numbers.reduce(0, +))] : []))
        }
        for (label, name) in inspection.classes.enumerated() { add(name.printable, counts.map { $0[label] }) }
        add("all", counts.map { $0.reduce(0, +) })
        let heading =
            "\(data.printable): \(grouped(inspection.count)) pictures of \(inspection.classes.count) classes"
        return [heading, ""] + table.lines + [""] + traits(inspection) + [""] + unreadable(inspection)
            + copies(inspection) + near(inspection) + outliers(inspection) + labels(inspection)
    }

    private static func traits(_ inspection: Inspection) -> [String] {
        var table = TextTable([("", .left), ("", .left)])
        func listed(_ tally: [(value: String, count: Int)]) -> String {
            let rest = tally.dropFirst(4)
            return tally.prefix(4).map { "\($0.value) \($0.count)" }.joined(separator: ", ")
                + (rest.isEmpty ? "" : ", \(rest.count) others \(rest.reduce(0) { $0 + $1.count })")
        }
        table.add(["formats", listed(inspection.tally(\.formatName))])
        table.add(["colours", listed(inspection.tally(\.mode))])
        table.add(["sizes", listed(inspection.tally(\.size))])
        let turned = inspection.tally { $0.orientation.words }
        if turned.contains(where: { $0.value != "upright" }) { table.add(["orientation flags", listed(turned)]) }
        return table.lines
    }

    private static func unreadable(_ inspection: Inspection) -> [String] {
        var lines = ["not readable: \(inspection.unreadable.count)"]
        let causes = Dictionary(grouping: inspection.unreadable, by: \.cause)
            .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        for (cause, pictures) in causes {
            lines.append("  \(cause): \(pictures.count)")
            lines += listed(pictures.map { "  \(inspection.entry($0.picture).name): \($0.reason)" })
        }
        return lines
    }

    private static func copies(_ inspection: Inspection) -> [String] {
        let all = inspection.copies
        var lines = ["pictures that are there several times: \(all.count)"]
        func add(_ words: String, _ groups: [PictureCopies]) {
            guard !groups.isEmpty else { return }
            lines.append("  \(words): \(groups.count)")
            lines += listed(
                groups.map { group in
                    "  "
                        + group.pictures.prefix(4).map { named($0, inspection) }.joined(separator: " = ")
                        + (group.pictures.count > 4 ? " and \(group.pictures.count - 4) more" : "")
                })
        }
        add("with conflicting labels", all.filter(\.areConflicting))
        add("across splits", all.filter { $0.crossSplits && !$0.areConflicting })
        add("within a split", all.filter { !$0.crossSplits && !$0.areConflicting })
        return lines
    }

    private static func near(_ inspection: Inspection) -> [String] {
        let all = inspection.nearPairs
        var lines = ["near duplicates: \(all.count) pairs"]
        func add(_ words: String, _ pairs: [NearPair]) {
            guard !pairs.isEmpty else { return }
            lines.append("  \(words): \(pairs.count)")
            lines += listed(
                pairs.map { pair in
                    "  \(named(pair.kept, inspection)) ~ \(named(pair.other, inspection)): "
                        + String(format: "%.1f %%", pair.likeness * 100) + (pair.isMirrored ? ", mirrored" : "")
                })
        }
        add("with conflicting labels", all.filter(\.isConflicting))
        add("across splits", all.filter { $0.crossesSplits && !$0.isConflicting })
        add("within a split", all.filter { !$0.crossesSplits && !$0.isConflicting })
        return lines
    }

    private static func outliers(_ inspection: Inspection) -> [String] {
        var lines = ["unlike the others: \(inspection.outliers.count)"]
        for kind in Outlier.Kind.allCases {
            let found = inspection.outliers.filter { $0.kind == kind }
            guard !found.isEmpty else { continue }
            lines.append("  \(kind.rawValue): \(found.count)")
            lines += listed(found.map { "  \(inspection.entry($0.picture).name): \($0.detail)" })
        }
        return lines
    }

    private static func labels(_ inspection: Inspection) -> [String] {
        var lines: [String] = []
        if let ratio = balance(inspection), ratio >= 3 {
            let times = String(format: "%.1f", ratio)
            lines.append("class imbalance: the largest class has \(times) times the pictures of the smallest")
        }
        if !inspection.giveaways.isEmpty {
            lines.append("properties that give a class away: \(inspection.giveaways.count)")
            lines += listed(
                inspection.giveaways.map { one in
                    "  \(inspection.classes[one.label]): \(one.rule), right for "
                        + String(format: "%.1f %% (balanced)", one.balancedAccuracy * 100)
                })
        }
        return lines
    }

    /// The pictures of the largest class over those of the smallest that has any, in the first split.
    private static func balance(_ inspection: Inspection) -> Double? {
        guard let part = inspection.parts.first else { return nil }
        let counts = inspection.counts(of: part).filter { $0 > 0 }
        guard let most = counts.max(), let least = counts.min() else { return nil }
        return Double(most) / Double(least)
    }

    private static func named(_ picture: Int, _ inspection: Inspection) -> String {
        "\(inspection.entry(picture).name) (\(inspection.label(of: picture)), \(inspection.split(of: picture).rawValue))"
    }

    /// The first lines, printable, and how many more there are.
    private static func listed(_ lines: [String]) -> [String] {
        lines.prefix(shown).map { "  " + $0.printable }
            + (lines.count > shown ? ["    and \(lines.count - shown) more"] : [])
    }

    // MARK: JSON

    private struct Record: Encodable {
        struct ClassCount: Encodable {
            let name: String
            let count: Int
            let splits: [String: Int]
        }
        struct Failed: Encodable {
            let path: String
            let reason: String
            let cause: String
        }
        struct Labelled: Encodable {
            let path: String
            let `class`: String
            let split: String
        }
        struct Group: Encodable {
            let pictures: [Labelled]
            let acrossSplits: Bool
            let conflicting: Bool
            let sameFile: Bool
        }
        struct Pair: Encodable {
            let pictures: [Labelled]
            let likeness: Double
            let mirrored: Bool
            let acrossSplits: Bool
            let conflicting: Bool
        }
        struct Unlike: Encodable {
            let path: String
            let kind: String
            let detail: String
        }
        struct Giveaway: Encodable {
            let property: String
            let `class`: String
            let rule: String
            let balancedAccuracy: Double
            let accuracy: Double
            let majority: Double
        }

        let schema = 1
        let path: String
        let count: Int
        let classes: [ClassCount]
        let splits: [String: Int]
        let formats: [String: Int]
        let colours: [String: Int]
        let orientations: [String: Int]
        let sizes: [String: Int]
        let failed: [Failed]
        let duplicates: [Group]
        let nearDuplicates: [Pair]
        let outliers: [Unlike]
        let giveaways: [Giveaway]
        let imbalance: Double?
        let notes: [String]
    }

    /// The contract of docs/json.md.
    static func json(_ inspection: Inspection, _ data: String) throws -> String {
        let counts = inspection.parts.map { ($0.split.rawValue, inspection.counts(of: $0)) }
        func labelled(_ picture: Int) -> Record.Labelled {
            .init(
                path: inspection.entry(picture).name, class: inspection.label(of: picture),
                split: inspection.split(of: picture).rawValue)
        }
        func tally(_ value: (PictureTraits) -> String) -> [String: Int] {
            Dictionary(uniqueKeysWithValues: inspection.tally(value).map { ($0.value, $0.count) })
        }
        func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
        return try JSONText.line(
            Record(
                path: data, count: inspection.count,
                classes: inspection.classes.enumerated().map { label, name in
                    .init(
                        name: name, count: counts.reduce(0) { $0 + $1.1[label] },
                        splits: Dictionary(uniqueKeysWithValues: counts.map { ($0.0, $0.1[label]) }))
                },
                splits: Dictionary(uniqueKeysWithValues: counts.map { ($0.0, $0.1.reduce(0, +)) }),
                formats: tally(\.formatName), colours: tally(\.mode), orientations: tally { $0.orientation.words },
                sizes: tally(\.size),
                failed: inspection.unreadable.map {
                    .init(path: inspection.entry($0.picture).name, reason: $0.reason, cause: $0.cause)
                },
                duplicates: inspection.copies.map {
                    .init(
                        pictures: $0.pictures.map(labelled), acrossSplits: $0.crossSplits,
                        conflicting: $0.areConflicting, sameFile: $0.haveSameContent)
                },
                nearDuplicates: inspection.nearPairs.map {
                    .init(
                        pictures: [labelled($0.kept), labelled($0.other)], likeness: rounded(Double($0.likeness)),
                        mirrored: $0.isMirrored, acrossSplits: $0.crossesSplits, conflicting: $0.isConflicting)
                },
                outliers: inspection.outliers.map {
                    .init(path: inspection.entry($0.picture).name, kind: $0.kind.rawValue, detail: $0.detail)
                },
                giveaways: inspection.giveaways.map {
                    .init(
                        property: $0.property, class: inspection.classes[$0.label], rule: $0.rule,
                        balancedAccuracy: rounded($0.balancedAccuracy), accuracy: rounded($0.accuracy),
                        majority: rounded($0.majority))
                },
                imbalance: balance(inspection).map(rounded), notes: inspection.notes))
    }
}
