// Which pictures may be near duplicates: pairs whose perceptual hashes, or those of one and the other's mirror image, are
// alike. Few pictures are all compared; of many, those that agree in one band of sign bits. Looks at hashes only.

import Foundation
import Synchronization

/// A pair of pictures with like hashes.
struct NearCandidate: Sendable {
    /// Indices of hashes, the lower first.
    let first: Int
    let second: Int
    let isMirrored: Bool
    /// The cosine between the hashes, seen from their mean.
    let likeness: Float
}

/// A search among the hashes of many pictures.
struct NearSearch {
    /// Pictures among which every pair is compared.
    private static let exhaustiveCount = 6000
    /// Sign bits that may differ where bands are looked at.
    private static let mostBits = 14
    /// Hashes less alike are no candidates.
    private static let leastLikeness: Float = 0.65
    /// Pictures like nothing, counted when the mean is taken: the mean of two pictures says nothing about what is usual.
    private static let neutralCount: Float = 100
    /// Candidates that are kept of one picture, the likest.
    private static let kept = 5
    /// Members of one band's bucket that one picture is compared with.
    private static let mostMembers = 512

    /// Which hash each member has.
    private let places: [Int]
    private let hashes: PerceptualHashes
    /// Sign bits of the members, and of their mirror images.
    private let signs: [UInt64]
    private let mirrored: [UInt64]
    private let bands: [SignBand]
    /// Each member's product with the mean, and one over its distance from the mean.
    private let products: [Float]
    private let factors: [Float]
    /// The square of the mean's length.
    private let meanSquare: Float

    /// Prepares a search among the hashes at these places, in rising order.
    init(_ hashes: PerceptualHashes, among places: [Int]) {
        self.hashes = hashes
        self.places = places
        let (medians, mean) = (Self.medians(hashes, places), Self.mean(hashes, places))
        let meanSquare = mean.reduce(Float(0)) { $0 + $1 * $1 }
        var (signs, mirrored): ([UInt64], [UInt64]) = ([], [])
        var (products, factors): ([Float], [Float]) = ([], [])
        for place in places {
            var (sign, mirror): (UInt64, UInt64) = (0, 0)
            var (product, square): (Float, Float) = (0, 0)
            for (k, value) in hashes[place].enumerated() {
                // The last value is unused, and 0.
                if Int(value) > medians[k] { sign |= 1 << UInt64(k) }
                if (PerceptualHash.flips[k] ? -Int(value) : Int(value)) > medians[k] { mirror |= 1 << UInt64(k) }
                product += Float(value) * mean[k]
                square += Float(value) * Float(value)
            }
            signs.append(sign)
            mirrored.append(mirror)
            products.append(product)
            factors.append(1 / max(1, square - 2 * product + meanSquare).squareRoot())
        }
        (self.signs, self.mirrored, self.products, self.factors) = (signs, mirrored, products, factors)
        self.meanSquare = meanSquare
        var bands: [SignBand] = []
        if places.count > Self.exhaustiveCount {
            // Buckets of about a hundred members, if all were of one size.
            let width = Int.bitWidth - places.count.leadingZeroBitCount
            let bits = max(8, min(16, width - 7))
            for band in 0..<(PerceptualHash.count - 1) / bits {
                bands.append(SignBand(signs, shift: band * bits, bits: bits))
            }
        }
        self.bands = bands
    }

    /// The mean of each value; 0 for those that a mirror image has with the other sign, so that it is as far from it.
    private static func mean(_ hashes: PerceptualHashes, _ places: [Int]) -> [Float] {
        (0..<PerceptualHash.count).map { k in
            guard !PerceptualHash.flips[k] else { return 0 }
            var sum = 0
            for place in places { sum += Int(hashes.values[place * PerceptualHash.count + k]) }
            return Float(sum) / (Float(places.count) + neutralCount)
        }
    }

    /// The median of each value; 0 for those that a mirror image has with the other sign.
    private static func medians(_ hashes: PerceptualHashes, _ places: [Int]) -> [Int] {
        (0..<PerceptualHash.count).map { k in
            guard !PerceptualHash.flips[k], !places.isEmpty else { return 0 }
            var bins = [Int](repeating: 0, count: 256)
            for place in places { bins[Int(hashes.values[place * PerceptualHash.count + k]) + 128] += 1 }
            var passed = 0
            for (bin, number) in bins.enumerated() {
                passed += number
                if passed * 2 >= places.count { return bin - 128 }
            }
            return 0
        }
    }

    /// The candidates, the likest first; of each picture only the few likest after it.
    func candidates() -> [NearCandidate] {
        let chunk = 128
        let chunks = (places.count + chunk - 1) / chunk
        let found = Mutex<[NearCandidate]>([])
        DispatchQueue.concurrentPerform(iterations: chunks) { number in
            var part: [NearCandidate] = []
            for member in number * chunk..<min((number + 1) * chunk, places.count) { part += candidates(of: member) }
            found.withLock { $0 += part }
        }
        return found.withLock { $0 }.sorted {
            ($1.likeness, $0.first, $0.second) < ($0.likeness, $1.first, $1.second)
        }
    }

    private func candidates(of member: Int) -> [NearCandidate] {
        var best: [NearCandidate] = []
        let own = hashes[places[member]]
        for isMirrored in [false, true] {
            let hash = isMirrored ? zip(own, PerceptualHash.flips).map { $1 ? 0 &- $0 : $0 } : own
            let sign = isMirrored ? mirrored[member] : signs[member]
            for other in others(than: member, like: sign) {
                let other = Int(other)
                // Both seen from the mean.
                let product =
                    hashes.product(hash, places[other]) - products[member] - products[other] + meanSquare
                let likeness = product * factors[member] * factors[other]
                guard likeness >= Self.leastLikeness else { continue }
                Self.keep(
                    NearCandidate(
                        first: places[member], second: places[other], isMirrored: isMirrored, likeness: likeness),
                    in: &best)
            }
        }
        return best
    }

    /// The members after this one that are looked at: all of them, or those whose signs agree in a band and in most bits.
    private func others(than member: Int, like sign: UInt64) -> [Int32] {
        guard !bands.isEmpty else { return (member + 1..<places.count).map(Int32.init) }
        return bands.flatMap { band in
            band.members(like: sign, after: member, limit: Self.mostMembers)
                .filter { (sign ^ signs[Int($0)]).nonzeroBitCount <= Self.mostBits }
        }
    }

    /// Puts a candidate among the best ones; of one pair only the better is kept.
    private static func keep(_ candidate: NearCandidate, in best: inout [NearCandidate]) {
        if let same = best.firstIndex(where: { $0.second == candidate.second }) {
            if best[same].likeness < candidate.likeness { best[same] = candidate }
        } else if best.count < kept {
            best.append(candidate)
        } else if let least = best.indices.min(by: { best[$0].likeness < best[$1].likeness }),
            best[least].likeness < candidate.likeness
        {
            best[least] = candidate
        }
    }
}
