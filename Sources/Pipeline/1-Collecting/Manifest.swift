// Tables of pictures and labels: CSV as spreadsheets write it, and JSON Lines. Turns rows into named pictures with the
// number of their line; where the pictures are is the business of NamedPictures.

import FoveaTensorCore
import Foundation

/// A CSV or JSON Lines file that names pictures.
struct Manifest {
    /// The rows, as named pictures.
    private(set) var pictures: [NamedPicture] = []
    /// True if no column holds labels.
    private(set) var isUnlabelled = false
    /// The names of the columns.
    private(set) var columnNames: [String] = []
    private(set) var notes: [String] = []
    private let path: String

    /// Reads a CSV file.
    init(csv path: String, _ options: LabelOptions) throws {
        self.path = path
        let rows = try CSVReader(try readFile(path), name: path).rows
        guard let first = rows.first else { throw Failure(.data, "\(path): the file is empty") }
        var names = first.cells.map { $0.trimmingCharacters(in: .whitespaces) }
        let columns: ManifestColumns
        var body = rows[...]
        if names.count > 1, isPictureName(names[0]), options.pathColumn == nil {
            names = names.indices.map {
                ["path", "label", "split"].indices.contains($0) ? ["path", "label", "split"][$0] : "\($0)"
            }
            columns = ManifestColumns(untitled: names)
            notes.append("\(path) has no titles: its columns are taken for \(names.prefix(3).joined(separator: ", ")).")
        } else {
            columns = try ManifestColumns(names, options, in: path)
            body = body.dropFirst()
        }
        if let twice = Dictionary(grouping: names, by: { $0 }).first(where: { $0.value.count > 1 && !$0.key.isEmpty })?
            .key,
            [columns.path, columns.label, columns.split, columns.weight, columns.group].contains(twice)
        {
            throw Failure(.data, "\(path): two columns are called \(twice.printable)")
        }
        columnNames = names
        isUnlabelled = columns.label == nil
        for row in body {
            // Empty cells at the end may be left out, and spreadsheets add some.
            guard row.cells.count <= names.count || row.cells[names.count...].allSatisfy(\.isEmpty) else {
                throw Failure(
                    .data, "\(path), line \(row.line): there are \(row.cells.count) cells, but \(names.count) columns",
                    advice: "Put cells that hold the separator into quotes.")
            }
            let cells = Dictionary(zip(names, row.cells), uniquingKeysWith: { first, _ in first })
            try add(line: row.line, columns) { cells[$0] }
        }
    }

    /// Reads a JSON Lines file: one object a line.
    init(jsonLines path: String, _ options: LabelOptions) throws {
        self.path = path
        var columns: ManifestColumns?
        var bytes = try readFile(path)[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        let decoder = JSONDecoder()
        for (index, part) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            guard part.contains(where: { $0 > 0x20 }) else { continue }
            guard let fields = try? decoder.decode([String: JSONScalar].self, from: Data(part)) else {
                throw Failure(.data, "\(path), line \(index + 1): this is no JSON object: \(Self.excerpt(part))")
            }
            let known = try columns ?? ManifestColumns(fields.keys.sorted(), options, in: "\(path), line \(index + 1)")
            if columns == nil {
                columns = known
                columnNames = fields.keys.sorted()
                isUnlabelled = known.label == nil
            }
            if let label = known.label, fields[label]?.isNested == true {
                throw Failure(
                    .data, "\(path), line \(index + 1): \(label) is a list or an object; a picture has one class here")
            }
            try add(line: index + 1, known) { fields[$0]?.text }
        }
        guard columns != nil else { throw Failure(.data, "\(path): the file is empty") }
    }

    /// The listing of its pictures. Throws if there are no labels.
    func listing(_ options: CollectingOptions) throws -> Listing {
        guard !isUnlabelled else { throw ManifestColumns.unlabelled(columnNames, in: path) }
        var named = NamedPictures(root: path, pictures: pictures, notes: notes)
        named.folders = [options.labels.pictureFolder ?? folder(of: path)]
        return try named.listing(options)
    }

    private mutating func add(line: Int, _ columns: ManifestColumns, _ cell: (String) -> String?) throws {
        func value(_ column: String?) -> String? {
            let text = column.flatMap(cell)?.trimmingCharacters(in: .whitespaces)
            return text?.isEmpty == true ? nil : text
        }
        guard let place = value(columns.path) else {
            throw Failure(.data, "\(path), line \(line): there is no \(columns.path)")
        }
        var picture = NamedPicture(place: place, where: "line \(line)", label: value(columns.label))
        if let name = value(columns.split) {
            guard let split = Split(named: name) else {
                throw Failure(
                    .data, "\(path), line \(line): the split is \(name.printable); it must be train, validation or test"
                )
            }
            picture.split = split
        }
        if let text = value(columns.weight) {
            // A comma is how half of Europe writes a point.
            guard let weight = Float(text.replacingOccurrences(of: ",", with: ".")), weight >= 0, weight.isFinite else {
                throw Failure(
                    .data, "\(path), line \(line): the weight is \(text.printable); it must be a number from 0 on")
            }
            picture.weight = weight
        }
        picture.group = value(columns.group)
        pictures.append(picture)
    }

    private static func excerpt(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.prefix(200), as: UTF8.self).printable.shortened(to: 40)
    }
}
