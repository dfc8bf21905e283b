// Splits that nobody gave. Each picture's own content decides where it goes, so pictures added later move none of the
// others, copies of one picture are never torn apart, and every class is split in the same proportion on average.
// To hash them, the pictures' files are read once: this is the one place where a drawn test picture is opened early.

import FoveaTensorCore
import Foundation
import Synchronization

/// How much of a source becomes validation and test.
struct DrawnParts: Equatable {
    var validation: Double
    var test: Double
}

/// Draws validation and test from a source; what remains is training. Where both parts are 0, nothing is read.
func drawSplits(
    from source: any Source, _ parts: DrawnParts, _ options: CollectingOptions
) throws -> (splits: [Split: any Source], notes: [String]) {
    precondition(parts.validation >= 0 && parts.test >= 0 && parts.validation + parts.test < 1, "\(parts)")
    guard parts.validation + parts.test > 0 else { return ([:], []) }
    let (fractions, unreadable) = contentFractions(of: source, options)
    var indices: [Split: [Int]] = [:]
    for (index, fraction) in fractions.enumerated() {
        // A picture that cannot be read stays in training: the loader names and counts it there.
        guard let fraction else {
            indices[.training, default: []].append(index)
            continue
        }
        let split: Split =
            fraction < parts.validation ? .validation : fraction < parts.validation + parts.test ? .test : .training
        indices[split, default: []].append(index)
    }
    guard indices[.training] != nil else {
        throw Failure(
            .data, "\(counted(fractions.count, "picture")) are too few to draw a validation split from",
            advice: "Add pictures, or give train and validation folders of your own.")
    }
    let splits = indices.mapValues { SubsetSource(of: source, indices: $0) as any Source }
    return (splits, drawnNotes(indices.mapValues(\.count), parts, options.seed, unreadable))
}

/// What was drawn, in words.
private func drawnNotes(
    _ counts: [Split: Int], _ parts: DrawnParts, _ seed: UInt64, _ unreadable: [String]
) -> [String] {
    let total = counts.values.reduce(0, +)
    let wanted = [(Split.validation, parts.validation), (.test, parts.test)].filter { $0.1 > 0 }
    var notes = wanted.map { split, part in
        let share = "\((part * 1000).rounded() / 10) %".replacingOccurrences(of: ".0 %", with: " %")
        guard let count = counts[split] else {
            return "No \(split.rawValue) split could be drawn: \(counted(total, "picture")) are too few for \(share)."
        }
        return "The \(split.rawValue) split was drawn from training by each picture's content: \(count) of "
            + "\(counted(total, "picture")) (\(share) aimed at, seed \(seed))."
    }
    if !unreadable.isEmpty {
        notes.append("Not readable, and so kept in training: \(listed(unreadable)).")
    }
    return notes
}

/// Each picture's place in [0, 1), and the names of those that cannot be read.
private func contentFractions(
    of source: any Source, _ options: CollectingOptions
) -> (fractions: [Double?], unreadable: [String]) {
    let entries = source.entries
    let chunk = 64
    let chunks = (entries.count + chunk - 1) / chunk
    let results = Mutex<(parts: [[Double?]], done: Int)>(([[Double?]](repeating: [], count: chunks), 0))
    DispatchQueue.concurrentPerform(iterations: chunks) { number in
        let range = number * chunk..<min((number + 1) * chunk, entries.count)
        let part = range.map { index in
            (try? source.content(at: index)).map { ContentHash($0).fraction(seed: options.seed) }
        }
        let done = results.withLock { results in
            results.parts[number] = part
            results.done += part.count
            return results.done
        }
        options.progress?(.hashing(done: done, total: entries.count))
    }
    let fractions = results.withLock { $0.parts.flatMap { $0 } }
    return (fractions, entries.indices.filter { fractions[$0] == nil }.map { entries[$0].name })
}
