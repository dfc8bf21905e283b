// From listed class folders to a data set: one class list for all splits, matched by name, and the sources of the splits.
// Refuses a class that could be met in validation or test but never learned.

import FoveaTensorCore

extension ClassFolders {
    /// The data set of these folders; splits that are missing are drawn as the options say.
    func open(name: String, _ options: CollectingOptions, notes before: [String]) throws -> DataSet {
        let classes = try classList(minimum: options.minimumClasses)
        var notes = before + self.notes
        var splits: [Split: any Source] = [:]
        for split in Split.allCases {
            guard let found = pictures[split] else { continue }
            let entries = classes.enumerated().flatMap { label, name in
                (found[name] ?? []).map { Entry(name: $0, label: label) }
            }
            if entries.isEmpty {
                notes.append("The \(split.rawValue) split holds no picture.")
            } else {
                splits[split] = FolderSource(entries: entries)
            }
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

    /// Class names in natural order: those of training, or of all splits where there is no training split.
    private func classList(minimum: Int) throws -> [String] {
        let training = pictures[.training]
        let names = Set(training.map { Array($0.keys) } ?? pictures.values.flatMap(\.keys))
        if training != nil {
            for split in [Split.validation, .test] { try refuseUnlearned(split, names) }
        }
        let classes = names.sorted(by: standsBefore)
        guard !classes.isEmpty else {
            throw Failure(
                .data, "\(root): no class folder holds a picture",
                advice: "Pictures are files whose names end in .jpg, .jpeg, .png or .webp.")
        }
        guard classes.count >= minimum else {
            throw Failure(
                .data, "\(root): there is only one class, \(classes[0]); a classifier needs two or more",
                advice: "If the class folders lie deeper, give the folder right above them.")
        }
        return classes
    }

    /// Throws if a split has classes that training does not.
    private func refuseUnlearned(_ split: Split, _ learned: Set<String>) throws {
        let unlearned = (pictures[split] ?? [:]).filter { !learned.contains($0.key) }
        guard !unlearned.isEmpty else { return }
        let names = unlearned.keys.sorted(by: standsBefore)
        let described = names.map { name in
            let alike = learned.first { $0.lowercased() == name.lowercased() }
            return "\(name) (\(counted(unlearned[name]?.count ?? 0, "picture"))"
                + (alike.map { "; training has \($0)" } ?? "") + ")"
        }
        let training = splitFolders[.training] ?? Split.training.rawValue
        let folder = splitFolders[split] ?? split.rawValue
        throw Failure(
            .data,
            "\(root): the \(split.rawValue) split has \(names.count == 1 ? "a class" : "classes") that training does not "
                + "have: \(listed(described, limit: 10))",
            advice: "Add pictures of it to \(training), remove it from \(folder), or give both folders the same name.")
    }
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
