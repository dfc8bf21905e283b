// Corrections applied: to a listing before its splits are drawn, so that a new label may be a new class, and to sources whose
// class list cannot grow. Relabels and leaves out; reads no picture.

import FoveaTensorCore

/// A source without pictures that are left out, and with other labels for some.
struct CorrectedSource: Source {
    private let whole: any Source
    private let indices: [Int]
    let entries: [Entry]
    /// What was done.
    let dropped: Int
    let relabelled: Int
    /// Names in the corrections that were found.
    let met: Set<String>

    init(_ whole: any Source, _ corrections: Corrections, classes: [String]) {
        self.whole = whole
        let labels = Dictionary(
            classes.enumerated().map { ($1.normalised, $0) }, uniquingKeysWith: { first, _ in first })
        var (indices, entries, met) = ([Int](), [Entry](), Set<String>())
        var (dropped, relabelled) = (0, 0)
        for (index, entry) in whole.entries.enumerated() {
            var entry = entry
            if let (change, name) = corrections.change(of: entry.name) {
                met.insert(name)
                switch change {
                case .drop:
                    dropped += 1
                    continue
                case .relabel(let label):
                    relabelled += 1
                    entry = entry.labelled(labels[label] ?? entry.label)
                }
            }
            indices.append(index)
            entries.append(entry)
        }
        self.indices = indices
        self.entries = entries
        self.met = met
        self.dropped = dropped
        self.relabelled = relabelled
    }

    func content(at index: Int) throws -> PictureContent { try whole.content(at: indices[index]) }
}

extension DataSet {
    /// The same data set with corrections, where its class list cannot grow: of IDX and CIFAR files. A test split that
    /// nobody has opened stays closed. Throws a `Failure` if a new label is no class of it.
    func corrected(_ options: CollectingOptions) throws -> DataSet {
        guard let corrections = options.corrections else { return self }
        try corrections.check(classes)
        var splits: [Split: any Source] = [:]
        var (dropped, relabelled, met) = (0, 0, Set<String>())
        for (split, source) in self.splits {
            if let closed = source as? DeferredSource, !closed.isOpened {
                let classes = self.classes
                splits[split] = DeferredSource(name: "the \(split.rawValue) split") {
                    try closed.prepare()
                    return CorrectedSource(closed, corrections, classes: classes)
                }
                continue
            }
            let corrected = CorrectedSource(source, corrections, classes: classes)
            splits[split] = corrected
            dropped += corrected.dropped
            relabelled += corrected.relabelled
            met.formUnion(corrected.met)
        }
        let isWhole = !splits.values.contains { $0 is DeferredSource }
        return DataSet(
            name: name, classes: classes, splits: splits,
            notes: notes
                + corrections.notes(dropped: dropped, relabelled: relabelled, met: isWhole ? met : nil, in: name))
    }
}

extension Listing {
    /// The same listing with corrections: labels changed, and pictures marked that are left out.
    func corrected(_ corrections: Corrections) -> Listing {
        var result = self
        var (relabelled, met) = (0, Set<String>())
        let known = Set(pictures.map(\.label.normalised)).union((classes ?? []).map(\.normalised))
        var added = Set<String>()
        for index in pictures.indices {
            guard let (change, name) = corrections.change(of: pictures[index].name) else { continue }
            met.insert(name)
            switch change {
            case .drop: result.dropped.insert(index)
            case .relabel(let label):
                result.pictures[index].label = label
                relabelled += 1
                if !known.contains(label) { added.insert(label) }
            }
        }
        result.notes += corrections.notes(dropped: result.dropped.count, relabelled: relabelled, met: met, in: root)
        if !added.isEmpty {
            result.notes.append(
                "Classes that only the corrections have: \(listed(added.sorted(by: standsBefore).map(\.printable))).")
        }
        return result
    }
}
