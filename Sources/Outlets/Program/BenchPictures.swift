// `fovea bench-pictures FOLDER`: what a photograph costs one thread on its way into a batch, beside the plain decoding of
// its file. Files are read beforehand; kinds of work take turns, and medians count. Benchmarks/peers/pictures.py is its
// twin.

import ArgumentParser
import FoveaPictures
import FoveaPreprocessing
import FoveaTensorCore
import Foundation

/// Measures pictures a second.
struct BenchPictures: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-pictures",
        abstract: "Measure what pictures cost on their way into a batch.",
        discussion: """
            One thread; the files are in memory. `decode` is the plain decoding of each whole file, `crop` a random
            resized crop, mirrored in half the cases and normalised, `evaluate` the resize and centre crop of evaluation,
            `reduced` the same with large JPEGs decoded smaller.

            Example:
              fovea bench-pictures photographs/ --size 224
            """,
        shouldDisplay: false)

    @Argument(help: "A folder of pictures; folders inside it are looked through.")
    var folder: String

    @Option(help: ArgumentHelp("Rows and columns that the network sees.", valueName: "pixels"))
    var size: Int = 224

    @Option(help: ArgumentHelp("Pictures to take at most.", valueName: "count"))
    var limit: Int = 200

    @Option(help: ArgumentHelp("Times that every kind of work is measured.", valueName: "count"))
    var rounds: Int = 7

    func validate() throws {
        for (name, value) in [("--size", size), ("--limit", limit), ("--rounds", rounds)] where value < 1 {
            throw ValidationError("\(name) is \(value), it must be at least 1")
        }
    }

    /// The bytes of the first files, in the order of their names.
    private func files() throws -> [[UInt8]] {
        guard let names = FileManager.default.enumerator(atPath: folder) else {
            throw Failure(.data, "\(folder): no such folder")
        }
        let paths = names.compactMap { $0 as? String }.sorted().map { folder + "/" + $0 }
        var found: [[UInt8]] = []
        for path in paths where found.count < limit {
            guard let data = FileManager.default.contents(atPath: path) else { continue }
            let bytes = [UInt8](data)
            if (try? PictureDecoder.probe(bytes)) != nil { found.append(bytes) }
        }
        guard !found.isEmpty else { throw Failure(.data, "\(folder): no picture that can be read") }
        return found
    }

    func run() throws {
        let files = try files()
        var preprocessing = Preprocessing(
            height: size, width: size, channels: 3, mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])
        let exact = preprocessing
        preprocessing.decoding = .reduced
        let reduced = preprocessing
        let augmentation = Augmentation(crop: .resized(scale: 0.08...1, ratio: 0.75...1.3333333), flip: true)
        let scratch = PreprocessingScratch()
        let memory = DecodingMemory()
        var out = [Float](repeating: 0, count: exact.count)
        var seconds: [String: [Double]] = [:]
        let clock = ContinuousClock()
        func measure(_ name: String, _ body: (Int, [UInt8]) throws -> Void) throws {
            let start = clock.now
            for (index, file) in files.enumerated() { try body(index, file) }
            seconds[name, default: []].append(start.duration(to: clock.now).seconds)
        }
        for round in 0..<rounds {
            try measure("decode") { _, file in
                _ = try file.withUnsafeBytes { try PictureDecoder.open($0).decode(DecodingRequest(), memory: memory) }
            }
            try measure("crop") { index, file in
                var stream = RandomStream(seed: 1, purpose: .augmentation, epoch: round, sample: index)
                try exact.apply(
                    encoded: file, augmentation: augmentation, stream: &stream, into: &out, scratch: scratch)
            }
            try measure("evaluate") { try exact.apply(encoded: $1, into: &out, scratch: scratch) }
            try measure("reduced") { try reduced.apply(encoded: $1, into: &out, scratch: scratch) }
        }
        let count = Double(files.count)
        let plain = seconds["decode"].map(median) ?? 0
        print("\(files.count) pictures, \(size) px, one thread, medians of \(rounds)")
        for name in ["decode", "crop", "evaluate", "reduced"] {
            guard let time = seconds[name].map(median) else { continue }
            let rate = (count / time).formatted(.number.precision(.fractionLength(0)))
            let cost = (time / plain).formatted(.number.precision(.fractionLength(2)))
            print("\(name): \(rate) pictures/s, \(cost) x decode")
        }
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
