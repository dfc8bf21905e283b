// Text for people in columns: what reports, plans and summaries are printed with. Knows how wide a name is on a terminal
// and hides what a terminal would obey; knows nothing of what the columns mean.

/// Rows of text under titles, each column as wide as its widest cell.
package struct TextTable {
    /// On which side a column's cells stand.
    package enum Alignment: Sendable {
        case left, right
    }

    private let columns: [(title: String, alignment: Alignment)]
    private var rows: [[String]] = []

    package init(_ columns: [(title: String, alignment: Alignment)]) { self.columns = columns }

    /// Adds a row; it has as many cells as there are columns.
    package mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "\(cells.count) cells for \(columns.count) columns")
        rows.append(cells)
    }

    /// The titles and the rows, without spaces at their ends.
    package var lines: [String] {
        let titles = columns.map(\.title)
        let all = titles.allSatisfy(\.isEmpty) ? rows : [titles] + rows
        let widths = columns.indices.map { column in all.map { $0[column].displayWidth }.max() ?? 0 }
        return all.map { cells in
            let padded = columns.indices.map { cells[$0].padded(to: widths[$0], columns[$0].alignment) }
            let line = padded.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}

extension String {
    /// Columns that the text takes on a terminal.
    package var displayWidth: Int {
        reduce(0) { width, character in
            guard let first = character.unicodeScalars.first else { return width }
            return width + (first.isWide ? 2 : 1)
        }
    }

    /// The text with spaces before or behind it, `width` columns wide.
    package func padded(to width: Int, _ alignment: TextTable.Alignment = .left) -> String {
        let spaces = String(repeating: " ", count: max(0, width - displayWidth))
        return alignment == .left ? self + spaces : spaces + self
    }

    /// The text, cut to `width` columns with an ellipsis where it is longer.
    package func shortened(to width: Int) -> String {
        guard displayWidth > width else { return self }
        var kept = ""
        for character in self {
            guard (kept + String(character)).displayWidth < width else { break }
            kept.append(character)
        }
        return kept + "…"
    }

    /// The text with control characters spelled out, so that a file's name cannot command a terminal or break a line.
    package var printable: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        return unicodeScalars.map { scalar in
            switch scalar {
            case "\n": "\\n"
            case "\r": "\\r"
            case "\t": "\\t"
            case _ where scalar.isControl: "\\u{\(String(scalar.value, radix: 16))}"
            default: String(scalar)
            }
        }.joined()
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }

    /// True for scalars that take two columns: emoji and the scripts of East Asia.
    fileprivate var isWide: Bool {
        guard value >= 0x1100 else { return false }
        return properties.isEmojiPresentation || (0x1100...0x115F).contains(value) || (0x2E80...0xA4CF).contains(value)
            || (0xAC00...0xD7A3).contains(value) || (0xF900...0xFAFF).contains(value)
            || (0xFE30...0xFE6F).contains(value) || (0xFF00...0xFF60).contains(value)
            || (0x1F300...0x1FAFF).contains(value) || (0x20000...0x3FFFD).contains(value)
    }
}
