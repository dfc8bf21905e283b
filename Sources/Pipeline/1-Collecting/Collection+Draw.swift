// The splits of a collection whose inputs have none. What shows the same stays in one split: copies fell away before,
// groups are given, near duplicates are looked for here.

import FoveaTensorCore

extension Collection {
    /// Draws splits for pictures that have none.
    mutating func draw(_ options: CollectionOptions) throws {
        let parts = DrawnParts(validation: options.validationPart, test: options.testPart)
        let unplaced = pictures.indices.filter { pictures[$0].split == nil }
        if !unplaced.isEmpty, unplaced.count < pictures.count {
            notes.append(
                "No split is given for \(counted(unplaced.count, "picture")), but for others: taken for training.")
            for index in unplaced { pictures[index].split = .training }
        }
        guard parts.validation + parts.test > 0 else { return }
        guard pictures.allSatisfy({ $0.split == nil }) else {
            throw Failure(
                .usage, "the inputs have splits of their own, so none can be drawn",
                advice: "Leave --validation and --test out, or say --redraw to forget the inputs' splits.")
        }
        var keys = pictures.map { picture in
            picture.group.map { ContentHash(.encoded(Array($0.normalised.utf8))) } ?? picture.hash
        }
        if options.keepsNearTogether { try joinNearDuplicates(&keys, options) }
        let places = places(of: keys, labels: pictures.map(\.label), parts, options.collecting)
        for index in pictures.indices { pictures[index].split = places[index] }
    }

    /// Gives pictures that show the same the key of the first of them.
    private mutating func joinNearDuplicates(_ keys: inout [ContentHash], _ options: CollectionOptions) throws {
        let source = CollectedSource(collection: self, downloads: options.downloads)
        let data = DataSet(name: "", classes: classes, splits: [.training: source], notes: [])
        let pairs = try Inspection(data, progress: options.collecting.progress).nearPairs
        let joined = NearDuplicates.joined(keys, pairs.map { ($0.kept, $0.other) })
        var groups: [ContentHash: [String]] = [:]
        for index in Set(pairs.flatMap { [$0.kept, $0.other] }).sorted() {
            groups[joined[index], default: []].append(pictures[index].name)
        }
        together = groups.values.sorted { standsBefore($0[0], $1[0]) }
        keys = joined
    }
}

extension NearDuplicates {
    /// The keys with those of each pair made one, the key that stands first. Pictures that share a key move together, so
    /// chains of pairs and groups that were given become one.
    package static func joined(_ keys: [ContentHash], _ pairs: [(Int, Int)]) -> [ContentHash] {
        let first = Dictionary(keys.enumerated().map { ($1, $0) }, uniquingKeysWith: min)
        var leaders: [ContentHash: ContentHash] = [:]
        func leader(_ key: ContentHash) -> ContentHash {
            var key = key
            while let next = leaders[key] { key = next }
            return key
        }
        for (one, other) in pairs {
            let (a, b) = (leader(keys[one]), leader(keys[other]))
            guard a != b else { continue }
            if first[a, default: 0] < first[b, default: 0] { leaders[b] = a } else { leaders[a] = b }
        }
        return keys.map(leader)
    }
}

/// A collection's pictures as a source, before anything is written.
private struct CollectedSource: Source {
    let collection: Collection
    let downloads: String?

    var entries: [Entry] {
        collection.pictures.map { Entry(name: $0.name, label: $0.label, weight: $0.weight, group: $0.group) }
    }

    func content(at index: Int) throws -> PictureContent {
        let picture = collection.pictures[index]
        return try Collection.content(picture.name, collection.sources[picture.source], picture.index, downloads)
    }
}
