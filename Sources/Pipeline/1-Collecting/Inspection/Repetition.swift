// Where pictures that show the same stand: what a report sorts copies and near duplicates by.

/// What is wrong with pictures that show the same, the gravest first.
package enum Repetition: Sendable, CaseIterable {
    case conflicting, acrossSplits, withinSplit

    package var words: String {
        switch self {
        case .conflicting: "with conflicting labels"
        case .acrossSplits: "across splits"
        case .withinSplit: "within a split"
        }
    }

    init(crossesSplits: Bool, isConflicting: Bool) {
        self = isConflicting ? .conflicting : crossesSplits ? .acrossSplits : .withinSplit
    }
}
