// A labelled data set as the rest of the pipeline sees it: one class list and up to three splits.

/// The parts of a data set.
package enum Split: String, Sendable, Codable, CaseIterable {
    case training, validation, test

    /// The split that goes by this name, in any case: `val`, `valid`, `dev` and `validation` mean the same.
    package init?(named name: String) {
        switch name.lowercased() {
        case "train", "training", "trn": self = .training
        case "val", "valid", "validation", "dev": self = .validation
        case "test", "testing", "tst": self = .test
        default: return nil
        }
    }
}

/// A class list and its splits. Labels in every split index the same class list.
package struct DataSet: Sendable {
    /// What the person called it: a folder's name or a known name.
    package let name: String
    /// Class names in index order.
    package let classes: [String]
    /// The splits that exist. Asking for one opens nothing.
    package let splits: [Split: any Source]
    /// What a person should know: how a split was drawn, what was skipped and why. One sentence each.
    package let notes: [String]

    package init(name: String, classes: [String], splits: [Split: any Source], notes: [String]) {
        self.name = name
        self.classes = classes
        self.splits = splits
        self.notes = notes
    }
}
