// The cache of decoded pictures: that it changes no bit of any batch, keeps to its budget, and is not fooled by files that
// changed. And batches that are mixed.

import FoveaCollecting
import FoveaLoading
import FoveaPictures
import FoveaPreprocessing
import FoveaTensorCore
import FoveaTestSupport
import Foundation
import Synchronization
import Testing

/// PNG files in memory, which count how often they are read.
private final class EncodedSource: Source {
    let entries: [Entry]
    private let files: Mutex<[[UInt8]]>
    private let reads = Mutex(0)

    init(_ files: [[UInt8]]) {
        entries = files.indices.map { Entry(name: "picture \($0)", label: $0 % 2) }
        self.files = Mutex(files)
    }

    convenience init(count: Int) throws { self.init(try (0..<count).map { try Self.file($0) }) }

    static func file(_ number: Int) throws -> [UInt8] {
        let (width, height) = (20 + number % 5, 16 + number % 3)
        let samples = (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ number &* 31) }
        return try Picture(width: width, height: height, channels: 3, pixels: samples).png()
    }

    func replace(_ index: Int, by bytes: [UInt8]) { files.withLock { $0[index] = bytes } }

    var readCount: Int { reads.withLock { $0 } }

    func content(at index: Int) throws -> PictureContent {
        reads.withLock { $0 += 1 }
        return .encoded(files.withLock { $0[index] })
    }
}

