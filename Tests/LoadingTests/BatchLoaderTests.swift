// The loader's promises: order, padding, determinism, broken pictures, and an end that comes quickly.

import CAllocationCounter
import FoveaCollecting
import FoveaLoading
import FoveaPictures
import FoveaPreprocessing
import FoveaTensorCore
import FoveaTestSupport
import Foundation
import Synchronization
import Testing

@Suite struct BatchLoaderTests {
    /// All batches of one epoch, copied.
    private func epoch(_ loader: BatchLoader, _ epoch: Int, _ order: [Int]) throws -> [BatchCopy] {
        loader.start(epoch: epoch, order: order)
        return try loader.rest()
    }

    @Test func `batches come in order, the last one short and padded`() throws {
        let source = MadeSource(count: 10)
        let loader = try BatchLoader(
            source: source, classCount: 3, batchSize: 4, preprocessing: plain(4), threads: 2, slots: 2)
        let order = Array((0..<10).reversed())
        let batches = try epoch(loader, 0, order)
        #expect(batches.map(\.indices) == [[9, 8, 7, 6], [5, 4, 3, 2], [1, 0]])
        let last = batches[2]
        #expect(last.weights == [1, 1, 0, 0])
        #expect(last.targets == [0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(last.pixels[0..<16].elementsEqual((0..<16).map { Float(1 + $0 * 3) / 255 }))
        #expect(last.pixels[16..<32].elementsEqual((0..<16).map { Float($0 * 3) / 255 }))
        #expect(last.pixels[32...].allSatisfy { $0 == 0 })
    }

    @Test func `weights of the source reach the batch, in the epoch's order`() throws {
        var source = MadeSource(count: 5, weights: [0.5, 2, 3])
        source.broken = [1]
        let loader = try BatchLoader(
            source: source, classCount: 3, batchSize: 6, preprocessing: plain(4), threads: 2, slots: 2)
        #expect(try epoch(loader, 0, [4, 2, 1, 0, 3]).map(\.weights) == [[1, 3, 0, 0.5, 1, 0]])
    }

    @Test func `one, two and three threads give the same batches`() throws {
        var source = MadeSource(count: 101, size: 8)
        source.broken = [7, 50, 51, 52]
        let changes = Augmentation(crop: .padded(pixels: 2), flip: true)
        let made = try [1, 2, 3].map { threads in
            let loader = try BatchLoader(
                source: source, classCount: 3, batchSize: 16, preprocessing: plain(8), augmentation: changes, seed: 11,
                threads: threads, slots: 3)
            return try (0..<3).map { try epoch(loader, $0, epochOrder(count: 101, seed: 11, epoch: $0)) }
        }
        #expect(made[0] == made[1])
        #expect(made[0] == made[2])
        #expect(made[0][0] != made[0][1])
    }

    @Test func `augmentation depends on seed, epoch and sample, not on the place in the order`() throws {
        let source = MadeSource(count: 8, size: 8)
        let changes = Augmentation(crop: .padded(pixels: 3), flip: true)
        func rows(_ seed: UInt64, _ number: Int, _ order: [Int]) throws -> [Int: [Float]] {
            let loader = try BatchLoader(
                source: source, classCount: 3, batchSize: 8, preprocessing: plain(8), augmentation: changes, seed: seed,
                threads: 2)
            let batch = try epoch(loader, number, order)[0]
            return Dictionary(
                uniqueKeysWithValues: batch.indices.enumerated().map {
                    ($1, Array(batch.pixels[$0 * 64..<($0 + 1) * 64]))
                })
        }
        let forward = Array(0..<8)
        #expect(try rows(1, 0, forward) == rows(1, 0, forward.reversed()))
        #expect(try rows(1, 0, forward) != rows(2, 0, forward))
        #expect(try rows(1, 0, forward) != rows(1, 1, forward))
    }

