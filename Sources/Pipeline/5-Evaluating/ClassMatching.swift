// Classes of a data set and of a model are one if their names are: the order in a folder may differ from the order in
// the model. A picture whose class the model never learned is refused, since no answer could be right.

import FoveaCollecting
import FoveaTensorCore

/// A source under the labels of a model.
package struct RelabelledSource: Source {
    let whole: any Source
    package let entries: [Entry]

    /// The pictures of `source`, whose labels index `classes`, with labels that index `known`.
    /// Throws a `Failure` of kind `.data` that names the classes which the model lacks.
    package init(_ source: any Source, classes: [String], known: [String]) throws {
        try source.prepare()
        let indices = Dictionary(known.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let labels = classes.map { indices[$0] }
        let given = source.entries
        var lacking: [Int: Int] = [:]
        for entry in given where labels[entry.label] == nil { lacking[entry.label, default: 0] += 1 }
        guard lacking.isEmpty else { throw Self.unknown(lacking, classes, known) }
        whole = source
        entries = given.map { $0.labelled(labels[$0.label] ?? 0) }
    }

    package func content(at index: Int) throws -> PictureContent { try whole.content(at: index) }

    private static func unknown(_ lacking: [Int: Int], _ classes: [String], _ known: [String]) -> Failure {
        let shown = lacking.sorted { $0.key < $1.key }.prefix(10).map { label, count in
            "\(classes[label].printable) (\(count) \(count == 1 ? "picture" : "pictures"))"
        }
        let more = lacking.count > shown.count ? " and \(lacking.count - shown.count) more" : ""
        let near = lacking.count == 1 ? lacking.keys.first.map { nearest(to: classes[$0], in: known) } ?? [] : []
        return Failure(
            .data,
            "the data set has \(lacking.count == 1 ? "a class" : "classes") that the model does not know: "
                + shown.joined(separator: ", ") + more,
            advice: near.isEmpty
                ? "The model knows \(known.prefix(20).map(\.printable).joined(separator: ", "))"
                    + (known.count > 20 ? " and \(known.count - 20) more." : ".")
                : "Did you mean \(near.map(\.printable).joined(separator: " or "))? Classes are matched by name.")
    }
}
