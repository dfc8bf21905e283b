// Corrections: what a table may say, and what becomes of the pictures that it names.

import FoveaCollecting
import FoveaTensorCore
import FoveaTestSupport
import Foundation
import Testing

@Suite struct CorrectionsTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["cat", "dog"] { try folder.pictures(4, in: "data/\(name)") }
    }

    private func open(_ rows: String, _ data: String = "data") throws -> DataSet {
        let path = try folder.write("corrections.csv", Array(rows.utf8))
        var options = CollectingOptions.undivided
        options.corrections = try Corrections(path)
        return try DataSet.open(folder.path + "/" + data, options: options)
    }

    private func labels(_ data: DataSet) -> [String: String] {
        var labels: [String: String] = [:]
        for entry in data.splits[.training]?.entries ?? [] {
            labels[String(entry.name.dropFirst(folder.path.count + 6))] = data.classes[entry.label]
        }
        return labels
    }

    @Test func `pictures are left out, relabelled and kept, and their content stays theirs`() throws {
        let root = folder.path + "/data"
        let data = try open(
            """
            path,finding,action,new_label
            \(root)/cat/1.jpg,copy,drop,
            \(root)/cat/2.jpg,near duplicate,Relabel,dog
            \(root)/cat/2.jpg,dark,keep,
            \(root)/dog/0.jpg,dark,,
            \(root)/../data/./dog/3.jpg,dark,drop,
            \(root)/dog/9.jpg,dark,drop,

            """)
        #expect(
            labels(data) == [
                "cat/0.jpg": "cat", "cat/2.jpg": "dog", "cat/3.jpg": "cat", "dog/0.jpg": "dog", "dog/1.jpg": "dog",
                "dog/2.jpg": "dog",
            ])
        #expect(data.notes.contains { $0.hasSuffix("corrections.csv: 2 pictures left out, 1 relabelled.") })
        #expect(data.notes.contains { $0.contains("1 picture that") && $0.contains("dog/9.jpg") })
        let source = try #require(data.splits[.training])
        for (index, entry) in source.entries.enumerated() {
            guard case .encoded(let bytes) = try source.content(at: index) else { throw Mismatched() }
            let stem = entry.name.dropFirst(folder.path.count + 1).dropLast(4)
            let parts = stem.split(separator: "/")
            #expect(String(decoding: bytes, as: UTF8.self) == "data/\(parts[1]) \(parts[2])")
        }
    }

    private struct Mismatched: Error {}

    @Test func `relative names may start from the folder of the file`() throws {
        let data = try open("path,action\ndata/cat/1.jpg,drop\n./data/dog/1.jpg,drop\n")
        #expect(
            labels(data).keys.sorted() == ["cat/0", "cat/2", "cat/3", "dog/0", "dog/2", "dog/3"].map { $0 + ".jpg" })
    }

    @Test func `a label that only the corrections have becomes a class and is said`() throws {
        let data = try open("path;action;new_label\n\(folder.path)/data/cat/1.jpg;relabel;owl\n")
        #expect(data.classes == ["cat", "dog", "owl"])
        #expect(data.notes.contains("Classes that only the corrections have: owl."))
    }

    @Test(arguments: [
        ("", "the file is empty"), ("file,action\na,drop\n", "no column called path"),
        ("path,new_label\na,b\n", "no column called action"),
        ("path,action\na,delete\n", "line 2: the action is delete"),
        ("path,action,new_label\na,relabel,\n", "line 2: relabel, but new_label is empty"),
        ("path,action,new_label\na,keep,dog\n", "line 2: a new label, dog, but the action is not relabel"),
        ("path,action,new_label\na,drop,\na,relabel,dog\n", "lines 2 and 3: two different actions for a"),
        ("path,action\n,drop\n", "line 2: there is no path"),
    ])
    func `a table that cannot be obeyed is refused with its line`(rows: String, words: String) throws {
        let path = try folder.write("corrections.csv", Array(rows.utf8))
        let failure = try #require(throws: Failure.self) { try Corrections(path) }
        #expect(failure.kind == .data && failure.message.contains(words), "\(failure)")
    }

    @Test func `pictures of IDX files are corrected by their numbers, and the test file stays closed`() throws {
        try folder.write("idx/train-images-idx3-ubyte", idx([6, 2, 2], Array(0..<24)))
        try folder.write("idx/train-labels-idx1-ubyte", idx([6], [0, 1, 0, 1, 0, 1]))
        try folder.write("idx/t10k-images-idx3-ubyte", idx([2, 2, 2], Array(0..<8)))
        try folder.write("idx/t10k-labels-idx1-ubyte", idx([2], [0, 1]))
        let before = try DataSet.open(folder.path + "/idx", options: .undivided)
        let names = try #require(before.splits[.training]).entries.map(\.name)
        let test = try #require(before.splits[.test])
        let testName = test.entries[1].name
        let data = try open(
            "path,action,new_label\n\(names[0]),drop,\n\(names[1]),relabel,0\n\(testName),drop,\n", "idx")
        #expect(data.splits[.training]?.entries.map(\.label) == [0, 0, 1, 0, 1])
        #expect((data.splits[.test] as? DeferredSource)?.isOpened == false)
        #expect(data.splits[.test]?.entries.map(\.label) == [0])
        let failure = try #require(throws: Failure.self) {
            _ = try open("path,action,new_label\n\(names[1]),relabel,boot\n", "idx")
        }
        #expect(failure.message.contains("line 2: there is no class called boot"))
    }
}
