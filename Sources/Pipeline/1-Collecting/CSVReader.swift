// CSV as spreadsheets write it (RFC 4180 and its relatives): commas, semicolons, tabs or bars, quoted cells with line
// breaks and doubled quotes, a byte order mark, CRLF or LF. Keeps the number of each row's first line for messages.

import FoveaTensorCore
import Foundation

/// A row of a table.
package struct CSVRow: Equatable {
    /// The line its first cell begins in, from 1.
    package let line: Int
    package let cells: [String]
}

/// The rows of a CSV text.
package struct CSVReader {
    /// The separator that was found.
    private(set) var separator = UInt8(ascii: ",")
    /// The rows that have anything in them.
    package private(set) var rows: [CSVRow] = []

    private static let separators = [",", ";", "\t", "|"].map { Array($0.utf8)[0] }
    private static let quote = UInt8(ascii: "\"")
    private let name: String
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1

    /// Reads a text. Throws a `Failure` of kind `.data` that begins with `name` and says the line.
    package init(_ bytes: [UInt8], name: String) throws {
        self.name = name
        self.bytes = try Self.utf8(bytes, name)
        if let zero = self.bytes.firstIndex(of: 0) {
            let line = 1 + self.bytes[..<zero].count { $0 == 0x0A }
            throw Failure(.data, "\(name), line \(line): there is a zero byte: this is no text")
        }
        skipSeparatorLine()
        if separator == UInt8(ascii: ",") { separator = guessedSeparator() }
        while position < self.bytes.count {
            let row = try row()
            if row.cells.contains(where: { !$0.isEmpty }) { rows.append(row) }
        }
    }

    /// The text without byte order mark, from UTF-16 where the mark says so. Throws if it is neither.
    private static func utf8(_ bytes: [UInt8], _ name: String) throws -> [UInt8] {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            guard let text = String(data: Data(bytes), encoding: .utf16) else {
                throw Failure(.data, "\(name): begins like UTF-16, but is not", advice: "Save it as CSV UTF-8.")
            }
            return Array(text.utf8.drop { $0 == 0xEF || $0 == 0xBB || $0 == 0xBF })
        }
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        guard String(validating: text, as: UTF8.self) == nil else { return text }
        var line = 1
        for part in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if String(validating: part, as: UTF8.self) == nil { break }
            line += 1
        }
        throw Failure(
            .data, "\(name), line \(line): this is not UTF-8", advice: "In the spreadsheet, save it as \"CSV UTF-8\".")
    }

    /// Excel's first line `sep=;`, which is no row.
    private mutating func skipSeparatorLine() {
        guard bytes.count >= 5, String(decoding: bytes.prefix(4), as: UTF8.self).lowercased() == "sep=" else { return }
        separator = bytes[4]
        position = bytes.firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.count
        line = 2
    }

    /// The separator that stands most often outside quotes in the first line.
    private func guessedSeparator() -> UInt8 {
        var counts: [UInt8: Int] = [:]
        var isQuoted = false
        for byte in bytes[position...] {
            if byte == Self.quote { isQuoted.toggle() }
            if !isQuoted, byte == 0x0A || byte == 0x0D { break }
            if !isQuoted { counts[byte, default: 0] += 1 }
        }
        return Self.separators.max { counts[$0, default: 0] < counts[$1, default: 0] } ?? UInt8(ascii: ",")
    }

    private mutating func row() throws -> CSVRow {
        let first = line
        var cells: [String] = []
        while true {
            let (cell, isLast) = try cell()
            cells.append(cell)
            if isLast { return CSVRow(line: first, cells: cells) }
        }
    }

    /// A cell, and whether its row ends with it.
    private mutating func cell() throws -> (String, Bool) {
        var content: [UInt8] = []
        if position < bytes.count, bytes[position] == Self.quote {
            let opened = line
            position += 1
            while true {
                guard position < bytes.count else {
                    throw Failure(
                        .data, "\(name), line \(opened): a quote opens here that never closes",
                        advice: "A quote inside a quoted cell is written twice.")
                }
                let byte = bytes[position]
                position += 1
                if byte == Self.quote {
                    guard position < bytes.count, bytes[position] == Self.quote else { break }
                    position += 1
                }
                if byte == 0x0A { line += 1 }
                content.append(byte)
            }
        }
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == separator { return (String(decoding: content, as: UTF8.self), false) }
            if byte == 0x0A || byte == 0x0D {
                if byte == 0x0D, position < bytes.count, bytes[position] == 0x0A { position += 1 }
                line += 1
                return (String(decoding: content, as: UTF8.self), true)
            }
            content.append(byte)
        }
        return (String(decoding: content, as: UTF8.self), true)
    }
}
