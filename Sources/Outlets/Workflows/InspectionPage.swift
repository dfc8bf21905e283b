// An inspection as one HTML file that needs nothing else: counts, and the findings with thumbnails in the page itself. No
// script, no address; what names say is spelled out, never obeyed.

import FoveaCollecting
import FoveaPictures
import FoveaTensorCore
import Foundation
import Synchronization

/// The page.
struct InspectionPage {
    /// Groups and pictures of one kind that are shown; the table of findings has all.
    private static let shown = 24
    /// Pictures of one group that are shown.
    private static let shownCopies = 6
    /// The longer side of a thumbnail.
    private static let side = 112

    private let inspection: Inspection
    private let sections: [Section]
    private let thumbnails: [Int: String]

    init(_ inspection: Inspection) {
        self.inspection = inspection
        sections = Self.sections(inspection)
        let wanted = Set(sections.flatMap { $0.groups.flatMap(\.pictures) })
        thumbnails = Self.thumbnails(wanted.sorted(), inspection)
    }

    /// Pictures side by side, and what is said of them.
    private struct Group {
        let pictures: [Int]
        let words: String
    }

    private struct Section {
        let title: String
        /// How many there are; the page shows the first.
        let count: Int
        let groups: [Group]
    }

    /// The whole text.
    var text: String {
        let name = Self.escaped(inspection.name)
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>\(name): inspection</title>
            <style>\(Self.style)</style></head><body>
            <h1>\(name)</h1>
            <p>\(inspection.count) pictures of \(inspection.classes.count) classes.</p>
            \(notes)\(counts)\(tallies)\(giveaways)\(unreadable)\(sections.map(html).joined())
            </body></html>

            """
    }

    private static let style = """
        body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}\
        h2{margin-top:2rem;border-bottom:1px solid #8886}table{border-collapse:collapse}\
        td,th{padding:.1rem .8rem .1rem 0;text-align:right;font-variant-numeric:tabular-nums}\
        td:first-child,th:first-child{text-align:left}.groups{display:flex;flex-wrap:wrap;gap:1rem}\
        .tables{column-gap:3rem;align-items:flex-start}\
        .group{border:1px solid #8886;border-radius:6px;padding:.5rem}.row{display:flex;gap:.5rem;flex-wrap:wrap}\
        figure{margin:0;width:8rem;font-size:12px;overflow-wrap:anywhere}\
        img{image-rendering:pixelated;min-width:4.5rem;max-width:7rem;background:#8882}.words{font-size:13px;margin-top:.3rem}
        """

    private var notes: String {
        guard !inspection.notes.isEmpty else { return "" }
        return "<ul>" + inspection.notes.map { "<li>\(Self.escaped($0))</li>" }.joined() + "</ul>\n"
    }

    private var counts: String {
        let parts = inspection.parts
        let columns = parts.map(inspection.counts(of:))
        var rows = "<tr><th>class</th>" + parts.map { "<th>\($0.split.rawValue)</th>" }.joined() + "</tr>\n"
        for (label, name) in inspection.classes.enumerated() {
            rows += "<tr><td>\(Self.escaped(name))</td>" + columns.map { "<td>\($0[label])</td>" }.joined() + "</tr>\n"
        }
        let sums = columns.map { "<td>\($0.reduce(0, +))</td>" }.joined()
        return "<h2>Classes</h2><table>\(rows)<tr><td>all</td>\(sums)</tr></table>\n"
    }

    private var tallies: String {
        let kinds: [(String, (PictureTraits) -> String)] = [
            ("Formats", { $0.formatName }), ("Colours", { $0.mode }), ("Orientation flags", { $0.orientation.words }),
            ("Sizes", { $0.size }),
        ]
        let tables = kinds.map { title, value in
            let tally = inspection.tally(value)
            var rows = tally.prefix(8).map { "<tr><td>\(Self.escaped($0.value))</td><td>\($0.count)</td></tr>" }
                .joined()
            if tally.count > 8 {
                let rest = tally.dropFirst(8).reduce(0) { $0 + $1.count }
                rows += "<tr><td>\(tally.count - 8) others</td><td>\(rest)</td></tr>"
            }
            return "<table><tr><th>\(title)</th><th></th></tr>\(rows)</table>\n"
        }
        // Side by side, as long as there is room.
        return "<h2>Kinds</h2><div class=\"groups tables\">\(tables.joined())</div>\n"
    }

    private var giveaways: String {
        guard !inspection.giveaways.isEmpty else { return "" }
        let rows = inspection.giveaways.map { one in
            "<tr><td>\(Self.escaped(one.rule))</td><td>\(Self.escaped(inspection.classes[one.label]))</td>"
                + "<td>\(String(format: "%.1f %%", one.balancedAccuracy * 100))</td></tr>"
        }
        return "<h2>Properties that give a class away</h2><table><tr><th>property</th><th>class</th>"
            + "<th>balanced accuracy</th></tr>\(rows.joined())</table>\n"
    }

    private var unreadable: String {
        guard !inspection.unreadable.isEmpty else { return "" }
        let rows = inspection.unreadable.prefix(200).map { one in
            "<li>\(Self.escaped(inspection.entry(one.picture).name)): \(Self.escaped(one.reason))</li>"
        }
        return "<h2>Not readable: \(inspection.unreadable.count)</h2><ul>\(rows.joined())</ul>\n"
    }

    private static func sections(_ inspection: Inspection) -> [Section] {
        var sections: [Section] = []
        func add<Item>(_ title: String, _ items: [Item], _ group: (Item) -> Group) {
            guard !items.isEmpty else { return }
            sections.append(Section(title: title, count: items.count, groups: items.prefix(shown).map(group)))
        }
        for repetition in Repetition.allCases {
            add("Copies \(repetition.words)", inspection.copies.filter { $0.repetition == repetition }) { group in
                let rest = group.pictures.count - shownCopies
                return Group(
                    pictures: Array(group.pictures.prefix(shownCopies)),
                    words: group.words + (rest > 0 ? ", \(rest) more" : ""))
            }
            add("Near duplicates \(repetition.words)", inspection.nearPairs.filter { $0.repetition == repetition }) {
                Group(pictures: [$0.kept, $0.other], words: $0.words)
            }
        }
        for kind in Outlier.Kind.allCases {
            add("Unlike the others: \(kind.rawValue)", inspection.outliers.filter { $0.kind == kind }) {
                Group(pictures: [$0.picture], words: $0.detail)
            }
        }
        return sections
    }

    private func html(_ section: Section) -> String {
        let groups = section.groups.map { group in
            let figures = group.pictures.map(figure).joined()
            return "<div class=\"group\"><div class=\"row\">\(figures)</div><div class=\"words\">"
                + "\(Self.escaped(group.words))</div></div>\n"
        }
        let limit = section.count > section.groups.count ? ", the first \(section.groups.count)" : ""
        return "<h2>\(section.title): \(section.count)\(limit)</h2><div class=\"groups\">\(groups.joined())</div>\n"
    }

    private func figure(_ picture: Int) -> String {
        let image = thumbnails[picture].map { "<img alt=\"\" src=\"data:image/png;base64,\($0)\">" } ?? ""
        let split = inspection.split(of: picture).rawValue
        return "<figure>\(image)<figcaption>\(Self.escaped(inspection.entry(picture).name))<br>"
            + "<b>\(Self.escaped(inspection.label(of: picture)))</b>, \(split)</figcaption></figure>"
    }

    /// PNG files in base 64, made on all cores; pictures that have gone meanwhile have none.
    private static func thumbnails(_ pictures: [Int], _ inspection: Inspection) -> [Int: String] {
        let results = Mutex<[Int: String]>([:])
        DispatchQueue.concurrentPerform(iterations: pictures.count) { index in
            guard let bytes = try? inspection.thumbnail(of: pictures[index], side: side).png() else { return }
            let text = Data(bytes).base64EncodedString()
            results.withLock { $0[pictures[index]] = text }
        }
        return results.withLock { $0 }
    }

    /// Text that cannot be taken for HTML.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.printable {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }
}
