// PngSuite and the odd JPEGs against Pillow, pixel by pixel, at test time: these files are not in the repository. Where
// the two disagree about refusing a file, the manifest says why.

import Foundation
import FoveaPictures
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct PillowAgreementTests {
    static let python = ProcessInfo.processInfo.environment["FOVEA_TEST_PYTHON"]
    static let isPossible = python != nil && TestData.path("nasty-images") != nil

    /// What Pillow made of the files with one of these endings; the folder holds NAME.pixels and NAME.white.
    func pillow(_ endings: [String]) throws -> (files: [URL], folder: TemporaryFolder) {
        let source = URL(filePath: try #require(TestData.path("nasty-images")))
        let files = try FileManager.default.contentsOfDirectory(at: source, includingPropertiesForKeys: nil)
            .filter { endings.contains($0.pathExtension) }
        let folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(filePath: Self.python ?? "")
        let script = goldens.deletingLastPathComponent().appending(path: "formats/decode.py")
        process.arguments = [script.path, folder.path] + files.map(\.path)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return (files, folder)
    }

    /// A line "width height channels", then samples; nil if Pillow refused the file.
    func picture(_ name: String, in folder: TemporaryFolder) throws -> Picture? {
        guard let data = FileManager.default.contents(atPath: folder.path + "/" + name) else { return nil }
        let line = data.prefix { $0 != UInt8(ascii: "\n") }
        let numbers = String(decoding: line, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
        try #require(numbers.count == 3)
        return Picture(
            width: numbers[0], height: numbers[1], channels: numbers[2],
            pixels: [UInt8](data.dropFirst(line.count + 1)))
    }

    @Test(.enabled(if: isPossible, "needs shared/data, and FOVEA_TEST_PYTHON with Pillow"))
    func `every PNG of the collection is Pillow's, whole pixels, over black and over white`() throws {
        let (files, folder) = try pillow(["png"])
        var compared = 0
        for file in files {
            let content = try bytes(of: file)
            // One of them is a JPEG by its content.
            guard content.withUnsafeBytes({ PictureFormat.of($0) }) == .png else { continue }
            for (suffix, background) in [(".pixels", [0, 0, 0]), (".white", [255, 255, 255])] as [(String, [UInt8])] {
                guard let expected = try picture(file.lastPathComponent + suffix, in: folder),
                    let found = try? PictureDecoder.decode(content, background: background)
                else { continue }
                let difference = largestDifference(found.coloured(), expected.coloured())
                #expect(difference == 0, "\(file.lastPathComponent) \(suffix): \(difference ?? -1)")
                compared += 1
            }
        }
        #expect(compared > 20)
    }

    @Test(.enabled(if: isPossible, "needs shared/data, and FOVEA_TEST_PYTHON with Pillow"))
    func `every JPEG of the collection is within 2 of Pillow's in the mean`() throws {
        let (files, folder) = try pillow(["jpg", "jpeg"])
        var compared = 0
        for file in files {
            guard let expected = try picture(file.lastPathComponent + ".pixels", in: folder),
                let found = try? PictureDecoder.decode(try bytes(of: file))
            else { continue }
            #expect(found.width == expected.width && found.height == expected.height, "\(file.lastPathComponent)")
            let sum = zip(found.coloured().pixels, expected.coloured().pixels).reduce(0) {
                $0 + abs(Int($1.0) - Int($1.1))
            }
            let mean = Double(sum) / Double(expected.coloured().pixels.count)
            #expect(mean <= 2, "\(file.lastPathComponent): \(mean)")
            compared += 1
        }
        #expect(compared > 25)
    }
}
