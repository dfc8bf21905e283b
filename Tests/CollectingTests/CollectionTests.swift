// Collecting: what is kept, what is dropped and named, what is written, and that nothing else is touched.

import Crypto
import Foundation
import FoveaCollecting
import FoveaPictures
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct CollectionTests {
    let folder: TemporaryFolder
    private var target: String { folder.path + "/out" }

    init() throws { folder = try TemporaryFolder() }

    private func picture(_ label: Int, _ number: Int) -> [UInt8] {
        SyntheticPictures.file(label: label, number: number, side: 4)
    }

    /// `count` pictures each of cat and dog.
    private func pets(_ name: String = "in", _ count: Int = 3, from first: Int = 0) throws {
        try SyntheticPictures.write(
            count, classes: ["cat", "dog"], in: folder, below: name + "/", side: 4, from: first)
    }

    private func collect(
        _ inputs: [String] = ["in"], _ form: CollectionForm = .folders(linked: false), to name: String = "out",
        _ change: (inout CollectionOptions) -> Void = { _ in }
    ) throws -> (Collection, CollectionResult) {
        var options = CollectionOptions()
        change(&options)
        let staging = try Staging(for: folder.path + "/" + name)
        options.downloads = staging.downloads
        let collection = try Collection(inputs.map { folder.path + "/" + $0 }, options)
        return (collection, try collection.write(form, to: staging, seed: 0, progress: nil))
    }

    /// Every file below a folder and its content's hash; links are marked.
    private func tree(_ name: String) throws -> [String: String] {
        var files: [String: String] = [:]
        let walk = FileManager.default.enumerator(atPath: folder.path + "/" + name)
        while let file = walk?.nextObject() as? String {
            let path = folder.path + "/" + name + "/" + file
            var found = stat()
            guard lstat(path, &found) == 0, found.st_mode & S_IFMT != S_IFDIR else { continue }
            files[file] =
                (found.st_mode & S_IFMT == S_IFLNK ? "link " : "")
                + ContentHash(.encoded(try fileBytes(path))).hexadecimal
        }
        return files
    }

    @Test func `pictures of several places become class folders, and the originals stay as they were`() throws {
        try pets("one")
        try pets("two", 2, from: 10)
        try folder.write("three/bird/1.png", picture(2, 99))
        let before = try ["one", "two", "three"].map(tree)
        let (collection, result) = try collect(["one", "two", "three"])
        #expect(collection.classes == ["bird", "cat", "dog"] && collection.pictures.count == 11 && result.copied == 11)
        #expect(try tree("out").keys.sorted().prefix(3) == ["bird/1.png", "cat/0.png", "cat/1.png"])
        #expect(try tree("out").count == 11)
        #expect(try ["one", "two", "three"].map(tree) == before)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["one", "out", "three", "two"])
        #expect(try DataSet.open(target, options: .undivided).classes == ["bird", "cat", "dog"])
    }

    @Test func `copies are dropped, and contradicting labels are named and left out`() throws {
        try pets()
        try folder.write("in/cat/copy.png", picture(0, 1))
        try folder.write("in/dog/wrong.png", picture(0, 2))
        let (collection, _) = try collect()
        #expect(collection.duplicates.map(\.name) == ["\(folder.path)/in/cat/copy.png"])
        #expect(collection.duplicates.map(\.of) == ["\(folder.path)/in/cat/1.png"])
        #expect(collection.conflicts.map { $0.pictures.map(\.label) } == [["cat", "dog"]])
        #expect(collection.pictures.count == 5)
        let (kept, _) = try collect(to: "kept") { $0.keepsFirstOfConflicts = true }
        #expect(kept.pictures.count == 6 && kept.conflicts.count == 1)
        #expect(try tree("kept")["cat/2.png"] != nil)
    }

    @Test func `a copy in two splits stays where it is measured`() throws {
        for split in ["train", "val", "test"] { try pets("in/" + split, 2, from: split.count * 10) }
        try folder.write("in/train/cat/leak.png", picture(0, 40))  // test/cat/0 is picture 40
        let (collection, _) = try collect()
        #expect(collection.duplicates.map(\.name) == ["\(folder.path)/in/train/cat/leak.png"])
        #expect(collection.pictures.count { $0.split == .test } == 4)
        #expect(try Set(tree("out").keys.map { $0.split(separator: "/")[0] }) == ["train", "validation", "test"])
    }

    @Test func `what is no picture is named with its reason`() throws {
        try pets()
        try folder.write("in/cat/text.jpg", Array("hello".utf8))
        try folder.write("in/cat/empty.jpg", [])
        try folder.write("in/dog/drawing.png", Array("<svg xmlns=\"x\"></svg>".utf8))
        let (collection, _) = try collect()
        #expect(
            Dictionary(
                uniqueKeysWithValues: collection.failed.map { ($0.name.dropFirst(folder.path.count), $0.reason) }) == [
                    "/in/cat/text.jpg": "not a picture by its first bytes", "/in/cat/empty.jpg": "the file is empty",
                    "/in/dog/drawing.png": "an SVG file, which Fovea does not read",
                ])
        #expect(collection.pictures.count == 6)
    }

    @Test func `links lead to the originals`() throws {
        try pets()
        let (_, result) = try collect(["in"], .folders(linked: true))
        #expect(result.linked == 6 && result.copied == 0)
        #expect(try tree("out").values.allSatisfy { $0.hasPrefix("link ") })
        #expect(try DataSet.open(target, options: .undivided).splits[.training]?.entries.count == 6)
    }

    @Test func `splits are drawn as asked, and only where there are none`() throws {
        try pets("in", 40)
        let (collection, _) = try collect {
            ($0.validationPart, $0.testPart, $0.collecting.draw) = (0.2, 0.1, .stratified)
        }
        for (split, count) in [(Split.training, 28), (.validation, 8), (.test, 4)] {
            for label in 0..<2 {
                #expect(collection.pictures.count { $0.split == split && $0.label == label } == count)
            }
        }
        let error = #expect(throws: Failure.self) { try collect(["out"], to: "again") { $0.testPart = 0.1 } }
        #expect(error?.message == "the inputs have splits of their own, so none can be drawn")
        let (redrawn, _) = try collect(["out"], to: "redrawn") { ($0.testPart, $0.redraws) = (0.25, true) }
        #expect(Set(redrawn.pictures.map(\.split)) == [.training, .test])
    }

    /// Twelve pairs: without looking some are torn, with it none.
    @Test(arguments: DrawRule.allCases)
    func `near duplicates are drawn into one split`(_ rule: DrawRule) throws {
        for label in 0..<2 {
            for number in 0..<12 {
                let picture = InspectedPictures.picture(label * 100 + number)
                try folder.write("in/\(["cat", "dog"][label])/\(number).png", try picture.png())
                guard number < 6 else { continue }
                let changed = InspectedPictures.changed(picture, number)
                try folder.write("in/\(["cat", "dog"][label])/near-\(number).png", try changed.png())
            }
        }
        func torn(_ name: String, _ keepsTogether: Bool) throws -> (torn: Int, groups: [[String]]) {
            let (collection, _) = try collect(to: name) {
                ($0.validationPart, $0.testPart, $0.collecting.draw) = (0.3, 0.2, rule)
                $0.keepsNearTogether = keepsTogether
            }
            let splits = Dictionary(uniqueKeysWithValues: collection.pictures.map { ($0.name, $0.split) })
            let pairs = splits.filter { $0.key.contains("/near-") }
            #expect(splits.count == 36 && pairs.count == 12)
            #expect(Set(splits.values).count == 3)
            let count = pairs.count { splits[$0.key.replacingOccurrences(of: "near-", with: "")] != $0.value }
            return (count, collection.together)
        }
        #expect(try torn("apart", false).torn > 0)
        let kept = try torn("together", true)
        #expect(kept.torn == 0)
        #expect(kept.groups.count == 12 && kept.groups.allSatisfy { $0.count == 2 })
    }

    @Test func `chains of near duplicates and groups become one`() {
        let keys = "abcdeb".map { ContentHash(.encoded([$0.asciiValue ?? 0])) }
        let joined = NearDuplicates.joined(keys, [(3, 2), (4, 3), (5, 4)])
        #expect(joined == [keys[0], keys[1], keys[1], keys[1], keys[1], keys[1]])
    }

    @Test func `names that no folder can have are changed and told`() throws {
        try writePair(folder, "in/train", count: 4, classes: 2)
        try folder.write("list.csv", Array("path,label\nin/x.png,a/b\nin/y.png,.hidden\nin/z.png,A_B\n".utf8))
        for (number, name) in ["x", "y", "z"].enumerated() { try folder.write("in/\(name).png", picture(number, 0)) }
        let (collection, result) = try collect(["list.csv"])
        #expect(collection.classes == [".hidden", "A_B", "a/b"])
        #expect(try tree("out").keys.sorted() == ["A_B/z.png", "_hidden/y.png", "a_b_/x.png"])
        #expect(result.notes.count == 2)
    }

    @Test func `pixels become PNG files that decode to the same pixels`() throws {
        folder.folder("in")
        try writePair(folder, "in/train", count: 4, classes: 2)
        let (collection, _) = try collect()
        #expect(collection.pictures.count == 4)
        let data = try DataSet.open(target, options: .undivided)
        let source = try #require(data.splits[.training])
        let original = try #require(try DataSet.open(folder.path + "/in", options: .undivided).splits[.training])
        var seen: Set<[UInt8]> = []
        for index in source.entries.indices {
            guard case .encoded(let bytes) = try source.content(at: index) else { continue }
            seen.insert(try PictureDecoder.decode(bytes).pixels)
        }
        let wanted = try original.entries.indices.compactMap { index -> [UInt8]? in
            guard case .raw(let picture) = try original.content(at: index) else { return nil }
            return picture.pixels
        }
        #expect(seen == Set(wanted) && wanted.count == 4)
    }

    @Test(arguments: [["1", "2", "10"], ["00042", "7"], ["0", "dog"]])
    func `classes called by numbers keep their names in shards`(names: [String]) throws {
        for name in names { try folder.write("in/\(name)/\(name).png", picture(0, Int(name) ?? 99)) }
        _ = try collect(["in"], .shards(1))
        func named(_ data: DataSet) -> [String: String] {
            Dictionary(
                uniqueKeysWithValues: data.splits.values.flatMap { source in
                    source.entries.indices.map { index in
                        let bytes = try? source.content(at: index)
                        return (
                            bytes.map { ContentHash($0).hexadecimal } ?? "", data.classes[source.entries[index].label]
                        )
                    }
                })
        }
        let original = try DataSet.open(folder.path + "/in", options: .undivided)
        for list in [true, false] {
            if !list { unlink(target + "/classes.txt") }
            let data = try DataSet.open(target, options: .undivided)
            #expect(data.classes == original.classes)
            #expect(named(data) == named(original))
        }
    }

    @Test func `shards hold every picture once, by number and by name`() throws {
        for split in ["train", "test"] { try pets("in/" + split, 10, from: split.count * 100) }
        _ = try collect(["in"], .shards(3))
        #expect(
            try tree("out").keys.sorted() == [
                "classes.txt", "test-000000.tar", "test-000001.tar", "test-000002.tar", "train-000000.tar",
                "train-000001.tar", "train-000002.tar",
            ])
        let data = try DataSet.open(target, options: .undivided)
        #expect(data.classes == ["cat", "dog"] && data.notes == [])
        #expect(data.splits.mapValues(\.entries.count) == [.training: 20, .test: 20])
        let original = try DataSet.open(folder.path + "/in", options: .undivided)
        for split in [Split.training, .test] {
            func contents(_ data: DataSet) throws -> Set<String> {
                guard let source = data.splits[split] else { return [] }
                return Set(
                    try source.entries.indices.map {
                        "\(source.entries[$0].label) \(ContentHash(try source.content(at: $0)).hexadecimal)"
                    })
            }
            #expect(try contents(data) == contents(original))
        }
    }

    @Test func `one tar file holds splits, weights and groups`() throws {
        for number in 0..<4 { try folder.write("p/\(number).png", picture(number % 2, number)) }
        let rows =
            "path,label,split,weight,group\np/0.png,a,train,2,g\np/1.png,b,train,1,\np/2.png,a,val,1,\np/3.png,b,val,1,\n"
        try folder.write("list.csv", Array(rows.utf8))
        _ = try collect(["list.csv"], .tar, to: "all.tar")
        let data = try DataSet.open(folder.path + "/all.tar", options: .undivided)
        #expect(data.splits.mapValues(\.entries.count) == [.training: 2, .validation: 2])
        #expect(data.splits[.training]?.entries.map(\.weight) == [2, 1])
        _ = try collect(["list.csv"])
        let folders = try DataSet.open(target, options: .undivided)
        #expect(folders.splits[.training]?.entries.map(\.weight) == [2, 1])
        #expect(folders.splits[.training]?.entries.map(\.group) == ["g", nil])
        #expect(folders.splits[.validation]?.entries.count == 2)
    }
}
