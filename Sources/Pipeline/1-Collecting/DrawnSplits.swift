// Splits that nobody gave. Each picture's own content decides where it goes, so pictures added later move none of the
// others, copies of one picture are never torn apart, and every class is split in the same proportion on average.
// To hash them, the pictures' files are read once: this is the one place where a drawn test picture is opened early.

import FoveaTensorCore
import Foundation
import Synchronization

/// How much of a source becomes validation and test.
package struct DrawnParts: Equatable {
    var validation: Double
    var test: Double

    package init(validation: Double, test: Double) { (self.validation, self.test) = (validation, test) }
}

/// Draws validation and test from a source; what remains is training. Where both parts are 0, nothing is read.
package func drawSplits(
    from source: any Source, _ parts: DrawnParts, _ options: CollectingOptions
) throws -> (splits: [Split: any Source], notes: [String]) {
    precondition(parts.validation >= 0 && parts.test >= 0 && parts.validation + parts.test < 1, "\(parts)")
    guard parts.validation + parts.test > 0 else { return ([:], []) }
    let (keys, unreadable) = drawKeys(of: source, options)
    let places = places(of: keys, labels: source.entries.map(\.label), parts, options)
    var indices: [Split: [Int]] = [:]
    for (index, split) in places.enumerated() { indices[split, default: []].append(index) }
    guard indices[.training] != nil else {
        throw Failure(
            .data, "\(counted(keys.count, "picture")) are too few to draw a validation split from",
            advice: "Add pictures, or give train and validation folders of your own.")
    }
    let splits = indices.mapValues { SubsetSource(of: source, indices: $0) as any Source }
    let by = source.entries.contains { $0.group != nil } ? "group" : "content"
    return (splits, drawnNotes(indices.mapValues(\.count), parts, options, by: by, unreadable))
}

/// The split of each picture by what it is drawn by.
func places(
    of keys: [ContentHash?], labels: [Int], _ parts: DrawnParts, _ options: CollectingOptions
) -> [Split] {
    options.draw == .stratified
        ? stratifiedPlaces(keys, labels: labels, parts, seed: options.seed)
        : keys.map { place($0?.fraction(seed: options.seed), parts) }
}

/// The split of a place in [0, 1). A picture that cannot be read stays in training: the loader names and counts it there.
private func place(_ fraction: Double?, _ parts: DrawnParts) -> Split {
    guard let fraction else { return .training }
    return fraction < parts.validation ? .validation : fraction < parts.validation + parts.test ? .test : .training
}

/// A split for each picture, in the same proportion of every class. Copies and groups go together, in the order of their
/// places in [0, 1), as long as their class still wants pictures there.
func stratifiedPlaces(
    _ keys: [ContentHash?], labels: [Int], _ parts: DrawnParts, seed: UInt64
) -> [Split] {
    var members: [ContentHash: [Int]] = [:]
    for (index, key) in keys.enumerated() { if let key { members[key, default: []].append(index) } }
    let units = members.map { (fraction: $0.key.fraction(seed: seed), indices: $0.value) }
        .sorted { ($0.fraction, $0.indices[0]) < ($1.fraction, $1.indices[0]) }
    let counts = labels.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
    var wanted: [Split: [Int: Int]] = [:]
    for (split, part) in [(Split.validation, parts.validation), (.test, parts.test)] where part > 0 {
        // A class of three pictures or more is in every split.
        wanted[split] = counts.mapValues { max($0 >= 3 ? 1 : 0, Int((Double($0) * part).rounded())) }
    }
    var result = [Split](repeating: .training, count: keys.count)
    for unit in units {
        let own = unit.indices.reduce(into: [Int: Int]()) { $0[labels[$1], default: 0] += 1 }
        for split in [Split.validation, .test] {
            guard let left = wanted[split], own.allSatisfy({ left[$0.key, default: 0] >= $0.value }) else { continue }
            for (label, count) in own { wanted[split]?[label, default: 0] -= count }
            for index in unit.indices { result[index] = split }
            break
        }
    }
    return result
}

/// What was drawn, in words.
private func drawnNotes(
    _ counts: [Split: Int], _ parts: DrawnParts, _ options: CollectingOptions, by reason: String,
    _ unreadable: [String]
) -> [String] {
    let total = counts.values.reduce(0, +)
    let wanted = [(Split.validation, parts.validation), (.test, parts.test)].filter { $0.1 > 0 }
    var notes = wanted.map { split, part in
        let share = "\((part * 1000).rounded() / 10) %".replacingOccurrences(of: ".0 %", with: " %")
        guard let count = counts[split] else {
            return "No \(split.rawValue) split could be drawn: \(counted(total, "picture")) are too few for \(share)."
        }
        return "The \(split.rawValue) split was drawn from training by each picture's \(reason): \(count) of "
            + "\(counted(total, "picture")) (\(share) \(options.draw == .stratified ? "of each class " : "")aimed at, "
            + "seed \(options.seed))."
    }
    if !unreadable.isEmpty {
        notes.append("Not readable, and so kept in training: \(listed(unreadable)).")
    }
    return notes
}

/// What each picture is drawn by: its group, else its content; and the names of those that cannot be read. Whoever finds
/// near duplicates gives them one group, and they stay together.
private func drawKeys(
    of source: any Source, _ options: CollectingOptions
) -> (keys: [ContentHash?], unreadable: [String]) {
    let entries = source.entries
    let chunk = 64
    let chunks = (entries.count + chunk - 1) / chunk
    let results = Mutex<(parts: [[ContentHash?]], done: Int)>(([[ContentHash?]](repeating: [], count: chunks), 0))
    DispatchQueue.concurrentPerform(iterations: chunks) { number in
        let range = number * chunk..<min((number + 1) * chunk, entries.count)
        let part: [ContentHash?] = range.map { index in
            if let group = entries[index].group { return ContentHash(.encoded(Array(group.normalised.utf8))) }
            let content: PictureContent? = try? source.content(at: index)
            return content.map(ContentHash.init)
        }
        let done = results.withLock { results in
            results.parts[number] = part
            results.done += part.count
            return results.done
        }
        options.progress?(.hashing(done: done, total: entries.count))
    }
    let keys = results.withLock { $0.parts.flatMap { $0 } }
    return (keys, entries.indices.filter { keys[$0] == nil }.map { entries[$0].name })
}
