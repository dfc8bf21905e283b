// Folders of class folders: what is recognised, what is skipped, and what every error says.

import Foundation
import FoveaCollecting
import FoveaTensorCore
import FoveaTestSupport
import Testing

/// The failure that opening this folder ends with.
func failure(_ path: String, _ options: CollectingOptions = .undivided) -> Failure? {
    do {
        let data = try DataSet.open(path, options: options)
        Issue.record("\(path) was opened, with the classes \(data.classes)")
        return nil
    } catch {
        return error as? Failure
    }
}

@Suite struct ClassFoldersTests {
    @Test func `a flat folder becomes classes in natural order and three splits`() throws {
        let folder = try TemporaryFolder()
        for name in ["class10", "class2", "class1"] { try folder.pictures(100, in: name) }
        let data = try DataSet.open(folder.path)
        #expect(data.classes == ["class1", "class2", "class10"])
        #expect(Set(data.splits.keys) == [.training, .validation, .test])
        #expect(data.splits.values.reduce(0) { $0 + $1.entries.count } == 300)
        #expect(data.name == folder.path.split(separator: "/").last.map(String.init))
    }

    @Test func `entries are ordered by class, then naturally by path`() throws {
        let folder = try TemporaryFolder()
        try folder.pictures(12, in: "a")
        try folder.pictures(1, in: "b")
        let data = try DataSet.open(folder.path + "/", options: .undivided)
        let entries = try #require(data.splits[.training]).entries
        #expect(entries.map(\.name) == (0..<12).map { "\(folder.path)/a/\($0).jpg" } + ["\(folder.path)/b/0.jpg"])
        #expect(entries.map(\.label) == [Int](repeating: 0, count: 12) + [1])
        guard case .encoded(let bytes) = try #require(data.splits[.training]).content(at: 11) else {
            Issue.record("not a file")
            return
        }
        #expect(bytes == Array("a 11".utf8))
    }

    @Test(arguments: [["train", "val", "test"], ["Training", "VALID", "Testing"], ["TRAIN", "validation", "test"]])
    func `split folders go by several names`(names: [String]) throws {
        let folder = try TemporaryFolder()
        for (number, name) in names.enumerated() {
            try folder.pictures(number + 1, in: "\(name)/cat")
            try folder.pictures(number + 1, in: "\(name)/dog")
        }
        let data = try DataSet.open(folder.path)
        #expect(data.splits.mapValues(\.entries.count) == [.training: 2, .validation: 4, .test: 6])
        #expect(data.notes.isEmpty)
    }

    @Test func `files in nested folders belong to the class folder`() throws {
        let folder = try TemporaryFolder()
        try folder.pictures(2, in: "cat/indoor/night")
        try folder.pictures(3, in: "cat")
        try folder.pictures(4, in: "dog/outdoor")
        let data = try DataSet.open(folder.path, options: .undivided)
        #expect(data.classes == ["cat", "dog"])
        #expect(data.splits[.training]?.entries.count { $0.label == 0 } == 5)
    }

    @Test func `hidden files and clutter are skipped, other files are counted`() throws {
        let folder = try TemporaryFolder()
        for name in ["cat", "dog", ".ipynb_checkpoints", "__MACOSX/cat", ".git/x"] { try folder.pictures(2, in: name) }
        for name in ["cat/.hidden.jpg", "cat/Thumbs.db", "cat/.DS_Store", "__MACOSX/._1.jpg"] { try folder.write(name) }
        try folder.write("cat/readme.txt")
        try folder.write("dog/clip.mp4")
        try folder.write("stray.png")
        let data = try DataSet.open(folder.path, options: .undivided)
        #expect(data.splits[.training]?.entries.count == 4)
        #expect(
            data.notes == [
                "Left out: 1 picture lies outside every class folder: \(folder.path)/stray.png.",
                "Left out: 2 files do not have a picture's name: \(folder.path)/cat/readme.txt, "
                    + "\(folder.path)/dog/clip.mp4.",
            ])
    }

    @Test func `every picture extension is a candidate, whatever its case`() throws {
        let folder = try TemporaryFolder()
        for ending in ["jpg", "JPEG", "Png", "webp", "gif", "bmp", "tif", "TIFF", "heic", "avif"] {
            try folder.write("a/x.\(ending)")
        }
        try folder.pictures(1, in: "b")
        try folder.write("a/.jpg")
        try folder.write("a/jpg")
        #expect(try DataSet.open(folder.path, options: .undivided).splits[.training]?.entries.count == 11)
    }

    @Test func `odd names work`() throws {
        let folder = try TemporaryFolder()
        let names = ["with space.jpg", "new\nline.jpg", "🐈.png", "quote'\".jpg", "100%.jpg", "a;b&c.jpg", "-rf.jpg"]
        for name in names { try folder.write("big 🐅\ncats/\(name)", Array(name.utf8)) }
        try folder.pictures(1, in: "ordinary")
        let data = try DataSet.open(folder.path, options: .undivided)
        let source = try #require(data.splits[.training])
        #expect(data.classes == ["big 🐅\ncats", "ordinary"])
        #expect(source.entries.count == 8)
        for index in 0..<7 {
            guard case .encoded(let bytes) = try source.content(at: index) else { continue }
            #expect(source.entries[index].name.hasSuffix("/" + String(decoding: bytes, as: UTF8.self)))
        }
    }

    @Test func `composed and decomposed names are one class across splits`() throws {
        let folder = try TemporaryFolder()
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        #expect(Array(composed.utf8) != Array(decomposed.utf8))
        try folder.write("train/\(decomposed)/1.jpg")
        try folder.write("train/tea/1.jpg")
        try folder.write("val/\(composed)/1.jpg")
        try folder.write("val/tea/1.jpg")
        let data = try DataSet.open(folder.path)
        #expect(data.classes.map { Array($0.utf8) } == [Array(composed.utf8), Array("tea".utf8)])
        #expect(data.notes.isEmpty)
        _ = try data.splits[.training]?.content(at: 0)
    }

    @Test func `a class called train stands beside other classes`() throws {
        let folder = try TemporaryFolder()
        for name in ["bus", "car", "train"] { try folder.pictures(3, in: name) }
        let data = try DataSet.open(folder.path, options: .undivided)
        #expect(data.classes == ["bus", "car", "train"])
        #expect(data.notes == ["The folder train is taken for a class, as it stands beside other class folders."])
    }

    @Test func `an unlabelled test folder and other folders are left out with a note`() throws {
        let folder = try TemporaryFolder()
        for name in ["train/cat", "train/dog", "val/cat", "val/dog"] { try folder.pictures(3, in: name) }
        try folder.pictures(5, in: "test")
        try folder.write("docs/readme.txt")
        let data = try DataSet.open(folder.path)
        #expect(Set(data.splits.keys) == [.training, .validation])
        #expect(
            data.notes == [
                "The 5 pictures in test lie in no class folder, so their class is not known: they are not used.",
                "Left out, as they stand beside the split folders: docs.",
            ])
    }

    @Test func `a class missing from validation is a note`() throws {
        let folder = try TemporaryFolder()
        for name in ["train/cat", "train/dog", "val/cat"] { try folder.pictures(3, in: name) }
        folder.folder("train/empty")
        #expect(
            try DataSet.open(folder.path).notes == [
                "The class folder \(folder.path)/train/empty holds no picture and was left out.",
                "A class has no picture in the validation split: dog.",
            ])
    }

    @Test func `splits without training are opened for measuring`() throws {
        let folder = try TemporaryFolder()
        try folder.pictures(3, in: "test/cat")
        var options = CollectingOptions()
        options.minimumClasses = 1
        let data = try DataSet.open(folder.path, options: options)
        #expect(data.classes == ["cat"])
        #expect(Array(data.splits.keys) == [.test])
    }
}
