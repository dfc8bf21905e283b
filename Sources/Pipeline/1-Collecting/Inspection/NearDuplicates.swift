// Pictures that show the same without being the same: encoded again, resized, cut a little, mirrored. Candidates come from
// their hashes; each pair is then read again and compared sample by sample, so that few pairs are wrong.

import FoveaTensorCore
import Foundation
import Synchronization

/// Two pictures that show the same.
package struct NearPair: Sendable {
    /// Their numbers, the one that would stay first.
    package let kept: Int
    package let other: Int
    /// Whether one is the mirror image of the other.
    package let isMirrored: Bool
    /// How well they agree, at most 1.
    package let likeness: Float
    /// Whether they lie in several splits.
    package let crossesSplits: Bool
    /// Whether they have several labels.
    package let isConflicting: Bool

    package var repetition: Repetition { Repetition(crossesSplits: crossesSplits, isConflicting: isConflicting) }

    /// `97.3 % alike, mirrored`.
    package var words: String {
        String(format: "%.1f %% alike", likeness * 100) + (isMirrored ? ", mirrored" : "")
    }
}

/// The search for them.
package struct NearDuplicates {
    /// The surest first.
    private(set) var pairs: [NearPair] = []
    private(set) var notes: [String] = []

    /// Candidates that are compared, the likest; reading files again takes longer than pixels in memory.
    private static let mostCandidates = 6000
    private static let mostRawCandidates = 20_000

    /// A thumbnail, and whether its picture has few details.
    private struct Small: Sendable {
        let samples: [UInt8]
        let isSmall: Bool
    }

    init(_ inspection: Inspection, _ hashes: PerceptualHashes) {
        // Copies are represented by one of them, and one empty picture is like any other.
        var passed = Set<Int>()
        for group in inspection.copies { passed.formUnion(group.pictures.dropFirst()) }
        let places = inspection.traits.indices.filter { picture in
            inspection.traits[picture].map { !$0.isEmpty } == true && !passed.contains(picture)
        }
        var candidates = NearSearch(hashes, among: places).candidates()
        let isRaw = inspection.traits.allSatisfy { $0?.format == nil }
        let limit = isRaw ? Self.mostRawCandidates : Self.mostCandidates
        if candidates.count > limit {
            candidates.removeSubrange(limit...)
            notes.append("Of pairs that look alike the \(limit) likest were compared pixel by pixel.")
        }
        let smalls = Self.thumbnails(Array(Set(candidates.flatMap { [$0.first, $0.second] })).sorted(), inspection)
        pairs = Self.confirmed(candidates, smalls, inspection)
    }

    /// The thumbnails of these pictures, read on all cores.
    private static func thumbnails(_ pictures: [Int], _ inspection: Inspection) -> [Int: Small] {
        let chunk = 32
        let results = Mutex<[Int: Small]>([:])
        DispatchQueue.concurrentPerform(iterations: (pictures.count + chunk - 1) / chunk) { number in
            let reader = TraitReader()
            var part: [(Int, Small)] = []
            for picture in pictures[number * chunk..<min((number + 1) * chunk, pictures.count)] {
                // It could be read a moment ago; if it has gone since, there is nothing to compare.
                guard let (samples, side) = try? reader.thumbnail(inspection.content(of: picture)) else { continue }
                part.append((picture, Small(samples: samples, isSmall: side < PictureComparison.smallSide)))
            }
            results.withLock { results in for (picture, small) in part { results[picture] = small } }
        }
        return results.withLock { $0 }
    }

    /// The pairs among the candidates that show the same.
    private static func confirmed(
        _ candidates: [NearCandidate], _ smalls: [Int: Small], _ inspection: Inspection
    ) -> [NearPair] {
        let chunk = 32
        let results = Mutex<[NearPair]>([])
        DispatchQueue.concurrentPerform(iterations: (candidates.count + chunk - 1) / chunk) { number in
            var part: [NearPair] = []
            for candidate in candidates[number * chunk..<min((number + 1) * chunk, candidates.count)] {
                guard let one = smalls[candidate.first], let other = smalls[candidate.second] else { continue }
                let comparison = PictureComparison(
                    candidate.isMirrored ? mirrored(one.samples) : one.samples, other.samples,
                    isSmall: one.isSmall || other.isSmall)
                guard comparison.isSame else { continue }
                let ordered = inspection.byPrecedence([candidate.first, candidate.second])
                part.append(
                    NearPair(
                        kept: ordered[0], other: ordered[1], isMirrored: candidate.isMirrored,
                        likeness: comparison.score,
                        crossesSplits: inspection.split(of: ordered[0]) != inspection.split(of: ordered[1]),
                        isConflicting: inspection.entry(ordered[0]).label != inspection.entry(ordered[1]).label))
            }
            results.withLock { $0 += part }
        }
        return results.withLock { $0 }.sorted {
            ($1.likeness, $0.kept, $0.other) < ($0.likeness, $1.kept, $1.other)
        }
    }

    private static func mirrored(_ samples: [UInt8]) -> [UInt8] {
        let side = PerceptualHash.side
        return (0..<samples.count).map { samples[$0 / side * side + side - 1 - $0 % side] }
    }
}
