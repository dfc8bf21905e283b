// Tar shards in WebDataset's convention: members of one key (the path up to the first dot of its name) are one sample,
// `key.jpg` with its label in `key.cls` or `key.json`. A shard is indexed in one pass and read in place, never unpacked.
// A tar archive without such labels is taken for packed class folders.

import FoveaTensorCore
import Foundation

/// Where a picture lies.
struct ShardPlace: Sendable {
    let shard: String
    let offset: Int
    let size: Int
}

/// The samples of several shards.
struct TarShards {
    private let root: String
    private var samples: [(name: String, place: ShardPlace, label: ShardLabel?, split: Split?)] = []
    private var packed: [(path: String, place: ShardPlace?)] = []
    private var hasLabels = false
    private var notes: [String] = []
    private var several = 0

    /// Indexes the shards, in the order given. Throws a `Failure` of kind `.data` that names a damaged one.
    init(_ shards: [String], root: String) throws {
        self.root = root
        var passedOver: [String] = []
        for shard in shards {
            var walk = TarWalk(shard)
            var index = ShardIndex(shard: shard)
            try walk.run(try TarFile(shard)) { member, bytes in try index.add(member, bytes) }
            if !walk.hasEnd {
                notes.append("\(shard) has no mark at its end: it may have been cut short between two members.")
            }
            passedOver += walk.passedOver
            hasLabels = hasLabels || index.hasLabels
            several += index.several
            samples += index.samples.map { ("\(shard): \($0.name)", $0.place, $0.label, Self.split(of: shard)) }
            packed += index.paths
        }
        if !passedOver.isEmpty { notes.append("Left out, as they are links or devices: \(listed(passedOver)).") }
    }

    /// The split that a shard's name speaks of: `imagenet-train-000017.tar`, `validation/03.tar`.
    static func split(of shard: String) -> Split? {
        let parts = shard.split(separator: "/").suffix(2).map(String.init)
        let words = parts.last?.split { !$0.isLetter }.map(String.init) ?? []
        return words.lazy.compactMap { Split(named: $0) }.first ?? (parts.count > 1 ? Split(named: parts[0]) : nil)
    }

    /// The samples with their labels, or the class folders that were packed.
    func listing(_ options: CollectingOptions) throws -> Listing {
        guard hasLabels, options.labels.pattern == nil else { return try packedFolders(options) }
        let unlabelled = samples.filter { $0.label == nil }
        let labelled = samples.filter { $0.label != nil }
        guard !labelled.isEmpty else { throw Failure(.data, "\(root): no picture in it has a label") }
        var names: [String]?
        let numbers = labelled.compactMap { $0.label.flatMap(\.number) }
        if numbers.count == labelled.count {
            names = try Self.classNames(beside: labelled[0].place.shard, count: (numbers.max() ?? 0) + 1)
        } else if numbers.isEmpty, let list = try Self.classNames(beside: labelled[0].place.shard, count: 0),
            Set(list).count == list.count, Set(list).isSuperset(of: labelled.compactMap { $0.label?.text })
        {
            names = list  // in its order, which is that of the numbers
        }
        let pictures = labelled.map { sample in
            let name = names.flatMap { names in sample.label?.number.map { names[$0] } }
            return ListedPicture(
                name: sample.name, label: name ?? sample.label?.text ?? "", split: sample.split ?? sample.label?.split,
                weight: sample.label?.weight ?? 1, group: sample.label?.group)
        }
        var notes = self.notes
        if !unlabelled.isEmpty { notes.append("Left out, as they have no label: \(listed(unlabelled.map(\.name))).") }
        if several > 0 {
            notes.append("Of \(counted(several, "sample")) with several pictures the first one is taken.")
        }
        let places = labelled.map(\.place)
        var listing = Listing(root: root, pictures: pictures, notes: notes) { index in
            let (place, name) = (places[index], pictures[index].name)
            return .encoded(try readBytes(place.shard, at: place.offset, count: place.size, for: name))
        }
        listing.classes = names
        return listing
    }

    private func packedFolders(_ options: CollectingOptions) throws -> Listing {
        guard packed.contains(where: { $0.place != nil }) else {
            throw Failure(.data, "\(root): there is no picture in it")
        }
        let tree = ArchiveTree(root: root, paths: packed.map(\.path))
        let places = Dictionary(
            packed.compactMap { member in
                tree.path(of: member.path).flatMap { path in member.place.map { (path, $0) } }
            }, uniquingKeysWith: { $1 })
        let content: @Sendable (String) throws -> PictureContent = { name in
            guard let place = places[name] else { throw Failure(.data, "\(name): not in the tar archive") }
            return .encoded(try readBytes(place.shard, at: place.offset, count: place.size, for: name))
        }
        var listing =
            try options.labels.pattern.map {
                try FlatFolder(at: tree.top, in: tree, pattern: $0).listing(content: content)
            } ?? ClassFolders(at: tree.top, in: tree).listing(content: content)
        listing.notes += notes
        return listing
    }

    /// Class names by number, one a line, from a file beside the shards; nil if there is none. Throws a `Failure` of kind
    /// `.data` if fewer than `count`, or where numbers depend on it, one stands there twice.
    private static func classNames(beside shard: String, count: Int) throws -> [String]? {
        let folder = folder(of: shard)
        for name in ["classes.txt", "classnames.txt", "labels.txt"] where attributes(of: folder + "/" + name) != nil {
            let names = try lines(of: folder + "/" + name)
            guard names.count >= count else {
                throw Failure(
                    .data, "\(folder)/\(name) has \(names.count) names, but there are labels up to \(count - 1)")
            }
            var met: Set<String> = []
            if count > 0, let twice = names.first(where: { !met.insert($0).inserted }) {
                throw Failure(
                    .data, "\(folder)/\(name) names \(twice.printable) twice, so that two classes would become one",
                    advice: "Give every line a name of its own.")
            }
            return names
        }
        return nil
    }
}