@Suite struct PictureCacheTests {
    private let preprocessing = Preprocessing(
        height: 12, width: 12, channels: 3, mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25])
    static let crops: [RandomCrop] = [.none, .padded(pixels: 2), .resized(scale: 0.3...1, ratio: 0.75...1.33)]

    private func loader(
        _ source: any Source, _ augmentation: Augmentation, _ cache: CacheOptions, threads: Int = 2
    ) throws -> BatchLoader {
        try BatchLoader(
            source: source, classCount: 2, batchSize: 8, preprocessing: preprocessing, augmentation: augmentation,
            seed: 5, threads: threads, cache: cache)
    }

    private func epochs(_ loader: BatchLoader, _ count: Int, of pictures: Int = 20) throws -> [BatchCopy] {
        try (0..<count).flatMap { epoch in
            loader.start(epoch: epoch, order: epochOrder(count: pictures, seed: 5, epoch: epoch))
            return try loader.rest()
        }
    }

    @Test(arguments: crops)
    func `a cache in memory or on disk changes no bit, and pictures are read once`(_ crop: RandomCrop) throws {
        let folder = try TemporaryFolder()
        let augmentation = Augmentation(crop: crop, flip: true)
        let plain = try epochs(try loader(try EncodedSource(count: 20), augmentation, CacheOptions()), 3)
        for mode in [CacheMode.memory, .disk] {
            let source = try EncodedSource(count: 20)
            let cached = try loader(
                source, augmentation, CacheOptions(mode: mode, budget: 1_000_000, folder: folder.path))
            #expect(try epochs(cached, 3) == plain, "\(mode)")
            #expect(source.readCount == 20)
            #expect(cached.cache?.report.pictures == 20)
        }
    }

    @Test(arguments: crops) func `a photograph that is decoded smaller gives the same bits with a cache`(
        _ crop: RandomCrop
    ) throws {
        let goldens = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Golden/formats")
        let photograph = [UInt8](try Data(contentsOf: goldens.appending(path: "large.jpg")))
        func source() -> EncodedSource { EncodedSource([[UInt8]](repeating: photograph, count: 20)) }
        var preprocessing = preprocessing
        preprocessing.decoding = .reduced
        func loader(_ cache: CacheOptions) throws -> BatchLoader {
            try BatchLoader(
                source: source(), classCount: 2, batchSize: 8, preprocessing: preprocessing,
                augmentation: Augmentation(crop: crop, flip: true), seed: 5, threads: 2, cache: cache)
        }
        let cached = try loader(CacheOptions(mode: .memory, budget: 100_000_000))
        #expect(try epochs(cached, 2) == epochs(try loader(CacheOptions()), 2))
        // What is cut out anew each time is not kept whole.
        if case .resized = crop {
            #expect(cached.cache?.report.pictures == 0)
        } else {
            #expect(cached.cache?.report.pictures == 20)
        }
    }

    @Test func `two sources share a limit`() {
        let options = CacheOptions(mode: .memory, budget: 1000)
        #expect(options.share(9, of: 10).memoryBytes == 900 && options.share(1, of: 10).memoryBytes == 100)
        #expect(CacheOptions().share(9, of: 10) == CacheOptions())
    }

    @Test func `what does not fit the budget is decoded every time`() throws {
        let source = try EncodedSource(count: 20)
        let plain = try epochs(try loader(source, .none, CacheOptions()), 2)
        let before = source.readCount
        // Pictures are kept at the network's size: 432 bytes each.
        let cached = try loader(source, .none, CacheOptions(mode: .memory, budget: 5 * 432 + 100))
        #expect(try epochs(cached, 2) == plain)
        let report = try #require(cached.cache?.report)
        #expect(report.pictures == 5 && report.bytes == 5 * 432)
        #expect(source.readCount - before == 35)
    }

    @Test func `the next run finds the pictures on disk, and sees which have changed`() throws {
        let folder = try TemporaryFolder()
        let options = CacheOptions(mode: .disk, budget: 1_000_000, folder: folder.path)
        let source = try EncodedSource(count: 20)
        let first = try epochs(try loader(source, .none, options), 1)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files.count == 1)
        do {
            let again = try loader(source, .none, options)
            #expect(try epochs(again, 1) == first)
            #expect(again.cache?.report.pictures == 20)
        }
        source.replace(3, by: try EncodedSource.file(999))
        let changed = try epochs(try loader(source, .none, options), 1)
        #expect(changed != first)
        #expect(try changed == epochs(try loader(source, .none, CacheOptions()), 1))
        // Damage to the pixels is seen as well.
        let path = folder.path + "/" + (files.first ?? "")
        var bytes = try [UInt8](Data(contentsOf: URL(filePath: path)))
        for offset in stride(from: 64 + 20 * 48, to: 64 + 20 * 48 + 20 * 432, by: 50) { bytes[offset] ^= 0x55 }
        try Data(bytes).write(to: URL(filePath: path))
        #expect(try epochs(try loader(source, .none, options), 1) == changed)
    }

    @Test func `two loaders do not write one file`() throws {
        let folder = try TemporaryFolder()
        let options = CacheOptions(mode: .disk, budget: 1_000_000, folder: folder.path)
        let source = try EncodedSource(count: 4)
        let holder = try loader(source, .none, options)
        let error = #expect(throws: Failure.self) { _ = try loader(source, .none, options) }
        #expect(error?.message.hasSuffix("another process uses this cache") == true)
        withExtendedLifetime(holder) {}
    }

    @Test func `raw pictures are not kept twice`() throws {
        let cached = try BatchLoader(
            source: MadeSource(count: 6), classCount: 3, batchSize: 3, preprocessing: plain(4),
            cache: CacheOptions(mode: .auto))
        try cached.forEachInOrder(into: cached.batch()) { _ in }
        #expect(cached.cache?.report.pictures == 0)
    }

    @Test func `mixed batches are the same for any number of threads, and broken pictures stay out`() throws {
        var source = MadeSource(count: 50, size: 8)
        source.broken = [4, 17]
        var augmentation = Augmentation.none
        (augmentation.mixUp, augmentation.cutMix) = (MixUp(), CutMix())
        let made = try [1, 2, 3].map { threads in
            let loader = try BatchLoader(
                source: source, classCount: 3, batchSize: 8, preprocessing: plain(8), augmentation: augmentation,
                seed: 2, threads: threads, slots: 3)
            return try epochs(loader, 3, of: 50)
        }
        #expect(made[0] == made[1] && made[0] == made[2])
        var soft = 0
        for batch in made[0] {
            for (row, index) in batch.indices.enumerated() {
                let target = batch.targets[row * 3..<row * 3 + 3]
                #expect(abs(target.reduce(0, +) - 1) < 1e-5)
                if source.broken.contains(index) {
                    #expect(batch.weights[row] == 0 && target.contains(1))
                    #expect(batch.pixels[row * 64..<row * 64 + 64].allSatisfy { $0 == 0 })
                } else if !target.contains(1) {
                    soft += 1
                }
            }
        }
        #expect(soft > 30)
    }
}
