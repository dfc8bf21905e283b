// Every format and kind of file against Pillow: whole pictures, made by Tests/Golden/formats/make.py.

import Foundation
import FoveaPictures
import FoveaTensorCore
import Testing

@Suite struct FormatTests {
    struct Case: Decodable {
        let file: String
        let golden: String
        let most: Int
        let denominator: Int
        let profile: Bool
    }

    let folder: URL
    let cases: [Case]

    init() throws {
        folder = goldens.deletingLastPathComponent().appending(path: "formats")
        cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: folder.appending(path: "cases.json")))
    }

    func decode(_ item: Case) throws -> Picture {
        let memory = DecodingMemory()
        return try withExtendedLifetime(memory) {
            try bytes(of: folder.appending(path: item.file)).withUnsafeBytes { bytes in
                let file = try PictureDecoder.open(bytes)
                let request = DecodingRequest(
                    leastWidth: item.denominator > 1 ? file.info.width / item.denominator : nil,
                    leastHeight: item.denominator > 1 ? file.info.height / item.denominator : nil,
                    background: [10, 200, 30], colours: item.profile ? .sRGB : .stored)
                return try file.decode(request, memory: memory).view.picture()
            }
        }
    }

    @Test(arguments: ["gif", "bmp", "tif", "heic", "avif", "jpg", "png", "webp"])
    func `files of every format become what Pillow makes of them`(_ suffix: String) throws {
        let chosen = cases.filter { $0.file.hasSuffix("." + suffix) }
        #expect(!chosen.isEmpty)
        for item in chosen {
            let found = try decode(item)
            let golden = try PictureDecoder.decode(try bytes(of: folder.appending(path: item.golden)))
            let difference = largestDifference(found, golden)
            #expect(difference.map { $0 <= item.most } == true, "\(item.golden): \(difference ?? -1)")
        }
    }

    @Test func `a profile changes colours, and only where it is asked to`() throws {
        for item in cases where item.profile && !item.file.hasPrefix("srgb") {
            let file = try bytes(of: folder.appending(path: item.file))
            let stored = try PictureDecoder.decode(file, colours: .stored)
            let converted = try PictureDecoder.decode(file, colours: .sRGB)
            #expect(try #require(largestDifference(stored, converted)) > 10, "\(item.file)")
        }
        let file = try bytes(of: folder.appending(path: "srgb.png"))
        #expect(try PictureDecoder.decode(file, colours: .sRGB) == PictureDecoder.decode(file))
        let none = try bytes(of: goldens.appending(path: "decode-baseline.jpg"))
        #expect(try PictureDecoder.decode(none, colours: .sRGB) == PictureDecoder.decode(none))
    }

    @Test(arguments: [
        "plain.gif", "interlaced.gif", "rgb.bmp", "runs-8.bmp", "565.bmp", "rgb.tif", "jpeg.tif", "plain.heic",
        "plain.avif",
    ]) func `a file of a newer format that is cut anywhere is refused`(_ name: String) throws {
        let file = try bytes(of: folder.appending(path: name))
        // The last bytes of a GIF end the file, not the picture; a BMP's last row may lack its padding.
        for length in stride(from: 0, to: file.count - 4, by: max(1, file.count / 400)) {
            #expect(throws: Failure.self, "\(length) of \(file.count) bytes") {
                _ = try PictureDecoder.decode(Array(file[..<length]))
            }
        }
    }

    @Test(arguments: [
        "plain.gif", "interlaced.gif", "transparent.gif", "rgba.bmp", "runs-8.bmp", "runs-4.bmp", "565.bmp", "rgb.tif",
        "jpeg.tif", "cmyk.tif", "one.tif", "transparent.heic", "transparent.avif", "wide.jpg", "wide.png", "wide.webp",
        "wide.tif",
    ]) func `damaged bytes of a newer format do no harm`(_ name: String) throws {
        let file = try bytes(of: folder.appending(path: name))
        var stream = RandomStream(seed: 12, purpose: .testing)
        var refused = 0
        for _ in 0..<150 {
            var damaged = file
            for _ in 0...stream.integer(below: 4) {
                damaged[stream.integer(below: damaged.count)] = UInt8(truncatingIfNeeded: stream.next())
            }
            do {
                _ = try PictureDecoder.decode(damaged, colours: .sRGB, limits: DecodingLimits(pixels: 1_000_000))
            } catch {
                #expect((error as? Failure)?.kind == .data, "\(error)")
                #expect((error as? Failure)?.cause != nil)
                refused += 1
            }
        }
        // Pixels that are stored as they are can be of any value.
        #expect(refused > 0 || name.hasSuffix("bmp"))
    }

    @Test func `a library that is missing is named, with what to install`() {
        let failure = PictureRefusal.missing("libheif", for: .heic)
        #expect(failure.message == "a HEIC file: it is read by libheif, which is not installed here")
        #expect(failure.advice?.contains("install") == true && failure.advice?.contains("libheif") == true)
        #expect(failure.cause == PictureRefusal.missingLibrary.rawValue)
    }
}
