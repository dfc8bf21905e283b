// What an inspection found, one picture a row, as a table that a person edits: with `drop` or `relabel` in its action
// column it becomes a file of corrections. Writes nothing; makes the text.

import FoveaTensorCore

/// Something that was found about one picture.
package struct Finding: Sendable {
    /// What it is.
    package enum Kind: String, Sendable {
        case unreadable
        case conflict = "conflicting labels"
        case copyAcrossSplits = "copy across splits"
        case copy
        case nearAcrossSplits = "near duplicate across splits"
        case near = "near duplicate"
        case empty, dark, bright, blurred, small, large, long

        init(_ kind: Outlier.Kind) {
            switch kind {
            case .empty: self = .empty
            case .dark: self = .dark
            case .bright: self = .bright
            case .blurred: self = .blurred
            case .small: self = .small
            case .large: self = .large
            case .long: self = .long
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
    /// Everything that was found about single pictures, the gravest first.
    package var findings: [Finding] {
        var found = unreadable.map { Finding(picture: $0.picture, kind: .unreadable, detail: $0.reason) }
        for group in copies where group.areConflicting {
            for picture in group.pictures {
                let other = group.pictures.first { entry($0).label != entry(picture).label } ?? group.pictures[0]
                found.append(
                    Finding(picture: picture, kind: .conflict, detail: "the same picture as \(described(other))"))
            }
        }
        for pair in nearPairs where pair.isConflicting {
            for (picture, other) in [(pair.kept, pair.other), (pair.other, pair.kept)] {
                found.append(Finding(picture: picture, kind: .conflict, detail: detail(pair, with: other)))
            }
        }
        for crossing in [true, false] {
            for group in copies where !group.areConflicting {
                for picture in group.pictures.dropFirst() {
                    let other =
                        group.pictures.first { split(of: $0) != split(of: picture) } ?? group.pictures[0]
                    guard crossing == (split(of: other) != split(of: picture)) else { continue }
                    let what = group.haveSameContent ? "the same file as" : "the same pixels as"
                    found.append(
                        Finding(
                            picture: picture, kind: crossing ? .copyAcrossSplits : .copy,
                            detail: "\(what) \(described(crossing ? other : group.pictures[0]))"))
                }
            }
            for pair in nearPairs where !pair.isConflicting && pair.crossesSplits == crossing {
                found.append(
                    Finding(
                        picture: pair.other, kind: crossing ? .nearAcrossSplits : .near,
                        detail: detail(pair, with: pair.kept)))
            }
        }
        return found + outliers.map { Finding(picture: $0.picture, kind: Finding.Kind($0.kind), detail: $0.detail) }
    }

    private func described(_ picture: Int) -> String {
        "\(entry(picture).name) (\(label(of: picture)), \(split(of: picture).rawValue))"
    }

    private func detail(_ pair: NearPair, with other: Int) -> String {
        let likeness = (pair.likeness * 1000).rounded() / 10
        return (pair.isMirrored ? "mirrored, " : "") + "\(likeness) % like \(described(other))"
    }

    /// The findings as CSV (RFC 4180), every picture kept until a person says otherwise.
    package var findingsCSV: String {
        var lines = [Corrections.columns.joined(separator: ",")]
        for finding in findings {
            let cells = [
                entry(finding.picture).name, label(of: finding.picture), split(of: finding.picture).rawValue,
                finding.kind.rawValue, finding.detail, "keep", "",
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
