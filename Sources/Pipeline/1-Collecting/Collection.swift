// What `fovea collect` is about to write: every picture of several inputs once, under one class list, with its split. Reads
// each picture to know its content; writes nothing. Copies are dropped, and pictures whose labels contradict each other.

import FoveaPictures
import FoveaTensorCore
import Foundation
import Synchronization

/// What may be asked of a collection.
package struct CollectionOptions: Sendable {
    /// How the inputs are opened.
    package var collecting = CollectingOptions.undivided
    /// The parts drawn as validation and test where the inputs have no splits; nil draws nothing.
    package var validationPart = 0.0
    package var testPart = 0.0
    /// Splits of the inputs are forgotten and drawn anew.
    package var redraws = false
    /// Near duplicates are drawn into one split; to find them every picture is read a second time.
    package var keepsNearTogether = true
    /// Of pictures with contradicting labels the first one is kept instead of none.
    package var keepsFirstOfConflicts = false
    /// Where addresses are fetched to; nil leaves them out, as for a dry run.
    package var downloads: String?
    /// No file that is fetched may be larger.
    package var largestDownload = 100 << 20

    package init() {}
}

/// A picture that will be written.
package struct CollectedPicture: Sendable {
    /// What its input calls it.
    package let name: String
    package internal(set) var label: Int
    package internal(set) var split: Split?
    package let weight: Float
    package let group: String?
    package let hash: ContentHash
    package let format: PictureFormat
    /// Which source holds it, and where.
    let source: Int
    let index: Int
}

/// Pictures with one content and several labels.
package struct Conflict: Sendable, Equatable {
    /// What the inputs call them, and their classes.
    package let pictures: [(name: String, label: String)]

    package static func == (one: Conflict, other: Conflict) -> Bool {
        one.pictures.elementsEqual(other.pictures, by: ==)
    }
}

