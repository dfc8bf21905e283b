// Splits drawn by content: who moves (nobody), in what proportion, and what is said about it.

import Foundation
import FoveaCollecting
import FoveaPictures
import FoveaTensorCore
import FoveaTestSupport
import Synchronization
import Testing

@Suite struct DrawnSplitsTests {
    /// File names of each split.
    private func names(_ data: DataSet) -> [Split: Set<String>] {
        data.splits.mapValues { Set($0.entries.map(\.name)) }
    }

    private func options(seed: UInt64) -> CollectingOptions {
        var options = CollectingOptions()
        options.seed = seed
        return options
    }

    @Test func `adding pictures and classes moves none of the others`() throws {
        let folder = try TemporaryFolder()
        for name in ["cat", "dog"] { try folder.pictures(100, in: name) }
        let before = names(try DataSet.open(folder.path))
        for name in ["cat", "dog"] { try folder.pictures(100, in: name, from: 1000) }
        try folder.pictures(50, in: "ape")
        let after = names(try DataSet.open(folder.path))
        for split in Split.allCases {
            let (old, new) = (try #require(before[split]), try #require(after[split]))
            #expect(old.isSubset(of: new))
            #expect(new.count > old.count)
        }
    }

    @Test func `renaming and moving pictures moves none between splits`() throws {
        let folder = try TemporaryFolder()
        let moved = try TemporaryFolder()
        for number in 0..<100 {
            for name in ["cat", "dog"] {
                let bytes = Array("\(name) \(number)".utf8)
                try folder.write("\(name)/\(number).jpg", bytes)
                try moved.write("\(name)/deep/renamed \(99 - number).png", bytes)
            }
        }
        func contents(_ path: String) throws -> [Split: Set<[UInt8]>] {
            try DataSet.open(path).splits.mapValues { source in
                Set(
                    try source.entries.indices.map {
                        guard case .encoded(let bytes) = try source.content(at: $0) else { return [] }
                        return bytes
                    })
            }
        }
        #expect(try contents(folder.path) == contents(moved.path))
    }

    @Test func `copies of a picture are never torn apart`() throws {
        let folder = try TemporaryFolder()
        for number in 0..<80 {
            for copy in ["cat/\(number).jpg", "cat/copy of \(number).jpg", "dog/\(number).png"] {
                try folder.write(copy, Array("picture \(number)".utf8))
            }
        }
        let data = try DataSet.open(folder.path)
        #expect(data.splits.count == 3)
        #expect(data.splits.values.allSatisfy { $0.entries.count.isMultiple(of: 3) })
    }

    @Test func `the draw depends on the seed alone`() throws {
        let folder = try TemporaryFolder()
        for name in ["cat", "dog"] { try folder.pictures(100, in: name) }
        let first = names(try DataSet.open(folder.path, options: options(seed: 1)))
        #expect(first == names(try DataSet.open(folder.path, options: options(seed: 1))))
        #expect(first != names(try DataSet.open(folder.path, options: options(seed: 2))))
    }

    @Test func `proportions hold in all and in each class`() throws {
        struct Made: Source {
            let entries = (0..<4000).map { Entry(name: "\($0)", label: $0 % 4) }
            func content(at index: Int) throws -> PictureContent { .encoded(Array("picture \(index)".utf8)) }
        }
        let drawn = try drawSplits(from: Made(), DrawnParts(validation: 0.1, test: 0.1), CollectingOptions())
        // Three standard deviations of a binomial draw: 57 of 4,000 and 28 of 1,000 at 10 %.
        for split in [Split.validation, .test] {
            let entries = try #require(drawn.splits[split]).entries
            #expect((343...457).contains(entries.count))
            for label in 0..<4 { #expect((72...128).contains(entries.count { $0.label == label })) }
        }
        #expect(Set(drawn.splits.values.flatMap { $0.entries.map(\.name) }).count == 4000)
        let (validation, test) = (drawn.splits[.validation]?.entries.count, drawn.splits[.test]?.entries.count)
        #expect(
            drawn.notes == [
                "The validation split was drawn from training by each picture's content: \(validation ?? 0) of 4000 "
                    + "pictures (10 % aimed at, seed 0).",
                "The test split was drawn from training by each picture's content: \(test ?? 0) of 4000 pictures "
                    + "(10 % aimed at, seed 0).",
            ])
    }

    @Test func `a given test split is kept, and only validation is drawn`() throws {
        let folder = try TemporaryFolder()
        for name in ["train/cat", "train/dog", "test/cat", "test/dog"] { try folder.pictures(100, in: name) }
        let data = try DataSet.open(folder.path)
        #expect(data.splits[.test]?.entries.count == 200)
        #expect(
            (data.splits[.training]?.entries.count ?? 0) + (data.splits[.validation]?.entries.count ?? 0) == 200)
        #expect(data.notes.count == 1)
    }