    @Test func `a broken picture is named, weighs nothing, and is not replaced`() throws {
        var source = MadeSource(count: 6)
        source.broken = [3, 1]
        let loader = try BatchLoader(source: source, classCount: 3, batchSize: 6, preprocessing: plain(4), threads: 3)
        for _ in 0..<2 {
            let batch = try epoch(loader, 0, Array(0..<6))[0]
            #expect(
                batch.failures == [
                    PictureFailure(name: "made[1]", reason: "made[1] is broken"),
                    PictureFailure(name: "made[3]", reason: "made[3] is broken"),
                ])
            #expect(batch.weights == [1, 0, 1, 0, 1, 1])
            #expect(batch.indices == Array(0..<6))
            #expect(batch.pixels[16..<32].allSatisfy { $0 == 0 })
            #expect(batch.pixels[32] == Float(2) / 255)
        }
        source.broken = []
        #expect(try epoch(loader, 0, [0, 2])[0].failures.isEmpty)
    }

    @Test func `a picture file that cannot be decoded is named with the reason`() throws {
        let folder = try TemporaryFolder()
        try folder.write("a/not a picture.jpg", Array("hello".utf8))
        try folder.write("b/empty.png", [])
        let data = try DataSet.open(folder.path, options: .undivided)
        let loader = try BatchLoader(
            source: try #require(data.splits[.training]), classCount: 2, batchSize: 2, preprocessing: plain(4))
        var failures: [PictureFailure] = []
        try loader.forEachInOrder(into: loader.batch()) { failures += $0.failures }
        #expect(
            failures.map(\.name) == ["\(folder.path)/a/not a picture.jpg", "\(folder.path)/b/empty.png"])
        #expect(failures.allSatisfy { !$0.reason.isEmpty })
    }

    @Test func `everything is handed out once, in the source's order`() throws {
        let loader = try BatchLoader(
            source: MadeSource(count: 1000), classCount: 3, batchSize: 7, preprocessing: plain(4), threads: 3, slots: 5)
        for _ in 0..<3 {
            var indices: [Int] = []
            try loader.forEachInOrder(into: loader.batch()) { indices += $0.indices }
            #expect(indices == Array(0..<1000))
        }
    }

    @Test func `an epoch can be left in the middle`() throws {
        let loader = try BatchLoader(
            source: MadeSource(count: 100), classCount: 3, batchSize: 4, preprocessing: plain(4), threads: 2, slots: 3)
        let batch = try loader.batch()
        for epoch in 0..<20 {
            loader.start(epoch: epoch, order: Array(0..<100))
            for number in 0..<epoch % 5 {
                try #require(loader.next(into: batch))
                #expect(batch.number == number && batch.epoch == epoch)
                #expect(batch.indices == Array(number * 4..<number * 4 + 4))
            }
        }
        #expect(try epoch(loader, 0, []).isEmpty)
        #expect(try epoch(loader, 0, [5]).map(\.indices) == [[5]])
    }

    @Test func `pictures at hand are filled in between by the pool, to the same bits`() throws {
        var source = MadeSource(count: 101, size: 8)
        source.broken = [7, 50, 51, 52]
        var changes = Augmentation(crop: .padded(pixels: 2), flip: true)
        changes.mixUp = MixUp()
        let orders = (0..<3).map { epochOrder(count: 101, seed: 11, epoch: $0) }
        func loader() throws -> BatchLoader {
            try BatchLoader(
                source: source, classCount: 3, batchSize: 16, preprocessing: plain(8), augmentation: changes, seed: 11,
                threads: 2, slots: 3)
        }
        let known = try loader()
        #expect(!known.hasPicturesAtHand)
        for (number, order) in orders.enumerated() {
            // A loader that has met no picture yet uses its ring.
            #expect(try epoch(known, number, order) == epoch(try loader(), number, order))
            #expect(known.hasPicturesAtHand)
        }
    }

    @Test func `stopping wakes a reader that waits, and threads end after their picture`() throws {
        var source = MadeSource(count: 100)
        source.delay = 0.05
        let loader = try BatchLoader(source: source, classCount: 3, batchSize: 100, preprocessing: plain(4), threads: 2)
        let batch = try loader.batch()
        loader.start(epoch: 0, order: Array(0..<100))
        let begin = ContinuousClock.now
        let stopper = Thread {
            Thread.sleep(forTimeInterval: 0.1)
            loader.stop()
        }
        stopper.start()
        #expect(!loader.next(into: batch))
        #expect(ContinuousClock.now - begin < .seconds(1.5))  // the whole batch takes 2.5 s
        loader.start(epoch: 1, order: [0])
        #expect(!loader.next(into: batch))
    }

    @Test func `beginning another epoch does not wait for slow pictures of the last`() throws {
        var source = MadeSource(count: 100)
        source.delay = 0.05
        let loader = try BatchLoader(source: source, classCount: 3, batchSize: 100, preprocessing: plain(4), threads: 2)
        loader.start(epoch: 0, order: Array(0..<100))
        Thread.sleep(forTimeInterval: 0.02)
        let begin = ContinuousClock.now
        #expect(try epoch(loader, 1, [7]).map(\.indices) == [[7]])
        #expect(ContinuousClock.now - begin < .seconds(1.5))
    }

    @Test func `a loader that is let go ends its threads`() throws {
        final class Watched: Source, Sendable {
            let entries = [Entry(name: "one", label: 0)]
            let ended: @Sendable () -> Void
            init(ended: @escaping @Sendable () -> Void) { self.ended = ended }
            deinit { ended() }
            func content(at index: Int) throws -> PictureContent {
                .raw(Picture(width: 1, height: 1, channels: 1, pixels: [0]))
            }
        }
        let signal = DispatchSemaphore(value: 0)
        do {
            let loader = try BatchLoader(
                source: Watched(ended: { signal.signal() }), classCount: 1, batchSize: 1, preprocessing: plain(1))
            try loader.forEachInOrder(into: loader.batch()) { _ in }
        }
        #expect(signal.wait(timeout: .now() + 5) == .success)
    }

    @Test(.enabled(if: fovea_counts_allocations() != 0, "allocations are counted with glibc only"))
    func `taking batches allocates nothing`() throws {
        let loader = try BatchLoader(
            source: MadeSource(count: 400), classCount: 3, batchSize: 4, preprocessing: plain(4), threads: 2, slots: 3)
        let batch = try loader.batch()
        // The second epoch is the first that the pool fills. Room for a thread's work is made once, when it gets its first
        // rows, which on a busy machine may be late: so one of the epochs must be without.
        var fewest = Int.max
        for epoch in 0..<6 {
            loader.start(epoch: epoch, order: Array(0..<400))
            try #require(loader.next(into: batch))
            let before = fovea_allocations()
            var sum: Float = 0
            while loader.next(into: batch) { sum += batch.pixels[0] + Float(batch.count) }
            let made = fovea_allocations() - before
            if epoch > 0 { fewest = min(fewest, made) }
            #expect(sum > 0)
        }
        #expect(fewest == 0)
        let before = fovea_allocations()
        withExtendedLifetime([Float](repeating: 0, count: 100 + Int(before & 1))) {}
        #expect(fovea_allocations() > before)  // the counter counts
    }

    @Test func `the order of an epoch is a permutation that seed and epoch decide`() {
        let order = epochOrder(count: 50, seed: 3, epoch: 1)
        #expect(order.sorted() == Array(0..<50))
        #expect(order == epochOrder(count: 50, seed: 3, epoch: 1))
        #expect(order != epochOrder(count: 50, seed: 3, epoch: 2))
        #expect(order != epochOrder(count: 50, seed: 4, epoch: 1))
    }
}
