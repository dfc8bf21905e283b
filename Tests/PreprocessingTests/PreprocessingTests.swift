// Preprocessing against torchvision: whole tensors and sizes, made by Tests/Golden/pictures/make.py; and that every way
// into it gives the same floats.

import Foundation
import FoveaPictures
import FoveaPreprocessing
import FoveaTensorCore
import Testing

@Suite struct TorchvisionTests {
    struct Cases: Decodable {
        struct Evaluation: Decodable {
            let source: String
            let size: Int
            let fraction: Double
            let kernel: Interpolation
            let squash: Bool
            let golden: String
        }
        struct Sizes: Decodable {
            let width: Int
            let height: Int
            let size: Int
            let resized: Int
            let newHeight: Int
            let newWidth: Int
            let top: Int
            let left: Int
        }
        struct Crop: Decodable {
            let width: Int
            let height: Int
            let x: Int
            let y: Int
            let cropWidth: Int
            let cropHeight: Int
        }
        let evaluation: [Evaluation]
        let geometry: [Sizes]
        let resizedCrop: [Crop]
    }

    let cases: Cases

    init() throws {
        cases = try JSONDecoder().decode(Cases.self, from: Data(contentsOf: goldens.appending(path: "cases.json")))
    }

    @Test func `the network's input is torchvision's, bit for bit`() throws {
        #expect(cases.evaluation.count == 24)
        for item in cases.evaluation {
            let preprocessing = Preprocessing(
                height: item.size, width: item.size, channels: 3, resize: item.squash ? .squash : .crop,
                cropFraction: item.fraction, interpolation: item.kernel, mean: [0.485, 0.456, 0.406],
                deviation: [0.229, 0.224, 0.225])
            #expect(preprocessing.floats(of: try golden(item.source)) == (try tensor(item.golden)), "\(item.golden)")
        }
        let gray = Preprocessing(
            height: 28, width: 28, channels: 1, cropFraction: 28.0 / 32, mean: [0.3], deviation: [0.2])
        #expect(gray.floats(of: try golden("colour.png")) == (try tensor("evaluation-luma.f32")))
    }

    @Test func `sizes and corners are torchvision's`() {
        #expect(cases.geometry.count == 300)
        for item in cases.geometry {
            let preprocessing = Preprocessing(
                height: item.size, width: item.size, channels: 3,
                cropFraction: Double(item.size) / Double(item.resized), mean: [0, 0, 0], deviation: [1, 1, 1])
            let found = preprocessing.geometry(width: item.width, height: item.height)
            #expect(found.resizedWidth == item.newWidth && found.resizedHeight == item.newHeight, "\(item)")
            #expect(found.columns == item.left..<item.left + item.size, "\(item)")
            #expect(found.rows == item.top..<item.top + item.size, "\(item)")
        }
    }

    @Test func `where no random region fits, the centre is taken as torchvision does`() {
        let preprocessing = Preprocessing(height: 8, width: 8, channels: 3, mean: [0, 0, 0], deviation: [1, 1, 1])
        for item in cases.resizedCrop {
            var stream = RandomStream(seed: 1, purpose: .testing)
            let found = preprocessing.geometry(
                width: item.width, height: item.height, scale: 50...60, ratio: 0.75...(4 / 3), stream: &stream)
            #expect(found.x == item.x && found.y == item.y, "\(item) \(found)")
            #expect(found.width == item.cropWidth && found.height == item.cropHeight, "\(item) \(found)")
        }
    }
}

extension Preprocessing {
    /// The network's input of a picture: (C, H, W).
    func floats(of picture: Picture) -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { room, filled in
            filled = count
            if let base = room.baseAddress { apply(picture, into: base) }
        }
    }

    /// The same, randomly changed.
    func floats(of picture: Picture, _ augmentation: Augmentation, _ stream: inout RandomStream) -> [Float] {
        var result = [Float](repeating: .nan, count: count)
        result.withUnsafeMutableBufferPointer {
            if let base = $0.baseAddress {
                apply(picture, augmentation: augmentation, stream: &stream, into: base)
            }
        }
        return result
    }
}

