// MixUp and CutMix: pictures of one batch mixed with each other, and their targets with them. Works on whole batches of
// normalised floats; each picture meets the one before it, as in torchvision's classes of these names.

import FoveaTensorCore
import Foundation

/// How the pictures of one batch are mixed: drawn once a batch.
package enum BatchMixture: Sendable, Equatable {
    /// `share` of each picture and the rest of its partner.
    case mixed(share: Float)
    /// A rectangle is the partner's.
    case cut(rows: Range<Int>, columns: Range<Int>)
}

extension Augmentation {
    /// Whether batches are mixed at all.
    package var mixes: Bool { mixUp != nil || cutMix != nil }

    /// What happens to one batch, or nil for nothing. Where both are wanted, each has half of the batches.
    package func drawMixture(_ stream: inout RandomStream, height: Int, width: Int) -> BatchMixture? {
        let takesCut = mixUp == nil || (cutMix != nil && stream.uniform() < 0.5)
        if !takesCut, let mixUp {
            guard stream.happens(mixUp.probability) else { return nil }
            return .mixed(share: Float(stream.beta(Double(mixUp.alpha))))
        }
        guard let cutMix, stream.happens(cutMix.probability) else { return nil }
        return .rectangle(share: stream.beta(Double(cutMix.alpha)), &stream, height: height, width: width)
    }
}

extension BatchMixture {
    /// torchvision's rectangle: its centre is drawn anywhere, what lies outside is cut off.
    fileprivate static func rectangle(share: Double, _ stream: inout RandomStream, height: Int, width: Int)
        -> BatchMixture
    {
        let (x, y) = (stream.integer(below: width), stream.integer(below: height))
        let half = 0.5 * (1 - share).squareRoot()
        let (w, h) = (Int(half * Double(width)), Int(half * Double(height)))
        return .cut(
            rows: max(0, y - h)..<min(height, y + h), columns: max(0, x - w)..<min(width, x + w))
    }

    /// Mixes the rows of a batch that are named in `rows`, in place: pixels (N, C, H, W), targets (N, classes). `spare`
    /// has room for one picture and one target.
    package func apply(
        pixels: UnsafeMutablePointer<Float>, targets: UnsafeMutablePointer<Float>, rows: [Int], shape: Shape,
        classes: Int, spare: UnsafeMutablePointer<Float>
    ) {
        guard let last = rows.last, rows.count > 1 else { return }
        let size = shape.count
        let (spareTarget, sparePixels) = (spare, spare + classes)
        sparePixels.update(from: pixels + last * size, count: size)
        spareTarget.update(from: targets + last * classes, count: classes)
        let share = targetShare(height: shape[1], width: shape[2])
        // From the last to the first, so that a partner is met before it is changed.
        for place in rows.indices.reversed() {
            let own = rows[place]
            let (partner, partnerTarget) =
                place == 0
                ? (sparePixels, spareTarget)
                : (pixels + rows[place - 1] * size, targets + rows[place - 1] * classes)
            mix(pixels + own * size, partner, shape)
            blend(targets + own * classes, partnerTarget, classes, share)
        }
    }

    /// The part of a target that is kept.
    private func targetShare(height: Int, width: Int) -> Float {
        switch self {
        case .mixed(let share): share
        case .cut(let rows, let columns): Float(1 - Double(rows.count * columns.count) / Double(height * width))
        }
    }

    private func mix(_ own: UnsafeMutablePointer<Float>, _ partner: UnsafePointer<Float>, _ shape: Shape) {
        switch self {
        case .mixed(let share): blend(own, partner, shape.count, share)
        case .cut(let rows, let columns):
            for channel in 0..<shape[0] {
                for y in rows {
                    let start = (channel * shape[1] + y) * shape[2] + columns.lowerBound
                    (own + start).update(from: partner + start, count: columns.count)
                }
            }
        }
    }
}

/// own = share own + (1 - share) partner
private func blend(
    _ own: UnsafeMutablePointer<Float>, _ partner: UnsafePointer<Float>, _ count: Int, _ share: Float
) {
    let rest = 1 - share
    for index in 0..<count { own[index] = own[index] * share + partner[index] * rest }
}

extension RandomStream {
    /// A number of the beta distribution whose two parameters are `alpha`.
    mutating func beta(_ alpha: Double) -> Double {
        let (first, second) = (logGamma(alpha), logGamma(alpha))
        // Both may be too small for Double where alpha is: their ratio is not.
        return 1 / (1 + exp(second - first))
    }

    /// The logarithm of a number of the gamma distribution (Marsaglia and Tsang 2000).
    private mutating func logGamma(_ alpha: Double) -> Double {
        if alpha < 1 {
            let boost = log(1 - Double(uniform())) / alpha
            return logGamma(alpha + 1) + boost
        }
        let d = alpha - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = Double(normal())
            let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
            guard v > 0 else { continue }
            let u = 1 - Double(uniform())
            if log(u) < 0.5 * x * x + d - d * v + d * log(v) { return log(d * v) }
        }
    }
}
