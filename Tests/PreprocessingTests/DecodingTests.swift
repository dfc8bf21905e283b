// What of a file preprocessing decodes, and what its profile does: the same inputs as from the decoded whole.

import Foundation
import FoveaPictures
import FoveaPreprocessing
import FoveaTensorCore
import Testing

@Suite struct DecodingTests {
    let plain = Preprocessing(
        height: 32, width: 24, channels: 3, mean: [0.5, 0.4, 0.3], deviation: [0.2, 0.3, 0.4],
        background: [10, 200, 30])
    let formats = goldens.deletingLastPathComponent().appending(path: "formats")

    func input(_ body: (UnsafeMutablePointer<Float>) throws -> Void) rethrows -> [Float] {
        var out = [Float](repeating: .nan, count: plain.count)
        try out.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { try body(base) } }
        return out
    }

    @Test(arguments: ["plain.gif", "rgb.bmp", "rgb.tif", "turned-6.tif", "wide.jpg", "transparent.avif", "light.png"])
    func `a crop of a file is that of its decoded picture`(_ name: String) throws {
        let file = try bytes(of: formats.appending(path: name))
        let picture = try PictureDecoder.decode(file, background: plain.background)
        let augmentation = Augmentation(crop: .resized(scale: 0.1...1, ratio: 0.75...1.333), flip: true)
        let scratch = PreprocessingScratch()
        for sample in 0..<30 {
            var (one, other) = (
                RandomStream(seed: 5, purpose: .augmentation, epoch: 0, sample: sample),
                RandomStream(seed: 5, purpose: .augmentation, epoch: 0, sample: sample)
            )
            let expected = input {
                plain.apply(picture, augmentation: augmentation, stream: &one, into: $0, scratch: scratch)
            }
            let found = try input {
                try plain.apply(encoded: file, augmentation: augmentation, stream: &other, into: $0, scratch: scratch)
            }
            // The picture is not twice as large as the input, so nothing is decoded smaller.
            #expect(found == expected, "\(name), sample \(sample)")
        }
    }

    @Test func `a crop of a much larger JPEG differs little from that of its whole`() throws {
        let file = try bytes(of: formats.appending(path: "large.jpg"))
        let picture = try PictureDecoder.decode(file)
        let augmentation = Augmentation(crop: .resized(scale: 0.6...1, ratio: 0.75...1.333))
        for sample in 0..<10 {
            var (one, other) = (
                RandomStream(seed: 5, purpose: .augmentation, epoch: 0, sample: sample),
                RandomStream(seed: 5, purpose: .augmentation, epoch: 0, sample: sample)
            )
            let expected = input { plain.apply(picture, augmentation: augmentation, stream: &one, into: $0) }
            let found = try input {
                try plain.apply(encoded: file, augmentation: augmentation, stream: &other, into: $0)
            }
            // Stated tolerance: 6/255 in the mean, on a picture with noise.
            let mean = zip(found, expected).reduce(0) { $0 + abs($1.0 - $1.1) } / Float(found.count)
            #expect(found != expected)
            #expect(mean < 6 / 255 / 0.2, "\(mean)")
        }
    }

    @Test func `colours are converted where the preprocessing says so`() throws {
        let file = try bytes(of: formats.appending(path: "wide.png"))
        var converting = plain
        converting.colours = .sRGB
        let picture = try PictureDecoder.decode(file, colours: .sRGB)
        let expected = input { plain.apply(picture, into: $0) }
        #expect(try input { try converting.apply(encoded: file, into: $0) } == expected)
        #expect(try input { try plain.apply(encoded: file, into: $0) } != expected)
    }

    @Test func `an input from a large JPEG decoded smaller is nearly that of its whole`() throws {
        // A real photograph's kind of picture: smooth, 300 x 220 made from 61 x 43 pixels.
        let file = try bytes(of: formats.appending(path: "enlarged.jpg"))
        var reducing = plain
        reducing.decoding = .reduced
        let whole = try input { try plain.apply(encoded: file, into: $0) }
        let reduced = try input { try reducing.apply(encoded: file, into: $0) }
        #expect(whole != reduced)
        for channel in 0..<3 {
            let plane = plain.height * plain.width
            let range = channel * plane..<(channel + 1) * plane
            let sum = zip(whole[range], reduced[range]).reduce(0) { $0 + abs($1.0 - $1.1) }
            #expect(sum / Float(plane) * plain.deviation[channel] < 2 / 255, "\(sum)")
        }
    }

    @Test func `a card without the field means colours as stored, and one with it keeps it`() throws {
        let old = try JSONEncoder().encode(plain)
        #expect(!String(decoding: old, as: UTF8.self).contains("colours"))
        #expect(try JSONDecoder().decode(Preprocessing.self, from: old).colours == .stored)
        var value = plain
        value.colours = .sRGB
        let new = try JSONEncoder().encode(value)
        #expect(String(decoding: new, as: UTF8.self).contains("\"colours\":\"sRGB\""))
        #expect(try JSONDecoder().decode(Preprocessing.self, from: new) == value)
        value.decoding = .reduced
        #expect(try JSONDecoder().decode(Preprocessing.self, from: try JSONEncoder().encode(value)) == value)
    }
}
