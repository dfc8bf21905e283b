// What a person wants changed about single pictures: rows of a table that leave a picture out or give it another label,
// first of all the findings of an inspection, edited. Changes what is opened, never a file.

import FoveaTensorCore
import Foundation

/// A file of corrections.
package struct Corrections: Sendable {
    /// The columns of a table of findings; path and action are enough for corrections, and new_label where it relabels.
    static let columns = ["path", "label", "split", "finding", "detail", "action", "new_label"]

    /// What becomes of a picture.
    enum Change: Equatable, Sendable {
        case drop
        case relabel(String)
    }

    private struct Row: Sendable {
        let change: Change
        let line: Int
    }

    /// The file.
    let path: String
    /// By the picture's name.
    private var rows: [String: Row] = [:]
    /// The same names as absolute paths, for data that is named by another path than when it was inspected; relative ones
    /// start from the folder that a person works in, or else from the file's own.
    private var namesByPath: [String: String] = [:]

    /// Reads a file. Throws a `Failure` of kind `.data` that says which line is wrong.
    package init(_ path: String) throws {
        self.path = path
        let table = try CSVReader(try readFile(path), name: path).rows
        guard let titles = table.first?.cells.map({ $0.trimmingCharacters(in: .whitespaces).lowercased() }) else {
            throw Failure(.data, "\(path): the file is empty")
        }
        guard let name = titles.firstIndex(of: "path"), let action = titles.firstIndex(of: "action") else {
            throw Failure(
                .data, "\(path): there is no column called \(titles.contains("path") ? "action" : "path")",
                advice:
                    "Corrections are a table as `fovea inspect --csv` writes it: \(Self.columns.joined(separator: ","))"
            )
        }
        let label = titles.firstIndex(of: "new_label")
        for row in table.dropFirst() {
            func cell(_ column: Int?) -> String {
                guard let column, column < row.cells.count else { return "" }
                return row.cells[column]
            }
            let given = cell(label).trimmingCharacters(in: .whitespaces)
            let what = cell(action).trimmingCharacters(in: .whitespaces).lowercased()
            let change: Change
            switch what {
            case "", "keep":
                guard given.isEmpty else {
                    throw Failure(
                        .data,
                        "\(path), line \(row.line): a new label, \(given.printable), but the action is not relabel")
                }
                continue
            case "drop": change = .drop
            case "relabel":
                guard !given.isEmpty else {
                    throw Failure(.data, "\(path), line \(row.line): relabel, but new_label is empty")
                }
                change = .relabel(given.normalised)
            default:
                throw Failure(
                    .data,
                    "\(path), line \(row.line): the action is \(what.printable); it must be keep, drop or relabel")
            }
            guard !cell(name).isEmpty else { throw Failure(.data, "\(path), line \(row.line): there is no path") }
            try add(Row(change: change, line: row.line), to: cell(name).normalised)
        }
    }

    private mutating func add(_ row: Row, to name: String) throws {
        if let before = rows[name], before.change != row.change {
            throw Failure(
                .data, "\(path), lines \(before.line) and \(row.line): two different actions for \(name.printable)")
        }
        if rows[name] == nil { rows[name] = row }
        namesByPath[Self.absolute(name)] = name
        let beside = Self.absolute(name.hasPrefix("/") ? name : folder(of: path) + "/" + name)
        if namesByPath[beside] == nil { namesByPath[beside] = name }
    }

    /// How many pictures it changes.
    package var count: Int { rows.count }

    /// What becomes of the picture of this name, and the name that the file has for it.
    func change(of name: String) -> (change: Change, name: String)? {
        guard !rows.isEmpty else { return nil }
        let plain = name.normalised
        if let row = rows[plain] { return (row.change, plain) }
        guard let written = namesByPath[Self.absolute(plain)], let row = rows[written] else { return nil }
        return (row.change, written)
    }

    /// Throws if a new label is not in a class list that cannot grow.
    func check(_ classes: [String]) throws {
        let known = Set(classes.map(\.normalised))
        for (name, row) in rows.sorted(by: { $0.value.line < $1.value.line }) {
            guard case .relabel(let label) = row.change, !known.contains(label) else { continue }
            throw Failure(
                .data,
                "\(path), line \(row.line): there is no class called \(label.printable) to put \(name.printable) into",
                advice: "There is \(listed(classes.map(\.printable), limit: 20)).")
        }
    }

    /// What was done, in words. `met` are the names of the file that were found; nil where not all pictures were looked at.
    func notes(dropped: Int, relabelled: Int, met: Set<String>?, in root: String) -> [String] {
        let rest = met == nil ? " before the test split, which is corrected when it is opened" : ""
        var notes = ["Corrected by \(path): \(counted(dropped, "picture")) left out, \(relabelled) relabelled\(rest)."]
        let strangers = met.map { met in rows.keys.filter { !met.contains($0) }.sorted(by: standsBefore) } ?? []
        if !strangers.isEmpty {
            notes.append(
                "\(counted(strangers.count, "picture")) that \(path) corrects \(strangers.count == 1 ? "is" : "are") not in "
                    + "\(root): \(listed(strangers.map(\.printable))).")
        }
        return notes
    }

    /// The path from the root of the file system, without `.` and `..`.
    static func absolute(_ path: String) -> String {
        let whole = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        var parts: [Substring] = []
        for part in whole.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
