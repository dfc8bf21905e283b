// Every odd, broken and hostile file of the collection goes through the decoder; the manifest says what must happen.

import Foundation
import FoveaPictures
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite(.enabled(if: TestData.path("nasty-images") != nil, "needs shared/data")) struct NastyImagesTests {
    struct Row {
        let file: String
        let expected: String
        let size: String
        /// The mean colours that Pillow and OpenCV found, where they found any.
        let means: [[Double]]
    }

    func rows() throws -> [(Row, [UInt8])] {
        guard let folder = TestData.path("nasty-images").map({ URL(filePath: $0) }) else { return [] }
        let manifest = try String(contentsOf: folder.appending(path: "MANIFEST.tsv"), encoding: .utf8)
        return try manifest.split(separator: "\n").dropFirst().map { line in
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            let means = cells[7...8].map { $0.split(separator: ",").compactMap { Double($0) } }
            let row = Row(file: cells[0], expected: cells[1], size: cells[3], means: means.filter { $0.count == 3 })
            return (row, try bytes(of: folder.appending(path: cells[0])))
        }
    }

    @Test func `files of formats that are read do what the manifest says`() throws {
        var read = 0
        for (row, bytes) in try rows() {
            let format = bytes.withUnsafeBytes { PictureFormat.of($0) }
            guard let format, PictureDecoder.formats.contains(format) else { continue }
            read += 1
            let result = Result { try PictureDecoder.decode(bytes, background: [0, 0, 0]) }
            switch (row.expected, result) {
            case ("decode", .failure(let error)): Issue.record("\(row.file): \(error)")
            case ("refuse", .success): Issue.record("\(row.file) was decoded")
            case ("decode", .success(let picture)):
                #expect("\(picture.width)x\(picture.height)" == row.size, "\(row.file)")
            default: break
            }
            if case .failure(let error) = result { #expect(error is Failure, "\(row.file)") }
        }
        #expect(read > 70)
    }

    @Test func `files of other formats are refused by the format's name`() throws {
        for (row, bytes) in try rows() {
            let format = bytes.withUnsafeBytes { PictureFormat.of($0) }
            if let format, PictureDecoder.formats.contains(format) { continue }
            let name = format?.rawValue ?? "not a picture"
            let error = #expect(throws: Failure.self, "\(row.file)") { _ = try PictureDecoder.decode(bytes) }
            #expect(error?.message.contains(name) == true, "\(row.file): \(String(describing: error))")
        }
    }

    @Test func `opaque pictures have the mean colours that Pillow and OpenCV found`() throws {
        // These two ignore transparency, so pictures with alpha have other means.
        var compared = 0
        for (row, bytes) in try rows() where row.expected == "decode" && !row.means.isEmpty {
            guard let info = try? PictureDecoder.probe(bytes), !info.hasAlpha else { continue }
            let found = means(try PictureDecoder.decode(bytes))
            let isFound = row.means.contains { means in zip(found, means).allSatisfy { abs($0 - $1) <= 1.2 } }
            #expect(isFound, "\(row.file): \(found), expected \(row.means)")
            compared += 1
        }
        #expect(compared >= 40)
    }

    @Test(.enabled(if: TestData.path("exif-orientation") != nil, "needs shared/data"))
    func `all nine EXIF examples agree after turning`() throws {
        let folder = URL(filePath: try #require(TestData.path("exif-orientation")))
        let pictures = try (0...8).map { number in
            let picture = try PictureDecoder.decode(try bytes(of: folder.appending(path: "Landscape_\(number).jpg")))
            #expect(picture.width == 1800 && picture.height == 1200)
            // Each was compressed anew, so single pixels differ; small versions do not.
            return picture.gray().resized(width: 90, height: 60, .bicubic)
        }
        for picture in pictures.dropFirst() {
            let sum = zip(picture.pixels, pictures[0].pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
            #expect(Double(sum) / Double(picture.pixels.count) < 0.7)
            let turned = zip(picture.turned(.upsideDown).pixels, pictures[0].pixels).reduce(0) {
                $0 + abs(Int($1.0) - Int($1.1))
            }
            #expect(Double(turned) / Double(picture.pixels.count) > 10)
        }
    }

    @Test func `a probe tells size and orientation as decoding does`() throws {
        for (row, bytes) in try rows() where row.expected == "decode" {
            guard let info = try? PictureDecoder.probe(bytes) else { continue }
            let picture = try PictureDecoder.decode(bytes)
            #expect(picture.width == info.width && picture.height == info.height, "\(row.file)")
            #expect(picture.channels == info.channels, "\(row.file)")
        }
    }
}
