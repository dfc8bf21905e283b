// What a person may have meant: the known names nearest to a misspelt one, for errors that say what to do.
// It only compares strings; where the names come from (models, configuration keys, classes) is the caller's business.

/// Comparison of misspelt names with known ones.
package enum Spelling {
    /// The optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours that turn one
    /// string into the other, case ignored. Damerau 1964; Navarro 2001, "A guided tour to approximate string matching".
    package static func distance(_ one: String, _ other: String) -> Int {
        let a = Array(one.lowercased().unicodeScalars)
        let b = Array(other.lowercased().unicodeScalars)
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            row.reserveCapacity(b.count + 1)
            for j in b.indices {
                var best = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
                row.append(best)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}

/// At most `limit` of `candidates` that a person may have meant by `name`, the nearest first.
///
/// A candidate counts if the edits are at most a third of the longer name, at least one edit being forgiven, or if one
/// contains the other from the third letter on (`resnet` finds `resnet18`). Names beyond 100 letters are not compared.
package func nearest(to name: String, in candidates: some Sequence<String>, limit: Int = 3) -> [String] {
    guard (1...100).contains(name.count) else { return [] }
    var found: [(edits: Int, name: String)] = []
    for candidate in candidates where candidate.count <= 100 {
        let edits = Spelling.distance(name, candidate)
        let longer = max(name.count, candidate.count)
        let (one, other) = (name.lowercased(), candidate.lowercased())
        let contains = min(one.count, other.count) >= 3 && (one.contains(other) || other.contains(one))
        if (edits <= max(1, longer / 3) && edits < longer) || contains { found.append((edits, candidate)) }
    }
    found.sort { ($0.edits, $0.name) < ($1.edits, $1.name) }
    return found.prefix(limit).map(\.name)
}
