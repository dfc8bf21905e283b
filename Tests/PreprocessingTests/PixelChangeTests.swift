// Every change of pixels against Pillow's or torchvision's function of that name, whole pictures; made by
// Tests/Golden/augmentation/make.py. And resizing with the newer kernels, padding, and whole evaluation transforms.

import Foundation
import FoveaPictures
import FoveaPreprocessing
import FoveaTensorCore
import Testing

/// What make.py wrote.
struct AugmentationGoldens {
    struct Cases: Decodable {
        struct Operation: Decodable {
            let source: String
            let name: String
            let values: [Double]
            let start: Int
        }
        struct Sized: Decodable {
            let source: String
            let kernel: Interpolation
            let width: Int
            let height: Int
            let start: Int
        }
        struct Evaluation: Decodable {
            let peer: String
            let size: Int
            let fraction: Double
            let kernel: Interpolation
            let mode: String
            let start: Int
        }
        struct Mixture: Decodable {
            let name: String
            let share: Float?
            let box: [Int]?
            let start: Int
        }
        struct Strengths: Decodable {
            let rand: [String: [Strength]]
            let trivial: [String: [Strength]]
        }
        enum Strength: Decodable {
            case number(Double), signed(Bool)
            init(from decoder: any Decoder) throws {
                let value = try decoder.singleValueContainer()
                if let flag = try? value.decode(Bool.self) {
                    self = .signed(flag)
                } else {
                    self = .number(try value.decode(Double.self))
                }
            }
        }
        let operations: [Operation]
        let resize: [Sized]
        let pad: [Sized]
        let evaluation: [Evaluation]
        let mixtures: [Mixture]
        let strengths: Strengths
    }

    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Golden/augmentation")
    let cases: Cases

    init() throws {
        cases = try JSONDecoder().decode(Cases.self, from: Data(contentsOf: folder.appending(path: "cases.json")))
    }

    func picture(_ name: String) throws -> Picture {
        try PictureDecoder.decode(try bytes(of: folder.appending(path: name + ".png")))
    }

    /// `count` samples of a file.
    func samples(_ file: String, from start: Int, _ count: Int) throws -> [UInt8] {
        Array(try bytes(of: folder.appending(path: file))[start..<start + count])
    }

    /// `count` floats of a file, from a byte on.
    func floats(_ file: String, from start: Int, _ count: Int) throws -> [Float] {
        let bytes = try samples(file, from: start, count * 4)
        return (0..<count).map { index in
            Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[index * 4 + $1]) << UInt32(8 * $1) })
        }
    }
}

/// What `name` of make.py is here.
private func pixelChange(_ name: String, _ values: [Double], of picture: Picture) -> PixelChange? {
    let center = (x: Double(picture.width) / 2, y: Double(picture.height) / 2)
    let value = values.first ?? 0
    switch name {
    case "brightness": return .brightness(Float(value))
    case "contrast": return .contrast(Float(value))
    case "saturation": return .saturation(Float(value))
    case "sharpness": return .sharpness(Float(value))
    case "hue": return .hue(Float(value))
    case "posterise": return .posterise(Int(value))
    case "solarise": return .solarise(Int(value))
    case "blur": return .blur(Float(value))
    case "upend": return .upend
    case "equalise": return .equalise
    case "autocontrast": return .autocontrast
    case "gray": return .gray
    case "rotation": return .warp(.rotation(value, width: picture.width, height: picture.height))
    case "affine":
        return .warp(
            .affine(
                angle: values[0], translate: (values[1], values[2]), scale: values[3], shear: (values[4], values[5]),
                center: center))
    case "perspective":
        let (right, bottom) = (Double(picture.width - 1), Double(picture.height - 1))
        return Warp.perspective(
            from: SIMD8(0, 0, right, 0, right, bottom, 0, bottom), to: SIMD8(values)
        ).map { .warp($0) }
    default: return nil
    }
}

@Suite struct PixelChangeTests {
    let goldens: AugmentationGoldens

    init() throws { goldens = try AugmentationGoldens() }

