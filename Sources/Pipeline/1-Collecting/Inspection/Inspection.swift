// A look at every picture of a data set before anything is learned from it: what there is, what cannot be read, what is
// there twice and where. Reads each picture once (and near duplicates a second time); changes and writes nothing.

import FoveaPictures
import FoveaTensorCore
import Foundation
import Synchronization

/// A picture that cannot be read.
package struct UnreadablePicture: Sendable {
    /// Its number in the inspection.
    package let picture: Int
    package let reason: String
    /// What such failures have in common, in a few words.
    package let cause: String
}

/// What was found in a data set. Its pictures are numbered: those of training, of validation, of test.
package struct Inspection: Sendable {
    /// The pictures of one split.
    package struct Part: Sendable {
        package let split: Split
        package let source: any Source
        package let entries: [Entry]
        /// The number of its first picture.
        package let first: Int

        package var pictures: Range<Int> { first..<first + entries.count }
    }

    /// What the data set is called.
    package let name: String
    package let classes: [String]
    package let parts: [Part]
    /// By number; nil for pictures that cannot be read.
    package private(set) var traits: [PictureTraits?] = []
    package private(set) var unreadable: [UnreadablePicture] = []
    /// Pictures with the same pixels.
    package private(set) var copies: [PictureCopies] = []
    /// Pictures that show the same, the surest first.
    package private(set) var nearPairs: [NearPair] = []
    package private(set) var outliers: [Outlier] = []
    package private(set) var giveaways: [LabelGiveaway] = []
    /// What else a person should know, a sentence each.
    package private(set) var notes: [String]

    /// Reads all pictures on all cores. Throws a `Failure` of kind `.data` if a source cannot be read at all.
    package init(_ data: DataSet, progress: (@Sendable (CollectingProgress) -> Void)? = nil) throws {
        name = data.name
        classes = data.classes
        notes = data.notes
        var parts: [Part] = []
        var count = 0
        for split in [Split.training, .validation, .test] {
            guard let source = data.splits[split] else { continue }
            try source.prepare()
            let part = Part(split: split, source: source, entries: source.entries, first: count)
            parts.append(part)
            count += part.entries.count
        }
        self.parts = parts
        for part in parts {
            for note in missing(part.split, in: part.source, classes) where !notes.contains(note) { notes.append(note) }
        }
        let hashes = read(count, progress)
        copies = PictureCopies.groups(self)
        let search = NearDuplicates(self, hashes)
        nearPairs = search.pairs
        notes += search.notes
        outliers = Outlier.found(in: self)
        giveaways = LabelGiveaway.found(in: self)
    }

    /// The number of pictures.
    package var count: Int { parts.last.map { $0.first + $0.entries.count } ?? 0 }

    /// The part that holds a picture.
    private func part(of picture: Int) -> Part {
        parts.last { $0.first <= picture } ?? parts[0]
    }

    /// What a picture is called, and its label.
    package func entry(_ picture: Int) -> Entry {
        let part = part(of: picture)
        return part.entries[picture - part.first]
    }

    package func split(of picture: Int) -> Split { part(of: picture).split }

    /// The name of a picture's class.
    package func label(of picture: Int) -> String { classes[entry(picture).label] }

    /// Reads a picture once more. Throws as its source does.
    package func content(of picture: Int) throws -> PictureContent {
        let part = part(of: picture)
        return try part.source.content(at: picture - part.first)
    }

    /// A picture to look at, its longer side `side` pixels at most. Throws if it cannot be read any more.
    package func thumbnail(of picture: Int, side: Int) throws -> Picture {
        try TraitReader().picture(content(of: picture), side: side)
    }

    /// Pictures of each class in a part.
    package func counts(of part: Part) -> [Int] {
        part.entries.reduce(into: [Int](repeating: 0, count: classes.count)) { $0[$1.label] += 1 }
    }

    /// Pictures of the largest class over those of the smallest that has any, in the first split; 1 where there are none.
    package var imbalance: Double {
        let counts = (parts.first.map(counts(of:)) ?? []).filter { $0 > 0 }
        return Double(counts.max() ?? 1) / Double(counts.min() ?? 1)
    }

    /// How many pictures have each value of a trait, the most frequent first.
    package func tally(_ trait: (PictureTraits) -> String) -> [(value: String, count: Int)] {
        var counts: [String: Int] = [:]
        for case let traits? in traits { counts[trait(traits), default: 0] += 1 }
        return counts.map { (value: $0.key, count: $0.value) }.sorted { ($1.count, $0.value) < ($0.count, $1.value) }
    }

    /// What one thread found in a run of pictures.
    private struct Look: Sendable {
        var traits: [PictureTraits?] = []
        var hashes = PerceptualHashes()
        var unreadable: [UnreadablePicture] = []
    }

    /// Reads every picture, on all cores.
    private mutating func read(
        _ count: Int, _ progress: (@Sendable (CollectingProgress) -> Void)?
    ) -> PerceptualHashes {
        let chunk = 64
        let chunks = (count + chunk - 1) / chunk
        let results = Mutex<(looks: [Look], done: Int)>(([Look](repeating: Look(), count: chunks), 0))
        let whole = self
        DispatchQueue.concurrentPerform(iterations: chunks) { number in
            let pictures = number * chunk..<min((number + 1) * chunk, count)
            let look = whole.look(at: pictures)
            let done = results.withLock { results in
                results.looks[number] = look
                results.done += pictures.count
                return results.done
            }
            progress?(.reading(done: done, total: count))
        }
        var hashes = PerceptualHashes()
        for look in results.withLock({ $0.looks }) {
            traits += look.traits
            unreadable += look.unreadable
            hashes.append(look.hashes)
        }
        return hashes
    }

    private func look(at pictures: Range<Int>) -> Look {
        let reader = TraitReader()
        var look = Look()
        for picture in pictures {
            do {
                let (traits, hash) = try reader.read(content(of: picture))
                look.traits.append(traits)
                look.hashes.append(hash)
            } catch {
                let failure = error as? Failure
                look.traits.append(nil)
                look.hashes.appendNothing()
                look.unreadable.append(
                    UnreadablePicture(
                        picture: picture, reason: failure?.message ?? "\(error)",
                        cause: failure?.cause ?? "the file cannot be read"))
            }
        }
        return look
    }
}
