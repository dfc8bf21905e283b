import FoveaTensorCore
import Testing

@Suite struct RandomStreamTests {
    @Test func `Philox gives the published numbers`() {
        // Known answers of Random123's kat_vectors for philox4x32-10.
        #expect(
            RandomStream.philox(SIMD4(0, 0, 0, 0), key: SIMD2(0, 0))
                == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        #expect(
            RandomStream.philox(
                SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0))
                == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    @Test func `a stream depends on its key alone`() {
        var one = RandomStream(seed: 7, purpose: .augmentation, epoch: 2, sample: 11)
        var other = RandomStream(seed: 7, purpose: .augmentation, epoch: 2, sample: 11)
        var next = RandomStream(seed: 7, purpose: .augmentation, epoch: 2, sample: 12)
        let numbers = (0..<10).map { _ in one.next() }
        #expect(numbers == (0..<10).map { _ in other.next() })
        #expect(numbers != (0..<10).map { _ in next.next() })
    }

    @Test func `uniform and normal numbers have their moments`() {
        var stream = RandomStream(seed: 1, purpose: .testing)
        let uniform = (0..<100_000).map { _ in Double(stream.uniform()) }
        let normal = (0..<100_000).map { _ in Double(stream.normal()) }
        #expect(abs(uniform.reduce(0, +) / 1e5 - 0.5) < 0.005)
        #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
        #expect(abs(normal.reduce(0, +) / 1e5) < 0.015)
        #expect(abs(normal.map { $0 * $0 }.reduce(0, +) / 1e5 - 1) < 0.02)
    }

    /// Across blocks of words, from every place within one.
    @Test(arguments: 0..<5, [0, 1, 9, 700])
    func `filling gives what single calls give`(before: Int, count: Int) {
        var one = RandomStream(seed: 5, purpose: .testing)
        for _ in 0..<before { _ = one.uniform() }
        var other = one
        var filled = [Float](repeating: .nan, count: count)
        filled.withUnsafeMutableBufferPointer { one.fill($0, normal: 2) }
        #expect(filled == (0..<count).map { _ in 2 * other.normal() })
        filled.withUnsafeMutableBufferPointer { one.fill($0, uniform: -3, 1) }
        #expect(filled == (0..<count).map { _ in other.uniform(-3, 1) })
        #expect(one.next() == other.next())
    }

    /// The sum (FNV-1a over 32 bits) was taken with every instruction set of the kernels, which agree.
    @Test func `every processor draws the same bits`() {
        var stream = RandomStream(seed: 6, purpose: .testing)
        let drawn = [Float](unsafeUninitializedCapacity: 100_000) { numbers, count in
            stream.fill(numbers, normal: 0.3)
            count = numbers.count
        }
        #expect(drawn.reduce(2_166_136_261 as UInt32) { ($0 ^ $1.bitPattern) &* 16_777_619 } == 0xc4e4_451b)
    }

    @Test func `a permutation holds every number once`() {
        var stream = RandomStream(seed: 3, purpose: .shuffling)
        #expect(stream.permutation(100).sorted() == Array(0..<100))
        #expect(stream.permutation(0).isEmpty)
        #expect((0..<1000).allSatisfy { _ in (0..<3).contains(stream.integer(below: 3)) })
    }
}