@Suite struct PreprocessingTests {
    let plain = Preprocessing(
        height: 24, width: 32, channels: 3, cropFraction: 0.8, mean: [0.5, 0.4, 0.3], deviation: [0.25, 0.2, 0.1])

    @Test func `encoded bytes and a decoded picture give the same floats, also with used scratch`() throws {
        let scratch = PreprocessingScratch()
        for name in ["decode-baseline.jpg", "orientation-6.jpg", "decode-gray.png", "decode-rgba.png", "tall.png"] {
            let file = try bytes(of: goldens.appending(path: name))
            var floats = [Float](repeating: .nan, count: plain.count)
            try floats.withUnsafeMutableBufferPointer {
                if let base = $0.baseAddress { try plain.apply(encoded: file, into: base, scratch: scratch) }
            }
            let picture = try PictureDecoder.decode(file, background: plain.background)
            #expect(floats == plain.floats(of: picture), "\(name)")
        }
    }

    @Test func `a picture of the network's size is only normalised`() {
        let preprocessing = Preprocessing(
            height: 2, width: 3, channels: 1, cropFraction: 1, mean: [0.5], deviation: [0.5])
        let picture = Picture(width: 3, height: 2, channels: 1, pixels: [0, 51, 102, 153, 204, 255])
        let expected = [0, 51, 102, 153, 204, 255].map { (Float($0) / 255 - 0.5) / 0.5 }
        #expect(preprocessing.floats(of: picture) == expected)
    }

    @Test func `gray pictures fill three channels, coloured ones become one`() throws {
        let gray = try golden("gray.png")
        #expect(plain.floats(of: gray) == plain.floats(of: gray.coloured()))
        let single = Preprocessing(height: 20, width: 20, channels: 1, mean: [0.5], deviation: [0.5])
        let colour = try golden("colour.png")
        #expect(single.floats(of: colour) == single.floats(of: colour.gray()))
        #expect(single.picture(of: colour).channels == 1 && plain.picture(of: gray).channels == 3)
    }

    @Test(arguments: [(1, 1), (1, 4000), (4000, 1), (3, 2)])
    func `odd sizes give finite numbers`(_ width: Int, _ height: Int) {
        let picture = Picture(
            width: width, height: height, channels: 3, pixels: [UInt8](repeating: 128, count: width * height * 3))
        for mode in ResizeMode.allCases {
            var preprocessing = plain
            preprocessing.resize = mode
            preprocessing.padding = [128, 128, 128]
            let expected = [0.5, 0.4, 0.3].indices.flatMap { channel in
                [Float](
                    repeating: (Float(128) / 255 - plain.mean[channel]) / plain.deviation[channel], count: 24 * 32)
            }
            #expect(preprocessing.floats(of: picture) == expected)
        }
    }

    @Test func `nonsense from a model file is refused field by field`() throws {
        try plain.check()
        var wrong = plain
        wrong.cropFraction = 0
        wrong.deviation = [0, 1, 1]
        let error = #expect(throws: Failure.self) { try wrong.check() }
        #expect(error?.kind == .model)
        #expect(
            error?.message == "preprocessing: cropFraction is 0.0, it must be above 0 and at most 1; "
                + "deviation is [0.0, 1.0, 1.0], it must be 3 positive numbers")
    }

    @Test func `statistics are those of all pixels`() throws {
        var statistics = PixelStatistics(channels: 1)
        statistics.add(Picture(width: 2, height: 1, channels: 1, pixels: [0, 255]))
        var other = PixelStatistics(channels: 1)
        other.add(Picture(width: 1, height: 2, channels: 3, pixels: [255, 255, 255, 0, 0, 0]))
        statistics.add(other)
        #expect(statistics.count == 4 && statistics.mean == [0.5] && statistics.deviation == [0.5])
        #expect(PixelStatistics(channels: 3).deviation == [1, 1, 1])
    }
}