/// What became of all pictures of the inputs.
package struct Collection: Sendable {
    /// In the order of the inputs where they agree on one, else in natural order.
    package internal(set) var classes: [String] = []
    /// In the order of the inputs.
    package internal(set) var pictures: [CollectedPicture] = []
    /// Copies that are left out: their name and that of the one that is kept.
    package internal(set) var duplicates: [(name: String, of: String)] = []
    package internal(set) var conflicts: [Conflict] = []
    /// Near duplicates that were drawn into one split: what the inputs call them.
    package internal(set) var together: [[String]] = []
    /// Pictures that could not be read or fetched, and why.
    package internal(set) var failed: [(name: String, reason: String)] = []
    /// Addresses that a dry run did not fetch.
    package internal(set) var addresses: [String] = []
    package internal(set) var fetched = 0
    package internal(set) var notes: [String] = []
    var sources: [any Source] = []

    /// Reads the inputs. Throws a `Failure` if one cannot be opened, or nothing is left.
    package init(_ inputs: [String], _ options: CollectionOptions) throws {
        var found: [Met] = []
        var opening = options.collecting
        (opening.validationPart, opening.testPart, opening.minimumClasses) = (0, 0, 1)
        opening.keepsAddresses = true
        var lists: [[String]] = []
        for input in inputs {
            let data = try DataSet.open(input, options: opening)
            notes += data.notes.map { inputs.count == 1 ? $0 : "\(input): \($0)" }
            lists.append(data.classes.map(\.normalised))
            let isDivided = data.splits.count > 1 || data.splits[.training] == nil
            for split in Split.allCases {
                guard let source = data.splits[split] else { continue }
                try source.prepare()
                for (index, entry) in source.entries.enumerated() {
                    found.append(
                        Met(
                            entry: entry, label: data.classes[entry.label].normalised,
                            split: isDivided && !options.redraws ? split : nil, source: sources.count, index: index))
                }
                sources.append(source)
            }
        }
        // Inputs that agree keep their order, and with it the numbers of their classes.
        classes =
            Set(lists).count == 1 ? lists[0] : Set(lists.joined()).sorted(by: standsBefore)
        let contents = read(found, options)
        choose(found, contents, options)
        guard !pictures.isEmpty || !addresses.isEmpty else {
            throw Failure(
                .data,
                "there is nothing to collect: none of \(counted(found.count, "picture")) can be used"
                    + (failed.first.map { "; the first is \($0.name): \($0.reason)" } ?? ""))
        }
        // Classes all of whose pictures fell away would be empty folders.
        if !pictures.isEmpty { dropEmptyClasses() }
        try draw(options)
    }

    private mutating func dropEmptyClasses() {
        let left = Set(pictures.map(\.label))
        var places: [Int: Int] = [:]
        var kept: [String] = []
        for (label, name) in classes.enumerated() {
            if left.contains(label) {
                places[label] = kept.count
                kept.append(name)
            } else {
                notes.append("No picture of the class \(name) is left.")
            }
        }
        classes = kept
        for index in pictures.indices { pictures[index].label = places[pictures[index].label] ?? 0 }
    }

    /// A picture of an input before its content is known.
    private struct Met {
        let entry: Entry
        let label: String
        let split: Split?
        let source: Int
        let index: Int
    }

    private enum Content: Sendable {
        case good(ContentHash, PictureFormat)
        case failed(String)
        case notFetched
    }

    /// Reads every picture once, on all cores; addresses are fetched first.
    private mutating func read(_ found: [Met], _ options: CollectionOptions) -> [Content] {
        let addresses = found.map(\.entry.name).filter(NamedPictures.isAddress)
        var fetchedReasons: [String: String] = [:]
        if let folder = options.downloads, !addresses.isEmpty {
            let fetching = PictureFetching(folder: folder, limit: options.largestDownload)
            fetchedReasons = fetching.fetch(addresses, options.collecting.progress)
            fetched = Set(addresses).count - fetchedReasons.count
        }
        let (met, sources, downloads) = (found, self.sources, options.downloads)
        let reasons = fetchedReasons
        let chunk = 64
        let results = Mutex<(parts: [Int: [Content]], done: Int)>(([:], 0))
        DispatchQueue.concurrentPerform(iterations: (met.count + chunk - 1) / chunk) { number in
            let part = met[number * chunk..<min((number + 1) * chunk, met.count)].map { one -> Content in
                if NamedPictures.isAddress(one.entry.name) {
                    guard downloads != nil else { return .notFetched }
                    if let reason = reasons[one.entry.name] { return .failed(reason) }
                }
                do {
                    return try Self.look(at: Self.content(one.entry.name, sources[one.source], one.index, downloads))
                } catch {
                    return .failed((error as? Failure)?.message ?? "\(error)")
                }
            }
            let done = results.withLock { results in
                results.parts[number] = part
                results.done += part.count
                return results.done
            }
            options.collecting.progress?(.reading(done: done, total: met.count))
        }
        return results.withLock { results in
            results.parts.sorted { $0.key < $1.key }.flatMap(\.value)
        }
    }

    /// The bytes of a picture, wherever they lie.
    static func content(_ name: String, _ source: any Source, _ index: Int, _ downloads: String?) throws
        -> PictureContent
    {
        if let downloads, NamedPictures.isAddress(name) {
            return .encoded(try readFile(PictureFetching.path(of: name, in: downloads)))
        }
        return try source.content(at: index)
    }

    /// What a content is. Throws if it is no picture by its first bytes.
    private static func look(at content: PictureContent) throws -> Content {
        switch content {
        case .raw: return .good(ContentHash(content), .png)
        case .encoded(let bytes):
            guard let format = bytes.withUnsafeBytes({ PictureFormat.of($0) }) else {
                throw Failure(.data, bytes.isEmpty ? "the file is empty" : "not a picture by its first bytes")
            }
            guard !format.endings.isEmpty else {
                throw Failure(.data, "\(format.withArticle) file, which Fovea does not read")
            }
            return .good(ContentHash(content), format)
        }
    }

    /// Keeps one picture of each content: a test picture before one of validation before one of training, so that what is
    /// measured stays as it was given.
    private mutating func choose(_ found: [Met], _ contents: [Content], _ options: CollectionOptions) {
        let labels = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
        var copies: [ContentHash: [Int]] = [:]
        var order: [(hash: ContentHash, format: PictureFormat)] = []
        for (index, content) in contents.enumerated() {
            switch content {
            case .failed(let reason): failed.append((found[index].entry.name, reason))
            case .notFetched: addresses.append(found[index].entry.name)
            case .good(let hash, let format):
                if copies[hash] == nil { order.append((hash, format)) }
                copies[hash, default: []].append(index)
            }
        }
        func rank(_ split: Split?) -> Int { split == .test ? 0 : split == .validation ? 1 : 2 }
        for (hash, format) in order {
            let all = copies[hash] ?? []
            let isTorn = Set(all.map { found[$0].label }).count > 1
            if isTorn { conflicts.append(Conflict(pictures: all.map { (found[$0].entry.name, found[$0].label) })) }
            if isTorn, !options.keepsFirstOfConflicts { continue }
            let candidates = isTorn ? all.filter { found[$0].label == found[all[0]].label } : all
            guard let kept = candidates.min(by: { (rank(found[$0].split), $0) < (rank(found[$1].split), $1) }) else {
                continue
            }
            let one = found[kept]
            duplicates += candidates.filter { $0 != kept }.map { (found[$0].entry.name, one.entry.name) }
            pictures.append(
                CollectedPicture(
                    name: one.entry.name, label: labels[one.label] ?? 0, split: one.split, weight: one.entry.weight,
                    group: one.entry.group, hash: hash, format: format, source: one.source, index: one.index))
        }
    }
}
