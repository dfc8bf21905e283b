// Counter-based random numbers: a draw depends on (seed, epoch, sample, purpose) and on nothing else, so results do not
// depend on the number of threads or on what was drawn before. There is no global generator.

import CKernels
import Foundation

/// What a stream is used for; different purposes never share numbers.
package enum RandomPurpose: UInt32, Sendable {
    case initialisation = 1
    case shuffling
    case augmentation
    case splitting
    case dropout
    case testing
    /// MixUp and CutMix; the sample is the batch.
    case mixing
}

/// A stream of random numbers, Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
package struct RandomStream: RandomNumberGenerator, Sendable {
    private var counter: SIMD4<UInt32>
    private let key: SIMD2<UInt32>
    private var block: SIMD4<UInt32> = .zero
    private var used = 4

    /// The stream of one (seed, purpose, epoch, sample).
    package init(seed: UInt64, purpose: RandomPurpose, epoch: Int = 0, sample: Int = 0) {
        key = SIMD2(
            UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32) ^ (purpose.rawValue &* 0x9E37_79B9)
        )
        counter = SIMD4(
            0, UInt32(truncatingIfNeeded: sample), UInt32(truncatingIfNeeded: sample >> 32),
            UInt32(truncatingIfNeeded: epoch))
    }

    /// One block of Philox 4x32-10: four numbers for a counter and a key.
    package static func philox(_ counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        var c = counter
        var k = key
        for _ in 0..<10 {
            let first = UInt64(c[0]) * 0xD251_1F53
            let second = UInt64(c[2]) * 0xCD9E_8D57
            c = SIMD4(
                UInt32(truncatingIfNeeded: second >> 32) ^ c[1] ^ k[0], UInt32(truncatingIfNeeded: second),
                UInt32(truncatingIfNeeded: first >> 32) ^ c[3] ^ k[1], UInt32(truncatingIfNeeded: first))
            k = SIMD2(k[0] &+ 0x9E37_79B9, k[1] &+ 0xBB67_AE85)
        }
        return c
    }

    private mutating func next32() -> UInt32 {
        if used == 4 {
            block = Self.philox(counter, key: key)
            counter[0] &+= 1
            used = 0
        }
        defer { used += 1 }
        return block[used]
    }

    /// 64 random bits.
    package mutating func next() -> UInt64 {
        let low = UInt64(next32())
        return low | UInt64(next32()) << 32
    }

    /// A number in [0, 1), with 24 random bits.
    package mutating func uniform() -> Float { Float(next32() >> 8) * 0x1p-24 }

    /// A number in [lower, upper).
    package mutating func uniform(_ lower: Float, _ upper: Float) -> Float { lower + (upper - lower) * uniform() }

    /// A whole number in 0 ..< bound. Traps if `bound` is not positive.
    package mutating func integer(below bound: Int) -> Int {
        precondition(bound > 0, "the bound must be positive, not \(bound)")
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A standard normal number (Box and Muller 1958).
    package mutating func normal() -> Float {
        let radius = (-2 * log(1 - Double(uniform()))).squareRoot()
        return Float(radius * cos(2 * Double.pi * Double(uniform())))
    }

    /// Fills `out` with `deviation` times what as many calls of `normal` would give, but for exactly 0 where those give
    /// some 1e-16, in an eighth of their time.
    package mutating func fill(_ out: UnsafeMutableBufferPointer<Float>, normal deviation: Float) {
        take(words: 2 * out.count) { fovea_random_normal($0, Int64(out.count), deviation, out.baseAddress) }
    }

    /// Fills `out` with what as many calls of `uniform` would give.
    package mutating func fill(_ out: UnsafeMutableBufferPointer<Float>, uniform lower: Float, _ upper: Float) {
        take(words: out.count) { fovea_random_uniform($0, Int64(out.count), lower, upper, out.baseAddress) }
    }

    /// Shows `body` where the next words are, and goes on behind so many of them.
    private mutating func take(words: Int, _ body: (UnsafePointer<fovea_random_place>) -> Void) {
        // The counter is the next block's; of the last one some words may be left.
        let first = used < 4 ? counter[0] &- 1 : counter[0]
        let begin = used % 4
        var place = fovea_random_place(
            counter: (first, counter[1], counter[2], counter[3]), key: (key[0], key[1]), used: Int64(begin))
        body(&place)
        counter[0] = first &+ UInt32(truncatingIfNeeded: (begin + words) / 4)
        used = 4
        let left = (begin + words) % 4
        if left > 0 {
            _ = next32()
            used = left
        }
    }

    /// A random order of `0 ..< count` (Fisher and Yates).
    package mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        guard count > 1 else { return order }
        for last in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(last, integer(below: last + 1))
        }
        return order
    }
}
