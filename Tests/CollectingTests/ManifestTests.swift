// Manifests: columns under their usual names, splits, weights and groups, and what every mistake says.

import Foundation
import FoveaCollecting
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct ManifestTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for number in 0..<6 { try folder.write("pictures/\(number).jpg", Array("picture \(number)".utf8)) }
    }

    private func open(_ name: String, _ text: String, _ change: (inout CollectingOptions) -> Void = { _ in }) throws
        -> DataSet
    {
        let path = try folder.write(name, Array(text.utf8))
        var options = CollectingOptions.undivided
        change(&options)
        return try DataSet.open(path, options: options)
    }

    private func refusal(
        _ name: String, _ text: String, _ change: (inout CollectingOptions) -> Void = { _ in }
    ) -> String? {
        let error = #expect(throws: Failure.self) { try open(name, text, change) }
        #expect(error?.kind == .data)
        return error?.description.replacingOccurrences(of: folder.path + "/", with: "")
    }

    private func rows(_ data: DataSet, _ split: Split = .training) throws -> Set<String> {
        try described(data, split, after: folder.path + "/")
    }

    @Test(arguments: [
        "path,label", "filename,class", "image,category", "File_Name,Class Name", "image path,target",
        "img,Label,split,Sample Weight,patient-id",
    ])
    func `columns go by their usual names`(header: String) throws {
        let data = try open("a.csv", header + "\npictures/0.jpg,cat\npictures/1.jpg,dog\n")
        #expect(try rows(data) == ["cat pictures/0.jpg picture 0", "dog pictures/1.jpg picture 1"])
        #expect(data.notes == [])
    }

    @Test func `other columns are named by the person`() throws {
        let text = "bild;art;teil\npictures/0.jpg;cat;train\npictures/1.jpg;dog;train\npictures/2.jpg;dog;dev\n"
        #expect(
            refusal("a.csv", text) == """
                a.csv: no column is called path, filename, file or image; there is bild, art, teil
                Say which one names the pictures: --path-column NAME
                """)
        #expect(
            refusal("a.csv", text) { $0.labels.pathColumn = "bild" } == """
                a.csv: no column is called label, class or category; there is bild, art, teil
                Say which one names the class: --label-column NAME
                """)
        #expect(
            refusal("a.csv", text) { $0.labels.pathColumn = "foto" } == """
                a.csv: there is no column called foto (--path-column)
                There is bild, art, teil.
                """)
        let data = try open("a.csv", text) {
            ($0.labels.pathColumn, $0.labels.labelColumn, $0.labels.splitColumn) = ("bild", "art", "Teil")
        }
        #expect(data.splits.mapValues(\.entries.count) == [.training: 2, .validation: 1])
    }

    @Test func `a table without titles is path, label and split`() throws {
        let data = try open("a.csv", "pictures/0.jpg,cat,train\npictures/1.jpg,dog,train\npictures/2.jpg,dog,test\n")
        #expect(data.splits.mapValues(\.entries.count) == [.training: 2, .test: 1])
        #expect(data.notes.first == "\(folder.path)/a.csv has no titles: its columns are taken for path, label, split.")
    }

    @Test(arguments: ["csv", "jsonl"])
    func `splits, weights and groups reach the entries`(kind: String) throws {
        let csv = """
            path,label,split,weight,group
            pictures/0.jpg,cat,train,2.5,a
            pictures/1.jpg,dog,train,,b
            pictures/2.jpg,dog,val,1,
            pictures/3.jpg,cat,test,0,
            pictures/4.jpg,cat,test,1,
            """
        let lines = """
            {"path": "pictures/0.jpg", "label": "cat", "split": "train", "weight": 2.5, "group": "a"}

            {"path": "pictures/1.jpg", "label": "dog", "split": "training", "group": "b"}
            {"path": "pictures/2.jpg", "label": "dog", "split": "valid", "extra": [1, {"a": null}]}
            {"path": "pictures/3.jpg", "label": "cat", "split": "test", "weight": 0}
            {"path": "pictures/4.jpg", "label": "cat", "split": "test"}
            """
        let data = try open("a." + kind, kind == "csv" ? csv : lines)
        let training = try #require(data.splits[.training]).entries
        #expect(training.map(\.weight) == [2.5, 1] && training.map(\.group) == ["a", "b"])
        #expect(data.splits.mapValues(\.entries.count) == [.training: 2, .validation: 1, .test: 1])
        #expect(data.notes.contains("Left out, as their weight is 0: 1 picture."))
    }

    @Test func `pictures that are not there are named and counted, and the others are used`() throws {
        let data = try open(
            "a.csv", "path,label\npictures/0.jpg,cat\nnone.jpg,cat\npictures/1.jpg,dog\n../x/y.jpg,dog\n")
        #expect(try rows(data).count == 2)
        #expect(
            data.notes == [
                "Left out: 2 pictures. There is no such file: none.jpg (line 3), ../x/y.jpg (line 5)."
            ])
        #expect(
            refusal("b.csv", "path,label\nnone.jpg,cat\n") == """
                b.csv: of 1 picture that it names none is there; the first is none.jpg (line 2)
                Relative paths start from \(folder.path); --images FOLDER says another folder.
                """)
    }

    @Test func `paths start from the manifest, from a named folder, or are absolute`() throws {
        #expect(try rows(try open("deep/a.csv", "path,label\n../pictures/0.jpg,a\n../pictures/1.jpg,b\n")).count == 2)
        let inside = try open("deep/a.csv", "path,label\n0.jpg,a\n1.jpg,b\n") {
            $0.labels.pictureFolder = folder.path + "/pictures"
        }
        #expect(try rows(inside) == ["a pictures/0.jpg picture 0", "b pictures/1.jpg picture 1"])
        let absolute = "path,label\n\(folder.path)/pictures/0.jpg,a\nfile://\(folder.path)/pictures/1.jpg,b\n"
        #expect(try rows(try open("deep/a.csv", absolute)).count == 2)
        #expect(try rows(try open("a.csv", "path,label\npictures\\0.jpg,a\npictures\\1.jpg,b\n")).count == 2)
    }

    @Test func `rows without a label are left out and named`() throws {
        let data = try open(
            "a.csv", "path,label\npictures/0.jpg,cat\npictures/1.jpg,\npictures/2.jpg,dog\npictures/3.jpg\n")
        #expect(data.notes == ["Left out: 2 pictures. Without a label: line 3, line 5."])
    }

    @Test func `one picture with two labels is an error that names both lines`() throws {
        #expect(
            refusal("a.csv", "path,label\npictures/0.jpg,cat\npictures/1.jpg,dog\npictures/0.jpg,dog\n") == """
                a.csv: pictures/0.jpg is cat in line 2 and dog in line 4
                Keep one of them.
                """)
        let data = try open("a.csv", "path,label\npictures/0.jpg,cat\npictures/1.jpg,dog\npictures/0.jpg,cat\n")
        #expect(data.notes == ["Named more than once with one label, and taken once: 1 picture."])
    }

    @Test(arguments: [
        ("a.csv", "path,label\npictures/0.jpg,cat,more\n", "a.csv, line 2: there are 3 cells, but 2 columns"),
        ("a.csv", "path,label\npictures/0.jpg,\"cat\n\n", "a.csv, line 2: a quote opens here that never closes"),
        ("a.csv", "path,label\npictures/0.jpg,c\0at\n", "a.csv, line 2: there is a zero byte: this is no text"),
        ("a.csv", "path,label\n,cat\n", "a.csv, line 2: there is no path"),
        ("a.csv", "path,label,split\npictures/0.jpg,cat,trian\n", "a.csv, line 2: the split is trian; it must be"),
        ("a.csv", "path,label,weight\npictures/0.jpg,cat,-1\n", "a.csv, line 2: the weight is -1; it must be a number"),
        (
            "a.csv", "path,label,weight\npictures/0.jpg,cat,nan\n",
            "a.csv, line 2: the weight is nan; it must be a number"
        ),
        ("a.csv", "path,label,label\npictures/0.jpg,cat,dog\n", "a.csv: two columns are called label"),
        ("a.csv", "", "a.csv: the file is empty"),
        (
            "a.jsonl", "{\"path\": \"pictures/0.jpg\", \"label\": \"a\"}\nnot json\n",
            "a.jsonl, line 2: this is no JSON object: not json"
        ),
        (
            "a.jsonl", "{\"path\": \"pictures/0.jpg\", \"label\": [\"a\", \"b\"]}\n",
            "a.jsonl, line 1: label is a list or an object"
        ),
        ("a.jsonl", "[" + String(repeating: "[", count: 100_000), "a.jsonl, line 1: this is no JSON object"),
    ])
    func `a mistake is told with its line`(name: String, text: String, words: String) throws {
        let message = try #require(refusal(name, text))
        #expect(message.hasPrefix(words), "\(message)")
    }

    @Test func `text that is not UTF-8 is told with its line`() throws {
        let path = try folder.write("latin.csv", Array("path,label\n".utf8) + [0x66, 0xFC, 0x2C, 0x61, 0x0A])
        let error = #expect(throws: Failure.self) { try DataSet.open(path) }
        #expect(error?.message == "\(path), line 2: this is not UTF-8")
    }

    @Test func `separators, quotes and line ends of all spreadsheets are understood`() throws {
        func cells(_ text: String) throws -> [[String]] {
            try CSVReader(Array(text.utf8), name: "t").rows.map(\.cells)
        }
        #expect(try cells("sep=|\r\na|b\r\n1|2") == [["a", "b"], ["1", "2"]])
        #expect(try cells("\u{FEFF}a;b\r1,5;2\r") == [["a", "b"], ["1,5", "2"]])
        #expect(try cells("\"a,b\",c\n\"say \"\"hi\"\"\",\"\"\n\n,\n") == [["a,b", "c"], ["say \"hi\"", ""]])
        #expect(try cells("a\tb\n1\t\n") == [["a", "b"], ["1", ""]])
        #expect(try cells("a,b\n5\" disk,x\n") == [["a", "b"], ["5\" disk", "x"]])
    }

    @Test func `groups stay in one split, whatever their pictures`() throws {
        var text = "path,label,group\n"
        for number in 0..<300 {
            try folder.write("many/\(number).jpg", Array("many \(number)".utf8))
            text += "many/\(number).jpg,\(number % 2 == 0 ? "a" : "b"),g\(number / 5)\n"
        }
        let data = try open("g.csv", text) { ($0.validationPart, $0.testPart) = (0.2, 0.2) }
        let groups = data.splits.mapValues { Set($0.entries.compactMap(\.group)) }
        #expect(groups.count == 3)
        let (training, validation, test) = (
            try #require(groups[.training]), try #require(groups[.validation]), try #require(groups[.test])
        )
        #expect(training.isDisjoint(with: validation) && training.isDisjoint(with: test))
        #expect(validation.isDisjoint(with: test))
        #expect(training.count + validation.count + test.count == 60)
        #expect(
            data.notes.first?.hasPrefix("The validation split was drawn from training by each picture's group") == true)
    }

    @Test func `addresses are left to collect`() throws {
        #expect(
            refusal("a.csv", "url,label\nhttps://example.org/1.jpg,cat\n")?.hasPrefix(
                "a.csv: it names addresses on the web, such as https://example.org/1.jpg\nFetch them first") == true)
    }
}
