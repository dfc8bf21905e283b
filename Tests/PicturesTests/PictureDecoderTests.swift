// What the decoder refuses, and what it says then.

import Foundation
import FoveaPictures
import FoveaTensorCore
import Testing

@Suite struct PictureDecoderTests {
    func refusal(_ bytes: [UInt8], limits: DecodingLimits = .standard) -> Failure? {
        do {
            _ = try PictureDecoder.decode(bytes, limits: limits)
            return nil
        } catch { return error as? Failure }
    }

    func golden(_ name: String) throws -> [UInt8] { try bytes(of: goldens.appending(path: name)) }

    @Test func `an empty file is called empty`() {
        #expect(refusal([])?.message == "the file is empty")
        #expect(refusal([])?.kind == .data)
    }

    @Test func `text is not a picture, whatever its name`() {
        let text = Array("Dear reader, this was saved as holiday.jpg.\n".utf8)
        let expected =
            "not a picture: the content is of no known format. Fovea reads JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC and AVIF"
        #expect(refusal(text)?.message == expected)
    }

    /// The first bytes of files of other formats, as Latin-1 text.
    static let others: [(name: String, head: String)] = [
        ("an ICO file", "\0\0\u{1}\0\u{1}\0"), ("a JPEG XL file", "\u{FF}\u{A}\u{1}"),
        ("an SVG file", "<?xml version=\"1.0\"?>\n<svg width=\"3\"/>"), ("a Netpbm file", "P6\n1 1\n255\nabc"),
        ("a PDF file", "%PDF-1.7\n"),
    ]

    @Test func `a format that is not read is named`() {
        for (name, head) in Self.others {
            let bytes = head.unicodeScalars.map { UInt8($0.value) }
            let expected = "\(name): Fovea reads JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC and AVIF"
            #expect(refusal(bytes)?.message == expected)
            #expect(refusal(bytes)?.cause == PictureRefusal.unreadFormat.rawValue)
        }
    }

    @Test func `a PNG that claims 60000 x 60000 is refused by its header`() throws {
        // 60000 = 0xEA60; IHDR with its right checksum, and nothing behind it.
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        for (name, data) in [
            ("IHDR", [0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 2, 0, 0, 0] as [UInt8]),
            ("IDAT", [0x78, 0x9C, 0x03, 0, 0, 0, 0, 0x01] as [UInt8]),
        ] {
            let chunk = Array(name.utf8) + data
            file += [0, 0, 0, UInt8(data.count)]
            file += chunk
            file += checksum(chunk)
        }
        let expected = "the picture is too large: 60000 x 60000 is 3600000000 pixels, the limit is 178956970"
        #expect(refusal(file)?.message == expected)
    }

    /// CRC-32 of PNG's specification, annex D.
    func checksum(_ bytes: [UInt8]) -> [UInt8] {
        var register: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            register ^= UInt32(byte)
            for _ in 0..<8 { register = register & 1 == 1 ? 0xEDB8_8320 ^ (register >> 1) : register >> 1 }
        }
        return (0..<4).map { UInt8(truncatingIfNeeded: ~register >> (24 - 8 * $0)) }
    }

    @Test func `each limit is named when it is met`() throws {
        let file = try golden("colour.png")
        let wide = refusal(file, limits: DecodingLimits(side: 90))
        #expect(wide?.message == "the picture is too large: 97 x 61, the limit is 90 pixels a side")
        let many = refusal(file, limits: DecodingLimits(pixels: 5000))
        #expect(many?.message == "the picture is too large: 97 x 61 is 5917 pixels, the limit is 5000")
        let long = refusal(file, limits: DecodingLimits(fileBytes: 100))
        #expect(long?.message == "the file has \(file.count) bytes, the limit is 100")
        #expect(refusal(file, limits: DecodingLimits(pixels: 5917, side: 97, fileBytes: file.count)) == nil)
    }

    @Test func `the environment sets limits, and what it means is checked`() throws {
        #expect(try DecodingLimits(environment: ["HOME": "/", "FOVEA_MAX_PIXELS": ""]) == DecodingLimits())
        let set = try DecodingLimits(environment: ["FOVEA_MAX_PIXELS": "500000000", "FOVEA_MAX_FILE_BYTES": "1000"])
        #expect(set == DecodingLimits(pixels: 500_000_000, fileBytes: 1000))
        for (name, value) in [("FOVEA_MAX_PIXELS", "0"), ("FOVEA_MAX_PIXELS", "4e9"), ("FOVEA_MAX_FILE_BYTES", "1 GB")]
        {
            let error = #expect(throws: Failure.self) { try DecodingLimits(environment: [name: value]) }
            #expect(error?.kind == .usage && error?.message.hasPrefix("\(name) is \(value), ") == true)
        }
    }

    @Test(arguments: [
        "decode-baseline.jpg", "decode-progressive.jpg", "decode-gray.jpg", "decode-cmyk.jpg", "decode-one-bit.png",
        "decode-palette-trns.png", "decode-gray-alpha.png", "decode-lossy.webp", "decode-lossy-alpha.webp",
        "decode-animated.webp", "orientation-6.jpg", "orientation-6.png", "orientation-6.webp",
    ]) func `a file cut anywhere is refused`(_ name: String) throws {
        let file = try golden(name)
        #expect(refusal(file) == nil)
        for length in 0..<file.count {
            let found = refusal(Array(file[..<length]))
            #expect(found?.kind == .data, "\(length) of \(file.count) bytes")
            guard length > 16 else { continue }
            #expect(found?.message.contains("truncated") == true, "\(length): \(String(describing: found))")
        }
    }

    @Test(arguments: [
        "decode-baseline.jpg", "decode-progressive.jpg", "decode-cmyk.jpg", "decode-palette-trns.png",
        "decode-gray-alpha.png", "decode-lossy-alpha.webp", "decode-animated.webp", "orientation-6.png",
        "orientation-7.jpg", "orientation-8.webp",
    ]) func `damaged bytes are refused or decoded, and never do harm`(_ name: String) throws {
        let file = try golden(name)
        var stream = RandomStream(seed: 11, purpose: .testing)
        for _ in 0..<400 {
            var damaged = file
            for _ in 0...stream.integer(below: 4) {
                damaged[stream.integer(below: damaged.count)] = UInt8(truncatingIfNeeded: stream.next())
            }
            let limits = DecodingLimits(pixels: 1_000_000)
            if let found = refusal(damaged, limits: limits) { #expect(found.kind == .data, "\(found)") }
        }
    }

    @Test func `a probe reads the header alone`() throws {
        let info = try PictureDecoder.probe(Array(try golden("decode-rgba.png").prefix(100)))
        #expect(info.format == .png && info.width == 97 && info.height == 61 && info.channels == 3 && info.hasAlpha)
        let turned = try PictureDecoder.probe(try golden("orientation-6.jpg"))
        #expect(turned.width == 16 && turned.height == 8 && turned.orientation == .rightward)
    }

    @Test func `gray stays one channel unless a coloured background shows through`() throws {
        #expect(try PictureDecoder.decode(try golden("decode-gray.jpg")).channels == 1)
        #expect(try PictureDecoder.decode(try golden("decode-sixteen-bit.png")).channels == 1)
        #expect(try PictureDecoder.decode(try golden("decode-gray-alpha.png")).channels == 1)
        #expect(try PictureDecoder.decode(try golden("decode-gray-alpha.png"), background: [0, 0, 1]).channels == 3)
    }
}
