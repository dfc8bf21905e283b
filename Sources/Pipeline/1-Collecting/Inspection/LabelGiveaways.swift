// Properties of files and pictures that tell a class without a look at what is shown: a network would learn them instead.
// For each property and class the best single cut, "width from 513 on is cat"; told where it is nearly always right.

import Foundation

/// A property that gives a class away.
package struct LabelGiveaway: Sendable {
    /// `width`, `format`.
    package let property: String
    /// The class that it tells.
    package let label: Int
    /// The cut, in words: `width from 513 on`.
    package let rule: String
    /// The mean of two parts: of the class, that the rule takes; of all others, that it leaves.
    package let balancedAccuracy: Double
    /// The part of all pictures that the rule alone puts on the right side: this class or another.
    package let accuracy: Double
    /// The same for whoever always says the more frequent of the two.
    package let majority: Double

    /// Cuts that are right less often are not told.
    private static let least = 0.95
    /// Classes with fewer pictures prove nothing.
    private static let fewest = 10

    private static let numbers: [(name: String, value: @Sendable (PictureTraits) -> Float)] = [
        ("width", { Float($0.width) }), ("height", { Float($0.height) }),
        ("aspect", { Float($0.width) / Float(max(1, $0.height)) }), ("bytes", { Float($0.byteCount) }),
        ("brightness", { $0.brightness }), ("contrast", { $0.contrast }), ("sharpness", { $0.sharpness }),
    ]

    private static let kinds: [(name: String, value: @Sendable (PictureTraits) -> String)] = [
        ("format", { $0.formatName }), ("colour mode", { $0.mode }), ("orientation", { $0.orientation.words }),
    ]

    /// All of them, the surest first.
    static func found(in inspection: Inspection) -> [LabelGiveaway] {
        var known: [(traits: PictureTraits, label: Int)] = []
        for part in inspection.parts {
            for (picture, entry) in zip(part.pictures, part.entries) {
                if let traits = inspection.traits[picture] { known.append((traits, entry.label)) }
            }
        }
        let totals = known.reduce(into: [Int](repeating: 0, count: inspection.classes.count)) { $0[$1.label] += 1 }
        guard totals.count(where: { $0 > 0 }) > 1 else { return [] }
        var found: [LabelGiveaway] = []
        for (name, value) in numbers {
            found += cuts(of: name, known.map { (value($0.traits), $0.label) }, totals)
        }
        for (name, value) in kinds {
            found += values(of: name, known.map { (value($0.traits), $0.label) }, totals)
        }
        return found.sorted {
            ($1.balancedAccuracy, $0.property, $0.label) < ($0.balancedAccuracy, $1.property, $1.label)
        }
    }

    /// The best cut of a number for each class, in one pass over the sorted values: between two members of a class the
    /// score only moves one way, so that cuts beside its members are enough.
    private static func cuts(of name: String, _ values: [(value: Float, label: Int)], _ totals: [Int])
        -> [LabelGiveaway]
    {
        let sorted = values.sorted { $0.value < $1.value }
        let all = sorted.count
        struct Best {
            var score = 0.5
            var isAbove = false
            var cut: Float = 0
            var right = 0
        }
        var best = [Best](repeating: Best(), count: totals.count)
        var passed = [Int](repeating: 0, count: totals.count)
        /// Holds a cut in front of `value`, with `below` pictures under it, against the best of a class.
        func consider(_ label: Int, _ below: Int, _ value: Float) {
            let (own, others) = (totals[label], all - totals[label])
            guard own >= fewest, others >= fewest, below > 0, below < all else { return }
            let ownBelow = passed[label]
            let othersBelow = below - ownBelow
            let above = (Double(own - ownBelow) / Double(own) + Double(othersBelow) / Double(others)) / 2
            let score = max(above, 1 - above)
            guard score > best[label].score else { return }
            let right = own - ownBelow + othersBelow
            best[label] = Best(
                score: score, isAbove: above >= 0.5, cut: value, right: above >= 0.5 ? right : all - right)
        }
        var start = 0
        while start < all {
            var end = start
            while end < all, sorted[end].value == sorted[start].value { end += 1 }
            let met = Set(sorted[start..<end].lazy.map(\.label))
            for label in met { consider(label, start, sorted[start].value) }
            for item in sorted[start..<end] { passed[item.label] += 1 }
            if end < all { for label in met { consider(label, end, sorted[end].value) } }
            start = end
        }
        return best.indices.compactMap { label in
            let one = best[label]
            guard one.score >= least else { return nil }
            return LabelGiveaway(
                property: name, label: label,
                rule: "\(name) \(one.isAbove ? "from \(text(one.cut)) on" : "below \(text(one.cut))")",
                balancedAccuracy: one.score, accuracy: Double(one.right) / Double(all),
                majority: majority(totals[label], all))
        }
    }

    /// Values of a kind that tell a class.
    private static func values(of name: String, _ values: [(value: String, label: Int)], _ totals: [Int])
        -> [LabelGiveaway]
    {
        let all = values.count
        var counts: [String: [Int]] = [:]
        for (value, label) in values {
            counts[value, default: [Int](repeating: 0, count: totals.count)][label] += 1
        }
        var found: [LabelGiveaway] = []
        for (value, by) in counts.sorted(by: { $0.key < $1.key }) where counts.count > 1 {
            let having = by.reduce(0, +)
            for label in totals.indices {
                let (own, others) = (totals[label], all - totals[label])
                guard own >= fewest, others >= fewest else { continue }
                let right = by[label] + others - (having - by[label])
                let score = (Double(by[label]) / Double(own) + Double(others - having + by[label]) / Double(others)) / 2
                guard score >= least else { continue }
                found.append(
                    LabelGiveaway(
                        property: name, label: label, rule: "\(name) \(value)", balancedAccuracy: score,
                        accuracy: Double(right) / Double(all), majority: majority(own, all)))
            }
        }
        return found
    }

    private static func majority(_ own: Int, _ all: Int) -> Double { Double(max(own, all - own)) / Double(max(1, all)) }

    private static func text(_ value: Float) -> String {
        value == value.rounded() ? String(format: "%.0f", value) : String(format: "%.3g", value)
    }
}
