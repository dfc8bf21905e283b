// Resizing, decoding and turning against Pillow: whole pictures, made by Tests/Golden/pictures/make.py.

import Foundation
import FoveaPictures
import FoveaTensorCore
import Testing

@Suite struct PillowTests {
    struct Cases: Decodable {
        struct Resize: Decodable {
            let source: String
            let kernel: Interpolation
            let width: Int
            let height: Int
            let box: [Float]?
            let golden: String
        }
        struct Decode: Decodable {
            let file: String
            let background: [UInt8]
            let golden: String
        }
        struct Turn: Decodable { let file: String }
        let resize: [Resize]
        let decode: [Decode]
        let orientation: [Turn]
    }

    let cases: Cases

    init() throws {
        cases = try JSONDecoder().decode(Cases.self, from: Data(contentsOf: goldens.appending(path: "cases.json")))
    }

    func picture(_ name: String, background: [UInt8] = [255, 255, 255]) throws -> Picture {
        try PictureDecoder.decode(try bytes(of: goldens.appending(path: name)), background: background)
    }

    @Test func `resizing gives Pillow's bytes for every size, kernel and box`() throws {
        #expect(cases.resize.count == 36)
        for item in cases.resize {
            let box = item.box.map { Picture.Box(left: $0[0], top: $0[1], right: $0[2], bottom: $0[3]) }
            let found = try picture(item.source).resized(width: item.width, height: item.height, item.kernel, box: box)
            let difference = largestDifference(found, try picture(item.golden))
            #expect(difference == 0, "\(item.golden)")
        }
    }

    @Test func `every kind of file decodes to Pillow's pixels over its background`() throws {
        for item in cases.decode {
            let found = try picture(item.file, background: item.background)
            let expected = try picture(item.golden)
            // Pillow carries its own builds of the same libraries: lossy files may differ by 1.
            let allowed = item.file.hasSuffix("png") ? 0 : 1
            let difference = largestDifference(found, expected)
            #expect(difference.map { $0 <= allowed } == true, "\(item.file) \(difference ?? -1)")
        }
    }

    @Test func `pictures stored in all eight orientations come out upright`() throws {
        let upright = try picture("orientation-upright.png")
        #expect(cases.orientation.count == 24)
        for item in cases.orientation {
            let found = try picture(item.file).gray()
            let allowed = item.file.hasSuffix("jpg") ? 3 : 0
            let difference = largestDifference(found, upright)
            #expect(difference.map { $0 <= allowed } == true, "\(item.file) \(difference ?? -1)")
        }
    }

    @Test func `gray is Pillow's luma`() throws {
        #expect(largestDifference(try picture("colour.png").gray(), try picture("luma.png")) == 0)
    }

    @Test func `turning, mirroring and cutting move every pixel to its place`() {
        let picture = Picture(width: 3, height: 2, channels: 1, pixels: [1, 2, 3, 4, 5, 6])
        let expected: [Orientation: [UInt8]] = [
            .upright: [1, 2, 3, 4, 5, 6], .mirrored: [3, 2, 1, 6, 5, 4], .upsideDown: [6, 5, 4, 3, 2, 1],
            .flipped: [4, 5, 6, 1, 2, 3], .transposed: [1, 4, 2, 5, 3, 6], .rightward: [4, 1, 5, 2, 6, 3],
            .transversed: [6, 3, 5, 2, 4, 1], .leftward: [3, 6, 2, 5, 1, 4],
        ]
        for orientation in Orientation.allCases {
            let turned = picture.turned(orientation)
            #expect(turned.pixels == expected[orientation])
            #expect(turned.width == (orientation.swapsSides ? 2 : 3))
            #expect(picture.coloured().turned(orientation).gray() == turned)
        }
        #expect(picture.mirrored().pixels == [3, 2, 1, 6, 5, 4])
        #expect(picture.cropped(x: 1, y: 0, width: 2, height: 2).pixels == [2, 3, 5, 6])
    }

    @Test func `a window of a resize is the same as resizing everything and cutting`() throws {
        let source = try picture("colour.png")
        let whole = source.resized(width: 71, height: 50, .bicubic)
        let resizer = Resizer()
        let across = ResizeAxis(input: 97, output: 71, window: 20..<47)
        let down = ResizeAxis(input: 61, output: 50, window: 11..<43)
        let part = withExtendedLifetime(resizer) {
            source.withView { resizer.resize($0, horizontal: across, vertical: down, .bicubic).picture() }
        }
        #expect(part == whole.cropped(x: 20, y: 11, width: 27, height: 32))
    }
}
