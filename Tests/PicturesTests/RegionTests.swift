// Parts of pictures: the same pixels as cutting them from the whole, for every format, orientation and way of storing.

import Foundation
import FoveaPictures
import FoveaTensorCore
import Testing

@Suite struct RegionTests {
    let formats = goldens.deletingLastPathComponent().appending(path: "formats")

    /// A JPEG with an EXIF block that says only its orientation.
    func stored(_ file: [UInt8], as orientation: Orientation) -> [UInt8] {
        let block: [UInt8] =
            [0xFF, 0xE1, 0, 34] + Array("Exif".utf8) + [0, 0] + Array("MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1]
            + [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, UInt8(orientation.rawValue), 0, 0] + [0, 0, 0, 0]
        return Array(file[..<2]) + block + Array(file[2...])
    }

    func region(of width: Int, _ height: Int, _ stream: inout RandomStream) -> PixelRegion {
        let (w, h) = (1 + stream.integer(below: width), 1 + stream.integer(below: height))
        return PixelRegion(
            x: stream.integer(below: width - w + 1), y: stream.integer(below: height - h + 1), width: w, height: h)
    }

    func part(_ file: [UInt8], _ request: DecodingRequest, _ memory: DecodingMemory) throws -> (Picture, Picture.Box) {
        try file.withUnsafeBytes {
            let part = try PictureDecoder.open($0).decode(request, memory: memory)
            return (part.view.picture(), part.box)
        }
    }

    @Test(arguments: [
        "decode-baseline.jpg", "decode-progressive.jpg", "decode-444.jpg", "decode-gray.jpg", "decode-cmyk.jpg",
        "decode-rgba.png", "decode-gray.png", "decode-lossy.webp",
    ]) func `a region is the same pixels as the whole has there`(_ name: String) throws {
        let plain = try bytes(of: goldens.appending(path: name))
        let memory = DecodingMemory()
        var stream = RandomStream(seed: 3, purpose: .testing)
        for orientation in Orientation.allCases {
            let file = name.hasSuffix("jpg") ? stored(plain, as: orientation) : plain
            let whole = try PictureDecoder.decode(file)
            for _ in 0..<60 {
                let region = region(of: whole.width, whole.height, &stream)
                let (found, box) = try part(file, DecodingRequest(region: region), memory)
                let expected = whole.cropped(x: region.x, y: region.y, width: region.width, height: region.height)
                #expect(found == expected, "\(name) \(orientation) \(region)")
                #expect(box.left == 0 && box.top == 0, "\(box)")
                #expect(box.right == Float(region.width) && box.bottom == Float(region.height), "\(box)")
            }
        }
    }

    @Test(arguments: ["large.jpg", "large-progressive.jpg"])
    func `a region of a picture made smaller is the same pixels as the smaller whole has there`(
        _ name: String
    ) throws {
        let plain = try bytes(of: formats.appending(path: name))
        let memory = DecodingMemory()
        var stream = RandomStream(seed: 4, purpose: .testing)
        for orientation in Orientation.allCases {
            let file = stored(plain, as: orientation)
            let info = try PictureDecoder.probe(file)
            for denominator in [2, 4, 8] {
                let (whole, all) = try part(
                    file, DecodingRequest(leastWidth: info.width / denominator, leastHeight: info.height / denominator),
                    memory)
                #expect(whole.width == (info.width + denominator - 1) / denominator)
                #expect(all.left == 0 && all.right == Float(whole.width))
                for _ in 0..<20 {
                    let region = region(of: info.width, info.height, &stream)
                    guard region.width >= denominator, region.height >= denominator else { continue }
                    // So many pixels, and so no smaller picture will do.
                    let request = DecodingRequest(
                        region: region, leastWidth: region.width / denominator,
                        leastHeight: region.height / denominator)
                    let (found, box) = try part(file, request, memory)
                    let scale = Float(whole.width) / Float(info.width)
                    let (left, top) = (Int(Float(region.x) * scale + 0.001), Int(Float(region.y) * scale + 0.001))
                    let isThere = [-1, 0, 1].contains { across in
                        [-1, 0, 1].contains { down in
                            left + across >= 0 && top + down >= 0 && left + across + found.width <= whole.width
                                && top + down + found.height <= whole.height
                                && found
                                    == whole.cropped(
                                        x: left + across, y: top + down, width: found.width, height: found.height)
                        }
                    }
                    #expect(isThere, "\(name) \(orientation) 1/\(denominator) \(region)")
                    #expect(abs((box.right - box.left) - Float(region.width) * scale) < 0.01, "\(box) of \(region)")
                    #expect(box.left >= 0 && box.left < 1 && box.right > Float(found.width) - 1, "\(box) of \(region)")
                }
            }
        }
    }

    @Test func `what is smaller than twice the size wanted is decoded as it is`() throws {
        let file = try bytes(of: formats.appending(path: "large.jpg"))
        let memory = DecodingMemory()
        let region = PixelRegion(x: 0, y: 0, width: 199, height: 120)
        let request = DecodingRequest(region: region, leastWidth: 100, leastHeight: 60)
        #expect(try part(file, request, memory).0.width == 199)
        let (smaller, _) = try part(file, DecodingRequest(region: region, leastWidth: 99, leastHeight: 60), memory)
        #expect(smaller.width == 100)
    }

    @Test(arguments: ["decode-baseline.jpg", "decode-progressive.jpg", "decode-gray.jpg", "decode-cmyk.jpg"])
    func `a file cut below the region is refused all the same`(_ name: String) throws {
        let file = try bytes(of: goldens.appending(path: name))
        let memory = DecodingMemory()
        let request = DecodingRequest(region: PixelRegion(x: 3, y: 0, width: 10, height: 5))
        #expect(throws: Never.self) { try part(file, request, memory) }
        for length in stride(from: 0, to: file.count, by: 7) {
            #expect(throws: Failure.self, "\(length) of \(file.count) bytes") {
                _ = try part(Array(file[..<length]), request, memory)
            }
        }
    }
}
