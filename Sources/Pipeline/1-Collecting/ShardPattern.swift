// Several shards in one argument: `shards/train-{000..012}.tar` as WebDataset writes it, or `shards/*.tar`. Expands names;
// opens nothing.

import FoveaTensorCore
import Foundation

/// Patterns over the names of files.
package enum ShardPattern {
    /// Names that braces may expand to, at most.
    package static let largestCount = 100_000

    /// Whether the text may stand for several files.
    package static func isOne(_ text: String) -> Bool { text.contains { "*?[{".contains($0) } }

    /// The files that a pattern stands for, in natural order of what each of its expansions matches.
    /// Throws a `Failure` of kind `.data` that names those which are not there.
    package static func files(_ pattern: String) throws -> [String] {
        var absent: [String] = []
        var files: [String] = []
        for name in try expanded(pattern[...]) {
            if attributes(of: name) != nil {
                files.append(name)
                continue
            }
            var found = glob_t()
            defer { globfree(&found) }
            guard name.contains(where: { "*?[".contains($0) }), glob(name, 0, nil, &found) == 0 else {
                absent.append(name)
                continue
            }
            files += (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
                .sorted(by: standsBefore)
        }
        guard absent.isEmpty else {
            throw Failure(.data, "\(pattern): there is no file called \(listed(absent))")
        }
        return files
    }

    /// Every text that the braces stand for, the first braces turning slowest.
    package static func expanded(_ pattern: Substring) throws -> [String] {
        guard let open = pattern.firstIndex(of: "{"), let close = pattern[open...].firstIndex(of: "}") else {
            return [String(pattern)]
        }
        let inner = pattern[pattern.index(after: open)..<close]
        let rest = try expanded(pattern[pattern.index(after: close)...])
        let choices = try choices(inner, of: pattern)
        guard choices.count * rest.count <= largestCount else { throw tooMany(pattern) }
        return choices.flatMap { choice in rest.map { pattern[..<open] + choice + $0 } }
    }

    private static func choices(_ inner: Substring, of pattern: Substring) throws -> [String] {
        let ends = inner.split(separator: "..", maxSplits: 1).map(String.init)
        guard ends.count == 2, let first = Int(ends[0]), let last = Int(ends[1]), first >= 0, last >= first else {
            return inner.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        guard last - first < largestCount else { throw tooMany(pattern) }
        // {000..012} keeps its zeros, {0..12} has none to keep.
        let width = ends[0].hasPrefix("0") ? ends[0].count : 1
        return (first...last).map { number in
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
    }

    private static func tooMany(_ pattern: Substring) -> Failure {
        Failure(.usage, "\(pattern): the braces stand for more than \(largestCount) files")
    }
}
