// Paths and small text files: what sources ask of a name before they open what it names. Reads no picture.

import FoveaTensorCore
import Foundation

/// The folder that a file lies in.
func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// The lines of a text file, without spaces around them and without empty ones at the end.
func lines(of path: String) throws -> [String] {
    var lines = String(decoding: try readFile(path), as: UTF8.self).split(
        omittingEmptySubsequences: false, whereSeparator: \.isNewline
    ).map { $0.trimmingCharacters(in: .whitespaces) }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
}
