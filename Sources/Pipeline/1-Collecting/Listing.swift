// What every source that names its pictures one by one comes to: a list of pictures with class names, some with a split,
// a weight or a group. Becomes a data set here, once for all of them: one class list for all splits, matched by name.
// Refuses a class that could be met in validation or test but never learned.

import FoveaTensorCore
import Foundation

/// A picture as its source names it.
package struct ListedPicture: Sendable, Equatable {
    /// What messages call it: a path, or `shard.tar: key.jpg`.
    package var name: String
    /// The name of its class, as the source spells it.
    package var label: String
    /// The split that the source puts it into, if it says so.
    package var split: Split?
    /// How much it counts in the loss; 0 leaves it out.
    package var weight: Float = 1
    /// The group that stays together when splits are drawn.
    package var group: String?

    package init(name: String, label: String, split: Split? = nil, weight: Float = 1, group: String? = nil) {
        self.name = name
        self.label = label
        self.split = split
        self.weight = weight
        self.group = group
    }
}

/// A source's pictures before there are labels and splits.
struct Listing {
    /// What the person named: stands in front of messages.
    let root: String
    /// In an order that is the same on every machine.
    var pictures: [ListedPicture]
    /// The class list, where the source has one of its own; else the names that occur, in natural order.
    var classes: [String]?
    /// What each split is called where the source is: folder names.
    var splitNames: [Split: String] = [:]
    /// What to do where there is only one class, if the source knows.
    var loneClassAdvice: String?
    /// What a person should know.
    var notes: [String] = []
    /// Indices of pictures that corrections leave out.
    var dropped: Set<Int> = []
    /// Gives the content of the picture of this index, from any thread. Throws a `Failure` that names it.
    let content: @Sendable (Int) throws -> PictureContent

    /// The data set of these pictures; splits that are missing are drawn as the options say.
    func open(name: String, _ options: CollectingOptions, notes before: [String]) throws -> DataSet {
        var options = options
        if let corrections = options.corrections {
            options.corrections = nil
            return try corrected(corrections).open(name: name, options, notes: before)
        }
        var notes = before + self.notes
        let wanted = pictures.indices.filter { !dropped.contains($0) }
        let kept = wanted.filter { pictures[$0].weight > 0 }
        if kept.count < wanted.count {
            notes.append("Left out, as their weight is 0: \(counted(wanted.count - kept.count, "picture")).")
        }
        let bySplit = placed(kept, &notes)
        let classes = try classList(bySplit, minimum: options.minimumClasses)
        var splits: [Split: any Source] = [:]
        for split in Split.allCases {
            guard let places = bySplit[split], !places.isEmpty else { continue }
            splits[split] = source(places, classes)
        }
        let given = splits
        if let training = given[.training] {
            let parts = DrawnParts(
                validation: given[.validation] == nil ? options.validationPart : 0,
                test: given.count == 1 ? options.testPart : 0)
            let drawn = try drawSplits(from: training, parts, options)
            splits.merge(drawn.splits) { _, drawn in drawn }
            notes += drawn.notes
        }
        for split in [Split.training, .validation, .test] {
            if let source = splits[split] { notes += missing(split, in: source, classes) }
        }
        return DataSet(name: name, classes: classes, splits: splits, notes: notes)
    }

    /// Indices by split; pictures that no split claims are training.
    private func placed(_ kept: [Int], _ notes: inout [String]) -> [Split: [Int]] {
        let unplaced = kept.count { pictures[$0].split == nil }
        if unplaced > 0, unplaced < kept.count {
            notes.append("No split is given for \(counted(unplaced, "picture")): taken for training.")
        }
        return Dictionary(grouping: kept) { pictures[$0].split ?? .training }
    }