    @Test func `every change is that of Pillow or torchvision, sample for sample`() throws {
        #expect(goldens.cases.operations.count == 102)
        for item in goldens.cases.operations {
            let source = try goldens.picture(item.source)
            let change = try #require(pixelChange(item.name, item.values, of: source), "\(item.name)")
            let found = source.changed(change).pixels
            let expected = try goldens.samples("operations.u8", from: item.start, found.count)
            let largest = zip(found, expected).map { abs(Int($0) - Int($1)) }.max() ?? 0
            let wrong = zip(found, expected).count { $0 != $1 }
            // torchvision blurs with one kernel of two dimensions, and a sum may fall on the other side of a half; it finds
            // the coefficients of a perspective by least squares, and samples are cut off, not rounded.
            let allowed = ["blur", "perspective"].contains(item.name) ? 1 : 0
            #expect(largest <= allowed, "\(item.source) \(item.name) \(item.values): \(wrong) differ, by \(largest)")
            if item.name == "blur" { #expect(wrong * 100 <= found.count, "\(item.values): \(wrong)") }
        }
    }

    @Test func `hue is Pillow's for every colour of a fine grid`() throws {
        // Pillow's own hue turns back what it turned, but for rounding: no golden of all colours is kept.
        let steps = stride(from: 0, through: 255, by: 15).map { UInt8($0) }
        let pixels = steps.flatMap { r in steps.flatMap { g in steps.flatMap { b in [r, g, b] } } }
        let picture = Picture(width: pixels.count / 3, height: 1, channels: 3, pixels: pixels)
        let turned = picture.changed(.hue(0.25)).changed(.hue(-0.25))
        let largest = zip(turned.pixels, pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
        #expect(largest <= 16, "\(largest)")
        for index in stride(from: 0, to: pixels.count, by: 3) {
            #expect(pixels[index...].prefix(3).max() == turned.pixels[index...].prefix(3).max())
        }
    }

    @Test func `what does not fit a picture leaves it alone`() throws {
        let gray = try goldens.picture("gray")
        for change in [PixelChange.hue(0.3), .saturation(0.2), .gray, .brightness(1), .blur(0.0001)] {
            #expect(gray.changed(change) == gray)
        }
        let dot = Picture(width: 1, height: 1, channels: 3, pixels: [10, 200, 30])
        for change in [PixelChange.blur(3), .sharpness(2), .equalise, .autocontrast, .upend] {
            #expect(dot.changed(change) == dot)
        }
        #expect(Warp.perspective(from: SIMD8(repeating: 3), to: SIMD8(repeating: 3)) == nil)
    }

    @Test func `the corners of a warp take the fill`() throws {
        let colour = try goldens.picture("colour")
        let turned = colour.changed(.warp(.rotation(45, width: 26, height: 19)), fill: SIMD4(1, 2, 3, 0))
        #expect(Array(turned.pixels.prefix(3)) == [1, 2, 3] && Array(turned.pixels.suffix(3)) == [1, 2, 3])
    }

    @Test func `nearest and Lanczos resizing is Pillow's, byte for byte`() throws {
        #expect(goldens.cases.resize.count == 24)
        for item in goldens.cases.resize {
            let found = try goldens.picture(item.source).resized(width: item.width, height: item.height, item.kernel)
            let expected = try goldens.samples("resizing.u8", from: item.start, found.pixels.count)
            #expect(found.pixels == expected, "\(item)")
        }
    }

    @Test func `padding is Pillow's`() throws {
        #expect(goldens.cases.pad.count == 20)
        for item in goldens.cases.pad {
            let source = try goldens.picture(item.source)
            let planes = source.channels
            let preprocessing = Preprocessing(
                height: item.height, width: item.width, channels: planes, resize: .pad, interpolation: item.kernel,
                mean: [Float](repeating: 0, count: planes), deviation: [Float](repeating: 1, count: planes),
                padding: planes == 3 ? [200, 100, 50] : [77, 77, 77])
            let found = preprocessing.picture(of: source).pixels
            #expect(found == (try goldens.samples("resizing.u8", from: item.start, found.count)), "\(item)")
        }
    }

    @Test func `a gray picture is padded with the colour of a coloured network`() throws {
        let preprocessing = Preprocessing(
            height: 10, width: 30, channels: 3, resize: .pad, mean: [0, 0, 0], deviation: [1, 1, 1],
            padding: [200, 100, 50])
        let found = preprocessing.picture(of: try goldens.picture("gray"))
        #expect(Array(found.pixels.prefix(3)) == [200, 100, 50])
        let middle = (5 * 30 + 15) * 3
        #expect(Set(found.pixels[middle..<middle + 3]).count == 1)
    }

    @Test func `evaluation transforms of timm and torchvision are reproduced bit for bit`() throws {
        #expect(goldens.cases.evaluation.count == 8)
        let source = try goldens.picture("large")
        for item in goldens.cases.evaluation {
            let fraction =
                item.peer == "timm"
                ? Preprocessing.cropFraction(timm: item.fraction, size: item.size) : item.fraction
            let preprocessing = Preprocessing(
                height: item.size, width: item.size, channels: 3, resize: item.mode == "squash" ? .squash : .crop,
                cropFraction: fraction, interpolation: item.kernel, mean: [0.485, 0.456, 0.406],
                deviation: [0.229, 0.224, 0.225])
            let expected = try goldens.floats("evaluation.f32", from: item.start, preprocessing.count)
            #expect(preprocessing.floats(of: source) == expected, "\(item)")
        }
    }
}
