// Figures, printed and not asserted: how long pictures take on their way into a batch.

import FoveaCollecting
import FoveaLoading
import FoveaPreprocessing
import FoveaTestSupport
import Foundation
import Testing

/// The median of some runs of the same work.
private func median(of count: Int, _ work: () throws -> Void) rethrows -> Duration {
    try (0..<count).map { _ in try ContinuousClock().measure { try work() } }.sorted()[count / 2]
}

@Suite(.serialized) struct LoadingSpeedTests {
    private static let fashion = "/usr/share/datasets/fashion-mnist"

    @Test(.enabled(if: access(Self.fashion, R_OK) == 0, "Debian's dataset-fashion-mnist is not installed"))
    func `pictures of 28 x 28: printed figure`() throws {
        let data = try DataSet.open(Self.fashion)
        let source = try #require(data.splits[.training])
        let preprocessing = Preprocessing(
            height: 28, width: 28, channels: 1, cropFraction: 1, mean: [0.2860], deviation: [0.3530])
        for changes in [Augmentation.none, Augmentation(crop: .padded(pixels: 2), flip: true)] {
            for threads in [1, 2] {
                let loader = try BatchLoader(
                    source: source, classCount: 10, batchSize: 128, preprocessing: preprocessing,
                    augmentation: changes, threads: threads)
                let order = epochOrder(count: source.entries.count, seed: 0, epoch: 0)
                let batches = Double(order.count) / 128
                let batch = try loader.batch()
                let time = median(of: 3) {
                    loader.start(epoch: 0, order: order)
                    while loader.next(into: batch) {}
                }
                let each = time / batches
                print("28 x 28, batch of 128, \(threads) thread(s), \(changes == .none ? "plain" : "changed"): \(each)")
            }
        }
    }

    @Test(.enabled(if: TestData.path("clothing/validation") != nil, "the clothing photographs are not here"))
    func `photographs on one and two threads: printed figure`() throws {
        let path = try #require(TestData.path("clothing/validation"))
        let data = try DataSet.open(path, options: .undivided)
        let source = try #require(data.splits[.training])
        let preprocessing = Preprocessing(
            height: 224, width: 224, channels: 3, mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])
        let changes = Augmentation(crop: .resized(scale: 0.35...1, ratio: 0.75...1.33), flip: true)
        var strong = changes
        (strong.trivialAugment, strong.erasing, strong.mixUp) = (TrivialAugment(), RandomErasing(), MixUp())
        for (name, augmentation, cache) in [
            ("decoded each time", changes, CacheMode.off), ("from the cache", changes, .memory),
            ("decoded, strong augmentation", strong, .off),
        ] {
            for threads in [1, 2] {
                let loader = try BatchLoader(
                    source: source, classCount: 10, batchSize: 32, preprocessing: preprocessing,
                    augmentation: augmentation, threads: threads, cache: CacheOptions(mode: cache))
                // The first of three fills the cache.
                let batch = try loader.batch()
                let time = median(of: 3) {
                    loader.forEachInOrder(into: batch) { #expect($0.failures.isEmpty) }
                }
                let rate = Double(source.entries.count) / (time / .seconds(1))
                print("photographs to 224 x 224, \(threads) thread(s), \(name): \(Int(rate)) a second")
            }
        }
    }
}