    /// The pictures at these places, by class and then in the listing's order.
    private func source(_ places: [Int], _ classes: [String]) -> ListedSource {
        let labels = Dictionary(
            classes.enumerated().map { ($1.normalised, $0) }, uniquingKeysWith: { first, _ in first })
        let labelled = places.map { (place: $0, label: labels[pictures[$0].label.normalised] ?? 0) }
        let ordered = labelled.sorted { ($0.label, $0.place) < ($1.label, $1.place) }
        let entries = ordered.map { place, label in
            Entry(
                name: pictures[place].name, label: label, weight: pictures[place].weight, group: pictures[place].group)
        }
        return ListedSource(entries: entries, places: ordered.map(\.place), read: content)
    }

    /// The source's own class names, else those of training, or of all splits where there is no training split.
    private func classList(_ bySplit: [Split: [Int]], minimum: Int) throws -> [String] {
        let counts = bySplit.mapValues { places in
            places.reduce(into: [String: Int]()) { $0[pictures[$1].label.normalised, default: 0] += 1 }
        }
        let training = counts[.training]
        let names = Set(training.map { Array($0.keys) } ?? counts.values.flatMap(\.keys))
        let known = classes.map { Set($0.map(\.normalised)) }
        for split in [Split.training, .validation, .test] {
            if let learned = known ?? (training == nil ? nil : names) {
                try refuseUnlearned(split, counts[split] ?? [:], learned)
            }
        }
        let list = classes?.map(\.normalised) ?? names.sorted(by: standsBefore)
        guard let first = list.first, !names.isEmpty else {
            throw Failure(.data, "\(root): there are no pictures in it")
        }
        guard names.count >= minimum else {
            throw Failure(
                .data, "\(root): there is only one class, \(names.first ?? first); a classifier needs two or more",
                advice: loneClassAdvice)
        }
        return list
    }

    /// Throws if a split has classes that are not in `learned`.
    private func refuseUnlearned(_ split: Split, _ found: [String: Int], _ learned: Set<String>) throws {
        let unlearned = found.filter { !learned.contains($0.key) }
        guard !unlearned.isEmpty else { return }
        let names = unlearned.keys.sorted(by: standsBefore)
        let described = names.map { name in
            let alike = learned.first { $0.lowercased() == name.lowercased() }
            return "\(name) (\(counted(unlearned[name] ?? 0, "picture"))"
                + (alike.map { "; \(classes == nil ? "training" : "the class list") has \($0)" } ?? "") + ")"
        }
        let several = names.count == 1 ? "a class" : "classes"
        if classes != nil {
            throw Failure(
                .data,
                "\(root): there is \(several) that its own class list does not have: "
                    + listed(described, limit: 10))
        }
        let training = splitNames[.training] ?? Split.training.rawValue
        let folder = splitNames[split] ?? split.rawValue
        throw Failure(
            .data,
            "\(root): the \(split.rawValue) split has \(several) that training does not have: "
                + listed(described, limit: 10),
            advice: "Add pictures of it to \(training), remove it from \(folder), or give both folders the same name.")
    }
}

/// The pictures of a listing that belong to one split.
package struct ListedSource: Source {
    package let entries: [Entry]
    private let places: [Int]
    private let read: @Sendable (Int) throws -> PictureContent

    init(entries: [Entry], places: [Int], read: @escaping @Sendable (Int) throws -> PictureContent) {
        self.entries = entries
        self.places = places
        self.read = read
    }

    /// The content of picture `index`.
    package func content(at index: Int) throws -> PictureContent { try read(places[index]) }
}

/// A note if classes have no picture in a split.
func missing(_ split: Split, in source: any Source, _ classes: [String]) -> [String] {
    var counts = [Int](repeating: 0, count: classes.count)
    for entry in source.entries { counts[entry.label] += 1 }
    let absent = classes.indices.filter { counts[$0] == 0 }.map { classes[$0] }
    guard !absent.isEmpty else { return [] }
    return [
        "\(absent.count == 1 ? "A class has" : "\(absent.count) classes have") no picture in the \(split.rawValue) split: "
            + listed(absent, limit: 10) + "."
    ]
}
