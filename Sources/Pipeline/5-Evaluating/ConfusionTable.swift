// What is taken for what: a matrix of counts, shaded by each row's shares, while it fits a terminal; the most confused
// pairs where there are too many classes for that.

import FoveaTensorCore
import Foundation

/// A confusion matrix for people.
struct ConfusionTable {
    let names: [String]
    /// Rows are true classes, columns predicted ones.
    let counts: [[Int]]

    /// More classes than this are shown as pairs.
    private static let largest = 30
    /// Pairs shown instead of a matrix.
    private static let pairs = 15
    /// The 256-colour codes of a share from nothing to all: white to deep blue for wrong, to green for right.
    private static let wrong = [231, 224, 217, 210, 203, 196]
    private static let right = [231, 194, 157, 120, 83, 46]

    func lines(colour: Bool, width: Int) -> [String] {
        let cell = max(counts.joined().map { String($0).count }.max() ?? 1, String(names.count).count) + 1
        let room = width - (cell + 1) * names.count - String(names.count).count - 2
        guard names.count <= Self.largest, room >= 6 else { return confusedPairs }
        return matrix(cell: cell, label: min(room, names.map(\.printable.displayWidth).max() ?? 0), colour)
    }

    private func matrix(cell: Int, label: Int, _ colour: Bool) -> [String] {
        let digits = String(names.count).count
        let heading =
            String(repeating: " ", count: digits + 2 + label)
            + names.indices.map { String($0 + 1).padded(to: cell, .right) + " " }.joined()
        var lines = ["rows: true class, columns: predicted class", heading]
        for (row, values) in counts.enumerated() {
            let total = max(1, values.reduce(0, +))
            let cells = values.enumerated().map { column, count in
                let text = (count == 0 && !colour ? "·" : String(count)).padded(to: cell, .right) + " "
                return colour ? shaded(text, Double(count) / Double(total), isRight: row == column) : text
            }
            lines.append(
                String(row + 1).padded(to: digits, .right) + " "
                    + names[row].printable.shortened(to: label).padded(to: label) + " " + cells.joined())
        }
        return lines.map { $0.hasSuffix("m") ? $0 : String($0.reversed().drop { $0 == " " }.reversed()) }
    }

    /// Text on a background that says how large a part of its row it is.
    private func shaded(_ text: String, _ share: Double, isRight: Bool) -> String {
        guard share > 0 else { return text }
        let shades = isRight ? Self.right : Self.wrong
        // The square root shows small shares, which are what one looks for.
        let index = min(shades.count - 1, Int(share.squareRoot() * Double(shades.count)))
        return "\u{1B}[48;5;\(shades[index])m\u{1B}[38;5;16m\(text)\u{1B}[0m"
    }

    private var confusedPairs: [String] {
        var found: [(label: Int, prediction: Int, count: Int)] = []
        for (label, row) in counts.enumerated() {
            for (prediction, count) in row.enumerated() where label != prediction && count > 0 {
                found.append((label, prediction, count))
            }
        }
        guard !found.isEmpty else { return ["no picture was taken for another class"] }
        found.sort { ($1.count, $0.label, $0.prediction) < ($0.count, $1.label, $1.prediction) }
        var table = TextTable([("true class", .left), ("taken for", .left), ("pictures", .right), ("share", .right)])
        for pair in found.prefix(Self.pairs) {
            let total = counts[pair.label].reduce(0, +)
            table.add([
                names[pair.label].printable.shortened(to: 40), names[pair.prediction].printable.shortened(to: 40),
                String(pair.count), String(format: "%.1f %%", Double(pair.count) * 100 / Double(max(1, total))),
            ])
        }
        let more = found.count - Self.pairs
        return ["the most confused pairs:"] + table.lines + (more > 0 ? ["and \(more) more pairs"] : [])
    }
}
