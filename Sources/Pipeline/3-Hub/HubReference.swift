// The name of weights on a hub, as a person types it: `timm/resnet18.a1_in1k`, `hf:OWNER/NAME@REVISION` or
// `torchvision/resnet50`. Reads the text; whether there is such a thing only the hub knows.

import FoveaTensorCore

/// A name of weights that are somewhere else.
package enum HubReference: Sendable, Equatable {
    /// A repository of the Hugging Face hub.
    case repository(HubRepository)
    /// A network of torchvision, with one of its sets of weights.
    case torchvision(name: String, version: String?)

    /// The reference in a text; nil if it has another form. Never asks anybody.
    package init?(_ text: String) {
        let marked = text.hasPrefix("hf:")
        var rest = marked ? text.dropFirst(3) : text[...]
        var revision: Substring?
        if let at = rest.lastIndex(of: "@") {
            revision = rest[rest.index(after: at)...]
            rest = rest[..<at]
        }
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy(Self.isName), revision.map(Self.isRevision) ?? true else { return nil }
        if parts[0] == "torchvision", !marked {
            self = .torchvision(name: String(parts[1]), version: revision.map(String.init))
        } else {
            self = .repository(
                HubRepository(
                    owner: String(parts[0]), name: String(parts[1]), revision: revision.map(String.init) ?? "main"))
        }
    }

    /// What the hub allows in a name: letters, digits, `-`, `_` and `.`, at most 96, and no dots that lead elsewhere.
    private static func isName(_ text: Substring) -> Bool {
        (1...96).contains(text.utf8.count) && text.first != "." && text.first != "-" && text.last != "."
            && !text.contains("..") && !text.contains("--")
            && text.utf8.allSatisfy { isLetterOrDigit($0) || [45, 46, 95].contains($0) }
    }

    private static func isRevision(_ text: Substring) -> Bool {
        (1...128).contains(text.utf8.count) && text.first != "." && text.first != "/" && !text.contains("..")
            && text.utf8.allSatisfy { isLetterOrDigit($0) || [45, 46, 47, 95].contains($0) }
    }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}

/// A repository of models, at a revision.
package struct HubRepository: Sendable, Equatable {
    package let owner: String
    package let name: String
    /// A branch, a tag or a commit.
    package let revision: String

    package init(owner: String, name: String, revision: String = "main") {
        self.owner = owner
        self.name = name
        self.revision = revision
    }

    /// `OWNER/NAME`.
    package var identifier: String { "\(owner)/\(name)" }
}
