// Pictures unlike the others of their data set: in size or shape, dark, bright, blurred, of one shade. What is usual is
// the median and the median distance from it, so that the outliers themselves do not decide. Says so; judges nothing.

import Foundation

/// A picture unlike the others.
package struct Outlier: Sendable {
    /// In what it is unlike.
    package enum Kind: String, Sendable, CaseIterable {
        case empty, dark, bright, blurred, small, large, long
    }

    /// Its number in the inspection.
    package let picture: Int
    package let kind: Kind
    /// The figures, in words.
    package let detail: String

    /// The shortest side at which blur can be told from smoothness.
    private static let blurSide: Int32 = 64
    /// Shades: 95 % of a dark picture's samples are at most this, of a bright one's at least.
    private static let darkShade: UInt8 = 50
    private static let brightShade: UInt8 = 225
    /// Distances from the median, in deviations, beyond which a value is unusual.
    private static let unusual: Float = 3

    /// All of them, in the order of the pictures; a picture may have several.
    static func found(in inspection: Inspection) -> [Outlier] {
        let known = inspection.traits.compactMap { $0 }
        guard !known.isEmpty else { return [] }
        let shorter = Usual(known.map { Float(min($0.width, $0.height)) })
        let area = Usual(known.map { Float($0.width) * Float($0.height) })
        let elongation = Usual(known.map(\.elongation))
        let brightness = Usual(known.map(\.brightness))
        let sharp = Usual(
            known.filter { !$0.isEmpty && min($0.width, $0.height) >= blurSide }.map { log(max($0.sharpness, 1e-6)) })
        var found: [Outlier] = []
        for (picture, traits) in inspection.traits.enumerated() {
            guard let traits else { continue }
            func add(_ kind: Kind, _ detail: String) {
                found.append(Outlier(picture: picture, kind: kind, detail: detail))
            }
            let side = Float(min(traits.width, traits.height))
            if side * 4 < shorter.median {
                add(.small, "\(traits.size); the median of the shorter sides is \(Int(shorter.median))")
            }
            let pixels = Float(traits.width) * Float(traits.height)
            if pixels > area.median * 16 { add(.large, "\(traits.size); the median is \(Int(area.median)) pixels") }
            if traits.elongation >= 3, traits.elongation > elongation.median * 1.8 {
                add(.long, "\(traits.size): \(number(traits.elongation)) times as long as wide")
            }
            if traits.isEmpty {
                add(.empty, "nearly all pixels have the shade \(Int(traits.brightness.rounded()))")
                continue
            }
            let distance = brightness.distance(traits.brightness)
            if traits.brightest <= darkShade, distance < -unusual {
                add(.dark, "mean shade \(Int(traits.brightness)) of 255; the median is \(Int(brightness.median))")
            }
            if traits.darkest >= brightShade, distance > unusual {
                add(.bright, "mean shade \(Int(traits.brightness)) of 255; the median is \(Int(brightness.median))")
            }
            guard min(traits.width, traits.height) >= blurSide else { continue }
            let logarithm = log(max(traits.sharpness, 1e-6))
            if logarithm < sharp.median - 1, sharp.distance(logarithm) < -unusual {
                add(.blurred, "sharpness \(number(traits.sharpness)); the median is \(number(exp(sharp.median)))")
            }
        }
        return found
    }

    private static func number(_ value: Float) -> String { String(format: "%.2f", value) }
}

/// The usual value of a trait.
private struct Usual {
    var median: Float = 0
    /// The median distance from it, scaled to be a normal distribution's standard deviation.
    private var deviation: Float = 0

    init(_ values: [Float]) {
        guard !values.isEmpty else { return }
        let middle = values.sorted()[values.count / 2]
        median = middle
        deviation = 1.4826 * values.map { abs($0 - middle) }.sorted()[values.count / 2]
    }

    /// How many deviations a value lies above the median.
    func distance(_ value: Float) -> Float { (value - median) / max(deviation, 1e-6) }
}
