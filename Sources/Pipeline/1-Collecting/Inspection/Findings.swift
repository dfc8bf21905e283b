// What an inspection found, one picture a row, as a table that a person edits: with `drop` or `relabel` in its action
// column it becomes a file of corrections. Writes nothing; makes the text.

import FoveaTensorCore

/// Something that was found about one picture.
package struct Finding: Sendable {
    /// What it is.
    package enum Kind: Sendable, Equatable {
        case unreadable
        case copy(Repetition)
        case near(Repetition)
        case outlier(Outlier.Kind)

        /// The same in a table.
        package var words: String {
            switch self {
            case .unreadable: "unreadable"
            case .copy(.conflicting), .near(.conflicting): "conflicting labels"
            case .copy(.acrossSplits): "copy across splits"
            case .copy(.withinSplit): "copy"
            case .near(.acrossSplits): "near duplicate across splits"
            case .near(.withinSplit): "near duplicate"
            case .outlier(let kind): kind.rawValue
            }
        }
    }

    /// The picture's number in the inspection.
    package let picture: Int
    package let kind: Kind
    /// The reason, the figures, or which other picture.
    package let detail: String
}

extension Inspection {
    /// Everything that was found about single pictures, the gravest first. Of pictures that show the same each has a row
    /// but the one that would stay; where labels conflict nobody knows which one that is.
    package var findings: [Finding] {
        var found = unreadable.map { Finding(picture: $0.picture, kind: .unreadable, detail: $0.reason) }
        for repetition in Repetition.allCases {
            for group in copies where group.repetition == repetition { found += findings(of: group) }
            for pair in nearPairs where pair.repetition == repetition { found += findings(of: pair) }
        }
        return found
            + outliers.map { Finding(picture: $0.picture, kind: .outlier($0.kind), detail: $0.detail) }
    }

    private func findings(of group: PictureCopies) -> [Finding] {
        group.pictures.dropFirst(group.areConflicting ? 0 : 1).map { picture in
            // The one that says what is wrong.
            let other = group.pictures.first {
                group.areConflicting
                    ? entry($0).label != entry(picture).label : split(of: $0) != split(of: picture)
            }
            return Finding(
                picture: picture, kind: .copy(group.repetition),
                detail: "\(group.words) as \(described(other ?? group.pictures[0]))")
        }
    }

    private func findings(of pair: NearPair) -> [Finding] {
        ([(pair.other, pair.kept)] + (pair.isConflicting ? [(pair.kept, pair.other)] : [])).map { picture, other in
            Finding(picture: picture, kind: .near(pair.repetition), detail: "\(pair.words): \(described(other))")
        }
    }

    /// A picture's name, label and split.
    package func described(_ picture: Int) -> String {
        "\(entry(picture).name) (\(label(of: picture)), \(split(of: picture).rawValue))"
    }

    /// The findings as CSV (RFC 4180), every picture kept until a person says otherwise.
    package var findingsCSV: String {
        var lines = [Corrections.columns.joined(separator: ",")]
        for finding in findings {
            let cells = [
                entry(finding.picture).name, label(of: finding.picture), split(of: finding.picture).rawValue,
                finding.kind.words, finding.detail, "keep", "",
            ]
            lines.append(cells.map(Self.quoted).joined(separator: ","))
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    private static func quoted(_ cell: String) -> String {
        let isPlain = !cell.utf8.contains { [0x22, 0x2C, 0x3B, 0x09, 0x0A, 0x0D].contains($0) }
        return isPlain && !cell.hasPrefix(" ") && !cell.hasSuffix(" ")
            ? cell : "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }
}
