// What `fovea inspect --json` prints: an inspection as the record that docs/json.md promises. Every finding is in it.

import FoveaCollecting
import FoveaTensorCore

/// An inspection in JSON.
struct InspectionRecord: Encodable {
    struct ClassCount: Encodable {
        let name: String
        let count: Int
        let splits: [String: Int]
    }

    struct Failed: Encodable {
        let path: String
        let reason: String
        let cause: String
    }

    struct Labelled: Encodable {
        let path: String
        let `class`: String
        let split: String

        init(_ picture: Int, _ inspection: Inspection) {
            path = inspection.entry(picture).name
            `class` = inspection.label(of: picture)
            split = inspection.split(of: picture).rawValue
        }
    }

    struct Group: Encodable {
        let pictures: [Labelled]
        let acrossSplits: Bool
        let conflicting: Bool
        let sameFile: Bool
    }

    struct Pair: Encodable {
        let pictures: [Labelled]
        let likeness: Double
        let mirrored: Bool
        let acrossSplits: Bool
        let conflicting: Bool
    }

    struct Unlike: Encodable {
        let path: String
        let kind: String
        let detail: String
    }

    struct Giveaway: Encodable {
        let property: String
        let `class`: String
        let rule: String
        let balancedAccuracy: Double
        let accuracy: Double
        let majority: Double
    }

    let schema = 1
    let path: String
    let count: Int
    let classes: [ClassCount]
    let splits: [String: Int]
    let formats: [String: Int]
    let colours: [String: Int]
    let orientations: [String: Int]
    let sizes: [String: Int]
    let failed: [Failed]
    let duplicates: [Group]
    let nearDuplicates: [Pair]
    let outliers: [Unlike]
    let giveaways: [Giveaway]
    let imbalance: Double
    let notes: [String]

    /// `data` is what the person named.
    init(_ inspection: Inspection, _ data: String) {
        func tally(_ value: (PictureTraits) -> String) -> [String: Int] {
            Dictionary(uniqueKeysWithValues: inspection.tally(value).map { ($0.value, $0.count) })
        }
        func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
        let counts = inspection.parts.map { (split: $0.split.rawValue, classes: inspection.counts(of: $0)) }
        path = data
        count = inspection.count
        classes = inspection.classes.enumerated().map { label, name in
            ClassCount(
                name: name, count: counts.reduce(0) { $0 + $1.classes[label] },
                splits: Dictionary(uniqueKeysWithValues: counts.map { ($0.split, $0.classes[label]) }))
        }
        splits = Dictionary(uniqueKeysWithValues: counts.map { ($0.split, $0.classes.reduce(0, +)) })
        formats = tally(\.formatName)
        colours = tally(\.mode)
        orientations = tally { $0.orientation.words }
        sizes = tally(\.size)
        failed = inspection.unreadable.map {
            Failed(path: inspection.entry($0.picture).name, reason: $0.reason, cause: $0.cause)
        }
        duplicates = inspection.copies.map {
            Group(
                pictures: $0.pictures.map { Labelled($0, inspection) }, acrossSplits: $0.crossSplits,
                conflicting: $0.areConflicting, sameFile: $0.haveSameContent)
        }
        nearDuplicates = inspection.nearPairs.map {
            Pair(
                pictures: [Labelled($0.kept, inspection), Labelled($0.other, inspection)],
                likeness: rounded(Double($0.likeness)), mirrored: $0.isMirrored, acrossSplits: $0.crossesSplits,
                conflicting: $0.isConflicting)
        }
        outliers = inspection.outliers.map {
            Unlike(path: inspection.entry($0.picture).name, kind: $0.kind.rawValue, detail: $0.detail)
        }
        giveaways = inspection.giveaways.map {
            Giveaway(
                property: $0.property, class: inspection.classes[$0.label], rule: $0.rule,
                balancedAccuracy: rounded($0.balancedAccuracy), accuracy: rounded($0.accuracy),
                majority: rounded($0.majority))
        }
        imbalance = rounded(inspection.imbalance)
        notes = inspection.notes
    }
}
