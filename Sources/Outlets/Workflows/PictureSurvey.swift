// A look at some of the training pictures before a run: how large they are, whether they have colour, and the mean and
// deviation of their pixels. Deterministic: evenly spaced pictures, whole-number sums, whatever the number of threads.

import FoveaCollecting
import FoveaPictures
import FoveaPreprocessing
import FoveaTensorCore
import Foundation
import Synchronization

/// What a sample of pictures looks like.
package struct PictureSurvey: Sendable, Equatable {
    /// Pictures looked at that could be read.
    package let count: Int
    /// The median of the longer sides.
    package let longerSide: Int
    /// The median of the shorter sides.
    package let shorterSide: Int
    /// True if half of the pictures are more than twice as long as wide: a centre crop would show less than half of each.
    package let isLong: Bool
    /// True if no picture has colour.
    package let isGray: Bool
    /// True if all pictures have one size.
    package let isUniform: Bool

    /// Pictures whose headers are looked at.
    static let headerSample = 200
    /// Pictures whose pixels are measured, at most.
    static let pixelSample = 2000
    /// Pixels decoded to measure, at most; with it, very large pictures are measured on fewer.
    static let pixelBudget = 1_000_000_000

    /// Looks at a source. Throws a `Failure` of kind `.data` if no picture of the sample can be read.
    package init(_ source: any Source) throws {
        let sample = Self.sample(Self.headerSample, of: source.entries.count)
        var looks: [(width: Int, height: Int, channels: Int)] = []
        var trouble: (name: String, reason: String)?
        for index in sample {
            do {
                switch try source.content(at: index) {
                case .raw(let picture): looks.append((picture.width, picture.height, picture.channels))
                case .encoded(let bytes):
                    let info = try PictureDecoder.probe(bytes)
                    looks.append((info.width, info.height, info.channels))
                }
            } catch let failure as Failure {
                if trouble == nil { trouble = (source.entries[index].name, failure.message) }
            }
        }
        guard !looks.isEmpty else {
            let first = trouble.map { "; the first is \($0.name.printable): \($0.reason)" } ?? ""
            throw Failure(
                .data, "none of \(sample.count) training pictures can be read\(first)",
                advice: "Pictures are JPEG, PNG or WebP files.")
        }
        count = looks.count
        longerSide = looks.map { max($0.width, $0.height) }.sorted()[looks.count / 2]
        shorterSide = looks.map { min($0.width, $0.height) }.sorted()[looks.count / 2]
        let longest = 2
        isLong = looks.filter { max($0.width, $0.height) > longest * min($0.width, $0.height) }.count * 2 > looks.count
        isGray = looks.allSatisfy { $0.channels == 1 }
        isUniform = looks.allSatisfy { ($0.width, $0.height) == (looks[0].width, looks[0].height) }
    }

    /// The preprocessing with mean and deviation of up to 2,000 training pictures put in, measured at its size; and how
    /// many could be read.
    package func measured(
        _ preprocessing: Preprocessing, on source: any Source
    ) -> (preprocessing: Preprocessing, count: Int) {
        let affordable = Self.pixelBudget / max(1, longerSide * shorterSide)
        let sample = Self.sample(min(Self.pixelSample, max(50, affordable)), of: source.entries.count)
        let chunk = 32
        let total = Mutex((statistics: PixelStatistics(channels: preprocessing.channels), count: 0))
        DispatchQueue.concurrentPerform(iterations: (sample.count + chunk - 1) / chunk) { number in
            let scratch = PreprocessingScratch()
            var part = PixelStatistics(channels: preprocessing.channels)
            var count = 0
            for index in sample[number * chunk..<min((number + 1) * chunk, sample.count)] {
                guard let picture = Self.picture(index, of: source, preprocessing) else { continue }
                part.add(preprocessing.picture(of: picture, scratch: scratch))
                count += 1
            }
            total.withLock { total in
                total.statistics.add(part)
                total.count += count
            }
        }
        let (statistics, count) = total.withLock { $0 }
        var result = preprocessing
        result.mean = statistics.mean
        result.deviation = statistics.deviation
        return (result, count)
    }

    /// A picture that can be read, or nil; the loader will name the others.
    private static func picture(
        _ index: Int, of source: any Source, _ preprocessing: Preprocessing
    ) -> Picture? {
        switch try? source.content(at: index) {
        case .raw(let picture): picture
        case .encoded(let bytes): try? preprocessing.decoded(bytes)
        case nil: nil
        }
    }

    /// `limit` evenly spaced indices of `count`, or all of them.
    private static func sample(_ limit: Int, of count: Int) -> [Int] {
        count <= limit ? Array(0..<count) : (0..<limit).map { $0 * count / limit }
    }
}
