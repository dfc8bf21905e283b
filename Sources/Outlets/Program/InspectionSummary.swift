// What `fovea inspect` prints: tables of classes and traits, and a few findings of each kind. The whole of it is in the
// JSON of InspectionRecord.

import FoveaCollecting
import FoveaTensorCore
import Foundation

/// An inspection in words.
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
        let causes = Dictionary(grouping: inspection.unreadable, by: \.cause)
            .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        return ["not readable: \(inspection.unreadable.count)"]
            + causes.flatMap { cause, pictures in
                counted(cause, pictures.map { "\(inspection.entry($0.picture).name): \($0.reason)" })
            }
    }

    private static func copies(_ inspection: Inspection) -> [String] {
        var lines = ["pictures that are there several times: \(inspection.copies.count)"]
        for repetition in Repetition.allCases {
            let groups = inspection.copies.filter { $0.repetition == repetition }
            lines += counted(
                repetition.words,
                groups.map { group in
                    group.pictures.prefix(4).map(inspection.described).joined(separator: " = ")
                        + (group.pictures.count > 4 ? " and \(group.pictures.count - 4) more" : "")
                })
        }
        return lines
    }

    private static func near(_ inspection: Inspection) -> [String] {
        var lines = ["near duplicates: \(inspection.nearPairs.count) pairs"]
        for repetition in Repetition.allCases {
            let pairs = inspection.nearPairs.filter { $0.repetition == repetition }
            lines += counted(
                repetition.words,
                pairs.map {
                    "\(inspection.described($0.kept)) ~ \(inspection.described($0.other)): \($0.words)"
                })
        }
        return lines
    }

    private static func outliers(_ inspection: Inspection) -> [String] {
        ["unlike the others: \(inspection.outliers.count)"]
            + Outlier.Kind.allCases.flatMap { kind in
                counted(
                    kind.rawValue,
                    inspection.outliers.filter { $0.kind == kind }.map {
                        "\(inspection.entry($0.picture).name): \($0.detail)"
                    })
            }
    }

    private static func labels(_ inspection: Inspection) -> [String] {
        var lines: [String] = []
        if inspection.imbalance >= 3 {
            let times = String(format: "%.1f", inspection.imbalance)
            lines.append("class imbalance: the largest class has \(times) times the pictures of the smallest")
        }
        if !inspection.giveaways.isEmpty {
            lines.append("properties that give a class away: \(inspection.giveaways.count)")
            lines += listed(
                inspection.giveaways.map { one in
                    "\(inspection.classes[one.label]): \(one.rule), right for "
                        + String(format: "%.1f %% (balanced)", one.balancedAccuracy * 100)
                })
        }
        return lines
    }

    /// How many findings of a kind there are, and the first of them; nothing where there are none.
    private static func counted(_ words: String, _ findings: [String]) -> [String] {
        findings.isEmpty ? [] : ["  \(words): \(findings.count)"] + listed(findings)
    }

    /// The first lines, printable, and how many more there are.
    private static func listed(_ lines: [String]) -> [String] {
        lines.prefix(shown).map { "    " + $0.printable }
            + (lines.count > shown ? ["    and \(lines.count - shown) more"] : [])
    }
}
