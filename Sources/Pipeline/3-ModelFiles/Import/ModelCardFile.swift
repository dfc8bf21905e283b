// The first lines of a README.md beside weights, as hubs have them: between two lines of dashes, keys and values that state
// the licence among other things. Reads that and nothing else; what it cannot read is as if it were not there.
// Format: huggingface.co/docs/hub/model-cards, "Model card metadata".

import Foundation

/// What a model card says of its weights.
package struct ModelCardFile: Equatable {
    /// As it is written there; the name of one that has no short form.
    package let licence: String?

    /// No first lines are longer.
    private static let byteLimit = 1 << 20

    /// Reads a file; nil if there is none, or it does not begin as a model card does.
    init?(path: String) {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: Self.byteLimit) else { return nil }
        self.init(text: String(decoding: data, as: UTF8.self))
    }

    package init?(text: String) {
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init)
        guard let first = lines.first, first.hasPrefix("---"),
            let end = lines.dropFirst().firstIndex(where: { $0.hasPrefix("---") })
        else { return nil }
        let head = Array(lines[1..<end])
        let short = Self.value("license", in: head)
        // `other` is followed by its name.
        licence = short == "other" ? Self.value("license_name", in: head) ?? short : short
    }

    /// The value of a key, or the first of a list of them.
    private static func value(_ key: String, in lines: [String]) -> String? {
        guard let place = lines.firstIndex(where: { $0.hasPrefix(key + ":") }) else { return nil }
        let rest = plain(lines[place].dropFirst(key.count + 1))
        if !rest.isEmpty { return rest }
        guard place + 1 < lines.count else { return nil }
        let item = lines[place + 1].drop { $0 == " " }
        guard item.hasPrefix("- ") else { return nil }
        let text = plain(item.dropFirst(2))
        return text.isEmpty ? nil : text
    }

    /// Without spaces, quotes and a comment.
    private static func plain(_ text: Substring) -> String {
        let trimmed = (text.range(of: " #").map { text[..<$0.lowerBound] } ?? text)
            .trimmingCharacters(in: .whitespaces)
        return trimmed.trimmingCharacters(in: CharacterSet(charactersIn: "\"'[]"))
    }
}
