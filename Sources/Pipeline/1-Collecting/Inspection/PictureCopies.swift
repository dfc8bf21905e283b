// Pictures that are there more than once, pixel by pixel. Groups them by a hash of their pixels; says which one would stay:
// the test picture before that of validation before that of training, so that what is measured stays as it was given.

/// Pictures with the same pixels.
package struct PictureCopies: Sendable {
    /// Their numbers, the one that would stay first.
    package let pictures: [Int]
    /// Whether their files are the same byte for byte.
    package let haveSameContent: Bool
    /// Whether they lie in several splits.
    package let crossSplits: Bool
    /// Whether they have several labels.
    package let areConflicting: Bool

    package var repetition: Repetition { Repetition(crossesSplits: crossSplits, isConflicting: areConflicting) }

    /// What is the same.
    package var words: String { haveSameContent ? "the same file" : "the same pixels" }

    /// All groups of two pictures or more, in the order of their first.
    static func groups(_ inspection: Inspection) -> [PictureCopies] {
        var members: [UInt64: [Int]] = [:]
        var known: [UInt64: Int] = [:]
        for (picture, traits) in inspection.traits.enumerated() {
            guard let traits else { continue }
            // Most pictures are alone, and a list for each of them would be large.
            guard let first = known[traits.pixels] else {
                known[traits.pixels] = picture
                continue
            }
            members[traits.pixels, default: [first]].append(picture)
        }
        return members.values.map { pictures in
            PictureCopies(
                pictures: inspection.byPrecedence(pictures),
                haveSameContent: Set(pictures.compactMap { inspection.traits[$0]?.content }).count == 1,
                crossSplits: Set(pictures.map(inspection.split(of:))).count > 1,
                areConflicting: Set(pictures.map { inspection.entry($0).label }).count > 1)
        }.sorted { $0.pictures[0] < $1.pictures[0] }
    }
}

extension Inspection {
    /// These pictures, those of test first, then those of validation, then those of training.
    func byPrecedence(_ pictures: [Int]) -> [Int] {
        func rank(_ picture: Int) -> Int {
            switch split(of: picture) {
            case .test: 0
            case .validation: 1
            case .training: 2
            }
        }
        return pictures.sorted { (rank($0), $0) < (rank($1), $1) }
    }
}
