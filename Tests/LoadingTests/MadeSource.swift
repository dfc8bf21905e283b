// Sources made for the loader's tests: small pictures that differ, some of which fail or take their time.

import FoveaCollecting
import FoveaLoading
import FoveaPictures
import FoveaPreprocessing
import FoveaTensorCore
import Foundation

/// 1-channel pictures whose samples all tell their index.
struct MadeSource: Source {
    let entries: [Entry]
    /// Indices of pictures that cannot be read.
    var broken: Set<Int> = []
    /// Waits this long for each picture.
    var delay: TimeInterval = 0
    let size: Int
    private let pictures: [Picture]

    init(count: Int, size: Int = 4, classes: Int = 3, weights: [Float] = []) {
        entries = (0..<count).map {
            Entry(name: "made[\($0)]", label: $0 % classes, weight: $0 < weights.count ? weights[$0] : 1)
        }
        self.size = size
        pictures = (0..<count).map { index in
            let pixels = (0..<size * size).map { UInt8(truncatingIfNeeded: index + $0 * 3) }
            return Picture(width: size, height: size, channels: 1, pixels: pixels)
        }
    }

    func content(at index: Int) throws -> PictureContent {
        if delay > 0 { Thread.sleep(forTimeInterval: delay) }
        if broken.contains(index) { throw Failure(.data, "made[\(index)] is broken", advice: "Make it again.") }
        return .raw(pictures[index])
    }
}

/// No change of size, x / 255.
func plain(_ size: Int) -> Preprocessing {
    Preprocessing(
        height: size, width: size, channels: 1, resize: .crop, cropFraction: 1, mean: [0], deviation: [1])
}

/// A copy of what a batch holds.
struct BatchCopy: Equatable {
    let pixels: [Float]
    let targets: [Float]
    let weights: [Float]
    let indices: [Int]
    let failures: [PictureFailure]

    init(_ batch: Batch) {
        pixels = Array(batch.pixels)
        targets = Array(batch.targets)
        weights = Array(batch.sampleWeights)
        indices = batch.indices
        failures = batch.failures
    }
}

extension BatchLoader {
    /// Copies of the batches that are left of the epoch.
    func rest() throws -> [BatchCopy] {
        let batch = try batch()
        var copies: [BatchCopy] = []
        while next(into: batch) { copies.append(BatchCopy(batch)) }
        return copies
    }
}
