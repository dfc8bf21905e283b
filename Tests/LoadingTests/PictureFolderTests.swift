// The folder of decoded pictures does not grow for ever: what no run has used for long goes, what one uses stays.

import FoveaLoading
import FoveaTestSupport
import Foundation
import Testing

@Suite struct PictureFolderTests {
    private let folder: TemporaryFolder
    private var pictures: PictureFolder { PictureFolder(path: folder.path) }

    init() throws { folder = try TemporaryFolder() }

    /// A file of pictures that was used so many days ago.
    private func file(_ name: String, megabytes: Int, daysAgo: Double) throws {
        let path = folder.path + "/" + name
        try Data(repeating: 1, count: megabytes << 20).write(to: URL(filePath: path))
        let used = Date(timeIntervalSinceNow: -daysAgo * 86_400)
        try FileManager.default.setAttributes([.modificationDate: used], ofItemAtPath: path)
    }

    private var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
    }

    @Test func `files that no run has used for a month go, others and foreign ones stay`() throws {
        try file("a.pixels", megabytes: 1, daysAgo: 31)
        try file("b.pixels", megabytes: 1, daysAgo: 29)
        try file("own.pixels", megabytes: 1, daysAgo: 100)
        try file("letter.txt", megabytes: 1, daysAgo: 100)
        #expect(pictures.room(for: "own.pixels", limit: 5) == 5)
        #expect(try names == ["b.pixels", "letter.txt", "own.pixels"])
    }

    @Test func `those used longest ago go for the room that a new data set needs`() throws {
        for (index, name) in ["a.pixels", "b.pixels", "c.pixels"].enumerated() {
            try file(name, megabytes: 4, daysAgo: Double(3 - index))
        }
        // 20 MB free and 12 held: a quarter is 8 MB, of which the others may have half.
        let room = pictures.room(for: "new.pixels", limit: nil, free: 20 << 20)
        #expect(try names == ["c.pixels"])
        #expect(abs(room - (4 << 20)) < 100_000)
    }

    @Test func `a file in use is left alone`() throws {
        try file("a.pixels", megabytes: 1, daysAgo: 31)
        let descriptor = open(folder.path + "/a.pixels", O_RDWR)
        defer { close(descriptor) }
        try #require(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        _ = pictures.room(for: "new.pixels", limit: 5)
        #expect(try names == ["a.pixels"])
    }

    @Test func `what a file holds stays its own, and files of the same run take nothing from it`() throws {
        try file("training.pixels", megabytes: 6, daysAgo: 1)
        try file("validation.pixels", megabytes: 2, daysAgo: 1)
        let descriptor = open(folder.path + "/training.pixels", O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        try #require(flock(descriptor, LOCK_EX) == 0)
        // 24 MB free and 8 held: a quarter is 8 MB, of which the validation pictures' part is a tenth.
        #expect(pictures.room(for: "validation.pixels", limit: nil, part: 0.1, free: 24 << 20) >= 2 << 20)
        let room = pictures.room(for: "new.pixels", limit: nil, part: 0.5, free: 24 << 20)
        #expect(abs(room - (3 << 20)) < 100_000)
        #expect(try names == ["training.pixels", "validation.pixels"])
    }
}
