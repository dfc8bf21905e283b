// One value of a configuration file at a time, with an error for the person who wrote it: file, line, key, what stands
// there and what is wanted. Which keys there are is the business of `TrainingOverrides`.

import FoveaPreprocessing
import FoveaTensorCore
import Yams

/// Maps of one file.
struct YAMLReader {
    /// For messages.
    let file: String
    /// Words that people write for keys that Fovea calls otherwise; they come from other programs and the flags.
    static let otherWords = [
        "lr": "learning-rate", "batch": "batch-size", "bs": "batch-size", "wd": "weight-decay", "arch": "model",
        "warmup": "warmup-epochs", "scheduler": "schedule", "image-size": "size", "early-stopping": "patience",
        "lr-scheduler": "schedule", "augment": "augmentation", "dtype": "precision",
    ]

    func place(_ node: Node) -> String { node.mark.map { "\(file):\($0.line)" } ?? file }

    /// The members of a map, each key known and there once.
    func members(_ node: Node, of owner: String, known: [String]) throws -> [(key: String, value: Node)] {
        guard let mapping = node.mapping else {
            throw Failure(.usage, "\(place(node)): \(owner) is no map", advice: "Write one `key: value` a line.")
        }
        var seen: Set<String> = []
        return try mapping.map { key, value in
            guard let name = key.scalar?.string else {
                throw Failure(.usage, "\(place(key)): a key of \(owner) is no word", advice: "Write `key: value`.")
            }
            guard known.contains(name) else {
                let word = name.replacing("_", with: "-").lowercased()
                let near =
                    known.contains(word) ? [word] : Self.otherWords[word].map { [$0] } ?? nearest(to: word, in: known)
                let isKnown = near.first.map(known.contains) ?? false
                throw Failure(
                    .usage, "\(place(key)): there is no key \"\(name)\" in \(owner)",
                    advice: isKnown
                        ? "Did you mean \(near.joined(separator: " or "))?"
                        : "The keys are \(known.joined(separator: ", ")).")
            }
            guard seen.insert(name).inserted else {
                throw Failure(.usage, "\(place(key)): the key \"\(name)\" stands twice", advice: "Remove one of them.")
            }
            return (name, value)
        }
    }
}

/// A value and the key it stands under.
struct YAMLValue {
    let key: String
    let node: Node
    let reader: YAMLReader

    /// What stands there, shortened.
    private var shown: String {
        switch node {
        case .scalar(let scalar):
            isQuoted ? "the text \"\(scalar.string.prefix(60))\"" : String(scalar.string.prefix(60))
        case .mapping: "a map"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    private var isQuoted: Bool {
        guard let style = node.scalar?.style else { return false }
        return style == .singleQuoted || style == .doubleQuoted
    }

    /// The unquoted text of a scalar.
    private var plain: String? { isQuoted ? nil : node.scalar?.string }

    func wrong(_ wanted: String, advice: String? = nil) -> Failure {
        Failure(
            .usage, "\(reader.place(node)): \(key) is \(shown.isEmpty ? "empty" : shown), wanted is \(wanted)",
            advice: advice)
    }

    /// True for `none`, `null` and nothing.
    var isNone: Bool { ["none", "null", "~", ""].contains(plain) }

    func text() throws -> String {
        guard let text = node.scalar?.string, !text.isEmpty else { throw wrong("a word") }
        return text
    }

    /// A word, or a list of words; none is an empty list.
    func words() throws -> [String] {
        if isNone { return [] }
        guard let nodes = node.sequence else { return [try text()] }
        return try nodes.enumerated().map { try YAMLValue(key: "\(key).\($0)", node: $1, reader: reader).text() }
    }

    func bool() throws -> Bool {
        switch plain {
        case "true": return true
        case "false": return false
        default: throw wrong("true or false")
        }
    }

    func whole(_ range: ClosedRange<Int>, orNone: Bool = false) throws -> Int {
        guard let plain, let number = Int(plain), range.contains(number) else {
            let upper = range.upperBound == .max ? " or more" : " to \(range.upperBound)"
            throw wrong("a whole number, \(range.lowerBound)\(upper)\(orNone ? ", or none" : "")")
        }
        return number
    }

    func number(_ range: String, _ isRight: (Double) -> Bool) throws -> Double {
        guard let plain, let number = Double(plain), number.isFinite, isRight(number) else {
            throw wrong("a number \(range)")
        }
        return number
    }

    func choice(of names: [String]) throws -> String {
        guard let name = node.scalar?.string, names.contains(name) else {
            let near = nearest(to: node.scalar?.string ?? "", in: names)
            throw wrong(
                "one of \(names.joined(separator: ", "))", advice: near.first.map { "Did you mean \($0)?" })
        }
        return name
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(_: Choice.Type) throws -> Choice {
        guard let choice = Choice(rawValue: try choice(of: Choice.allCases.map(\.rawValue))) else {
            preconditionFailure("the name was checked")
        }
        return choice
    }
}
