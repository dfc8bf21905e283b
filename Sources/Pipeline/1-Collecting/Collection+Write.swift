// From a collection to a place on disk: which form it takes there, and what is told of it afterwards. The plan decides what
// an interrupted run may go on with; the writing itself stands in CollectionWriter.

import FoveaTensorCore

/// The form of a collection on disk.
package enum CollectionForm: Sendable, Equatable {
    /// Class folders, below split folders where there are splits; with links instead of copies where originals are files.
    case folders(linked: Bool)
    /// So many tar files for each split.
    case shards(Int)
    /// One tar file.
    case tar
}

/// What was written.
package struct CollectionResult: Sendable {
    package internal(set) var copied = 0
    package internal(set) var linked = 0
    /// Pictures that an interrupted run had written already.
    package internal(set) var resumed = 0
    package internal(set) var bytes = 0
    /// Pictures that changed or went away meanwhile.
    package internal(set) var failed: [(name: String, reason: String)] = []
    package internal(set) var notes: [String] = []
}

extension Collection {
    /// Writes everything and gives it its name. Throws a `Failure` of kind `.work` if the disk is full; what was written
    /// is kept then, for the same command to go on with.
    package func write(
        _ form: CollectionForm, to staging: Staging, seed: UInt64,
        progress: (@Sendable (CollectingProgress) -> Void)?
    ) throws -> CollectionResult {
        let names = CollectionNames(self)
        try staging.begin(plan(form, names, seed: seed))
        let writer = CollectionWriter(self, names, staging, progress)
        switch form {
        case .folders(let linked):
            try writer.folders(linked: linked)
            try writer.metadata()
            try staging.finish()
        case .shards(let count):
            for group in splitsInUse { try writer.shards(group, count: count, seed: seed) }
            try staging.write("classes.txt") { try $0(Array(classes.map { $0 + "\n" }.joined().utf8)) }
            try staging.finish()
        case .tar:
            if !staging.holds("all.tar") { try writer.shard(Array(pictures.indices), to: "all.tar", seed: seed) }
            try staging.finish(file: "all.tar")
        }
        var result = writer.result
        if case .folders = form { result.notes += names.notes }
        return result
    }

    /// What decides what is written where: runs of one plan may go on with each other's files.
    package func plan(_ form: CollectionForm, _ names: CollectionNames, seed: UInt64) -> ContentHash {
        var plan = Array("\(form) \(seed) \(classes)\n".utf8)
        for (picture, path) in zip(pictures, names.paths) {
            plan += Array("\(path)\0\(picture.weight)\0\(picture.group ?? "")\0".utf8) + picture.hash.bytes
        }
        return ContentHash(.encoded(plan))
    }

    /// The splits that have pictures; nil for pictures without one.
    package var splitsInUse: [Split?] {
        let used = Set(pictures.map(\.split))
        return [nil, .training, .validation, .test].filter { used.contains($0) }
    }
}