    @Test func `a tiny class without a validation picture is a note`() throws {
        let folder = try TemporaryFolder()
        try folder.pictures(60, in: "cat")
        try folder.pictures(60, in: "dog")
        // A content that is not drawn at seed 0.
        let content = try #require(
            (0..<100).map { Array("rare \($0)".utf8) }.first { ContentHash(.encoded($0)).fraction(seed: 0) > 0.2 })
        try folder.write("emu/1.jpg", content)
        let notes = try DataSet.open(folder.path).notes
        #expect(notes.contains("A class has no picture in the validation split: emu."))
        #expect(notes.contains("A class has no picture in the test split: emu."))
    }

    @Test func `splits too small to be drawn are said to be`() throws {
        let folder = try TemporaryFolder()
        let contents = (0..<100).map { Array("rare \($0)".utf8) }.filter {
            ContentHash(.encoded($0)).fraction(seed: 0) > 0.2
        }
        try folder.write("cat/1.jpg", contents[0])
        try folder.write("dog/1.jpg", contents[1])
        let data = try DataSet.open(folder.path)
        #expect(Array(data.splits.keys) == [.training])
        #expect(
            data.notes == [
                "No validation split could be drawn: 2 pictures are too few for 10 %.",
                "No test split could be drawn: 2 pictures are too few for 10 %.",
            ])
    }

    @Test func `a set whose every picture is drawn away is an error`() throws {
        let folder = try TemporaryFolder()
        let contents = (0..<1000).map { Array("rare \($0)".utf8) }.filter {
            ContentHash(.encoded($0)).fraction(seed: 0) < 0.2
        }
        try folder.write("cat/1.jpg", contents[0])
        try folder.write("dog/1.jpg", contents[1])
        #expect(
            failure(folder.path, CollectingOptions())?.description == """
                2 pictures are too few to draw a validation split from
                Add pictures, or give train and validation folders of your own.
                """)
    }

    @Test func `a picture that cannot be read stays in training, with a note`() throws {
        struct Broken: Source {
            let entries = (0..<100).map { Entry(name: "\($0)", label: 0) }
            func content(at index: Int) throws -> PictureContent {
                if index == 17 { throw Failure(.data, "17 is broken") }
                return .encoded([UInt8(index)])
            }
        }
        let drawn = try drawSplits(
            from: Broken(), DrawnParts(validation: 0.4, test: 0.4), CollectingOptions())
        #expect(drawn.splits[.training]?.entries.contains { $0.name == "17" } == true)
        #expect(drawn.notes.last == "Not readable, and so kept in training: 17.")
    }

    @Test func `progress is told until all pictures are hashed`() throws {
        let folder = try TemporaryFolder()
        for name in ["cat", "dog"] { try folder.pictures(150, in: name) }
        let told = Mutex<[CollectingProgress]>([])
        var options = CollectingOptions()
        options.progress = { step in told.withLock { $0.append(step) } }
        _ = try DataSet.open(folder.path, options: options)
        #expect(told.withLock { $0.contains(.hashing(done: 300, total: 300)) })
        #expect(told.withLock { $0.count } == 5)
    }

    @Test func `a raw picture is hashed with its shape`() {
        let wide = Picture(width: 2, height: 1, channels: 1, pixels: [1, 2])
        let tall = Picture(width: 1, height: 2, channels: 1, pixels: [1, 2])
        #expect(ContentHash(.raw(wide)) != ContentHash(.raw(tall)))
        #expect(ContentHash(.raw(wide)) == ContentHash(.raw(wide)))
    }
}

@Suite struct StratifiedDrawTests {
    private struct Made: Source {
        var entries: [Entry]
        func content(at index: Int) throws -> PictureContent { .encoded(Array(entries[index].name.utf8)) }
    }

    private func drawn(_ entries: [Entry], _ parts: DrawnParts = DrawnParts(validation: 0.2, test: 0.1)) throws
        -> (counts: [Split: [Int: Int]], notes: [String])
    {
        var options = CollectingOptions()
        options.draw = .stratified
        let drawn = try drawSplits(from: Made(entries: entries), parts, options)
        let counts = drawn.splits.mapValues { source in
            source.entries.reduce(into: [Int: Int]()) { $0[$1.label, default: 0] += 1 }
        }
        return (counts, drawn.notes)
    }

    @Test func `every class has its part in every split, to the picture`() throws {
        let sizes = [100, 50, 10, 4, 2]
        let entries = sizes.enumerated().flatMap { label, size in
            (0..<size).map { Entry(name: "\(label) \($0)", label: label) }
        }
        let (counts, notes) = try drawn(entries)
        #expect(counts[.validation] == [0: 20, 1: 10, 2: 2, 3: 1])
        #expect(counts[.test] == [0: 10, 1: 5, 2: 1, 3: 1])
        #expect(counts[.training] == [0: 70, 1: 35, 2: 7, 3: 2, 4: 2])
        #expect(notes.first?.contains("(20 % of each class aimed at, seed 0)") == true)
    }

    @Test func `copies and groups stay together`() throws {
        let entries = (0..<300).map {
            Entry(name: "same \($0 / 3)", label: $0 / 3 % 2, group: $0 < 150 ? "g\($0 / 6)" : nil)
        }
        var options = CollectingOptions()
        options.draw = .stratified
        let splits = try drawSplits(from: Made(entries: entries), DrawnParts(validation: 0.2, test: 0.2), options)
            .splits
        #expect(splits.count == 3)
        let names = splits.values.map { Set($0.entries.map(\.name)) }
        #expect(names.reduce(0) { $0 + $1.count } == 100)
        let groups = splits.values.map { Set($0.entries.compactMap(\.group)) }
        #expect(groups.reduce(0) { $0 + $1.count } == 25)
        #expect(splits[.validation].map { (40...60).contains($0.entries.count) } == true)
    }
}
