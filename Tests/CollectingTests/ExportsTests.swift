// Exports of labelling programs and described folders: Label Studio, COCO, Hugging Face's imagefolder, and labels that
// stand in the files' names.

import Foundation
import FoveaCollecting
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct ExportsTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for number in 0..<6 { try folder.write("images/\(number).jpg", Array("picture \(number)".utf8)) }
    }

    private func open(
        _ name: String, _ text: String, _ change: (inout CollectingOptions) -> Void = { _ in }
    ) throws -> DataSet {
        var options = CollectingOptions.undivided
        change(&options)
        return try DataSet.open(try folder.write(name, Array(text.utf8)), options: options)
    }

    private func rows(_ data: DataSet, _ split: Split = .training) throws -> Set<String> {
        try described(data, split, after: folder.path + "/")
    }

    // MARK: Label Studio

    private func task(_ id: Int, _ image: String, _ answers: [[String]], more: String = "") -> String {
        let annotations = answers.map { choices in
            let list = choices.map { "\"\($0)\"" }.joined(separator: ",")
            return """
                {"result": [{"type": "choices", "from_name": "c", "value": {"choices": [\(list)]}}]\(more)}
                """
        }
        return """
            {"id": \(id), "data": {"image": "\(image)"}, "annotations": [\(annotations.joined(separator: ","))]}
            """
    }

    @Test func `tasks of Label Studio with one choice are pictures with a class`() throws {
        let tasks = [
            task(1, "/data/local-files/?d=images/0.jpg", [["cat"]]),
            task(2, "/data/upload/7/0123abcd-1.jpg", [["dog"]]),
            task(3, "images/2.jpg", [["dog"], ["dog"]]), task(4, "images/3.jpg", []),
            task(5, "images/3.jpg", [["cat", "dog"]]), task(6, "images/4.jpg", [["cat"], ["dog"]]),
            task(7, "images/5.jpg", [["cat"]], more: ", \"was_cancelled\": true"),
        ]
        let data = try open("export.json", "[" + tasks.joined(separator: ",\n") + "]")
        #expect(
            try rows(data) == [
                "cat images/0.jpg picture 0", "dog images/1.jpg picture 1", "dog images/2.jpg picture 2",
            ])
        #expect(
            data.notes == [
                "Left out: 2 tasks without a choice.", "Left out: 1 task with several choices.",
                "Left out: 1 task on which annotators disagree.",
            ])
    }

    @Test func `the short form of Label Studio's export is read as well`() throws {
        let text = """
            [{"id": 1, "image": "images/0.jpg", "choice": "cat", "annotator": 3},
             {"id": 2, "image": "images/1.jpg", "choice": "dog"},
             {"id": 3, "image": "images/2.jpg", "choice": {"choices": ["cat", "dog"]}}]
            """
        let data = try open("min.json", text)
        #expect(try rows(data) == ["cat images/0.jpg picture 0", "dog images/1.jpg picture 1"])
        #expect(data.notes == ["Left out: 1 task with several choices."])
    }

    @Test func `of several controls in the short form the one that was said counts, else the first by name`() throws {
        let text = """
            [{"id": 1, "image": "images/0.jpg", "season": {"choices": ["winter"]}, "animal": {"choices": ["cat"]}},
             {"id": 2, "image": "images/1.jpg", "season": {"choices": ["summer"]}, "animal": {"choices": ["dog"]}}]
            """
        #expect(try rows(open("min.json", text)) == ["cat images/0.jpg picture 0", "dog images/1.jpg picture 1"])
        #expect(
            try rows(open("min.json", text) { $0.labels.labelColumn = "season" })
                == ["winter images/0.jpg picture 0", "summer images/1.jpg picture 1"])
    }

    // MARK: COCO

    private func coco(_ annotations: String) -> String {
        """
        {"info": {}, "images": [{"id": 1, "file_name": "0.jpg", "width": 9}, {"id": 2, "file_name": "1.jpg"},
         {"id": 3, "file_name": "2.jpg"}], "annotations": [\(annotations)],
         "categories": [{"id": 7, "name": "cat", "supercategory": "pet"}, {"id": 9, "name": "dog"}]}
        """
    }

    @Test func `a COCO picture has the category of its objects`() throws {
        let text = coco(
            """
            {"id": 1, "image_id": 1, "category_id": 7, "bbox": [0, 0, 2, 2], "segmentation": [[1, 2]]},
            {"id": 2, "image_id": 1, "category_id": 7}, {"id": 3, "image_id": 2, "category_id": 9}
            """)
        for place in ["annotations/instances.json", "a.json", "images/_annotations.json"] {
            let data = try open(place, text)
            #expect(data.classes == ["cat", "dog"] && data.splits[.training]?.entries.count == 2)
            #expect(data.notes == ["Left out: 1 picture without an annotation."])
        }
    }

    @Test func `several categories in a picture are refused, or the largest is taken`() throws {
        let text = coco(
            """
            {"image_id": 1, "category_id": 7, "area": 5}, {"image_id": 1, "category_id": 9, "bbox": [1, 1, 3, 2]},
            {"image_id": 2, "category_id": 7}
            """)
        let error = #expect(throws: Failure.self) { try open("a.json", text) }
        #expect(error?.message.hasSuffix("1 of 3 pictures have objects of several categories: 0.jpg") == true)
        #expect(error?.advice?.contains("--largest") == true)
        let data = try open("a.json", text) { $0.labels.takesLargest = true }
        #expect(try rows(data) == ["dog images/0.jpg picture 0", "cat images/1.jpg picture 1"])
    }

    @Test func `an annotation of an unknown category is an error`() throws {
        let error = #expect(throws: Failure.self) { try open("a.json", coco("{\"image_id\": 1, \"category_id\": 8}")) }
        #expect(error?.message.hasSuffix("annotation 1 has the category 8, which is not among the categories") == true)
    }

    @Test func `COCO files in split folders are splits`() throws {
        for (split, first) in [("train", 0), ("valid", 2)] {
            for number in 0..<2 { try folder.write("r/\(split)/\(number).jpg", Array("\(first + number)".utf8)) }
            let text = coco("{\"image_id\": 1, \"category_id\": 7}, {\"image_id\": 2, \"category_id\": 9}")
            try folder.write("r/\(split)/_annotations.coco.json", Array(text.utf8))
        }
        let data = try DataSet.open(folder.path + "/r")
        #expect(try rows(data) == ["cat r/train/0.jpg 0", "dog r/train/1.jpg 1"])
        #expect(try rows(data, .validation) == ["cat r/valid/0.jpg 2", "dog r/valid/1.jpg 3"])
    }

    // MARK: described folders

    @Test(arguments: ["metadata.csv", "metadata.jsonl"])
    func `a described folder has its labels from the description`(name: String) throws {
        let csv = "file_name,label,text\nimages/0.jpg,cat,x\nimages/1.jpg,dog,y\nimages/9.jpg,dog,z\n"
        let lines = """
            {"file_name": "images/0.jpg", "label": "cat"}
            {"file_name": "images/1.jpg", "label": "dog"}
            {"file_name": "images/9.jpg", "label": "dog"}
            """
        try folder.write(name, Array((name.hasSuffix("csv") ? csv : lines).utf8))
        let data = try DataSet.open(folder.path, options: .undivided)
        #expect(try rows(data) == ["cat images/0.jpg picture 0", "dog images/1.jpg picture 1"])
        #expect(data.notes.count == 1 && data.notes[0].contains("images/9.jpg (line \(name.hasSuffix("csv") ? 4 : 3))"))
    }

    @Test func `descriptions in split folders, and split folders in one description, are splits`() throws {
        for split in ["train", "test"] {
            for label in ["a", "b"] { try folder.write("d/\(split)/\(label).jpg", Array("\(split) \(label)".utf8)) }
            try folder.write("d/\(split)/metadata.csv", Array("file_name,label\na.jpg,0\nb.jpg,1\n".utf8))
        }
        let data = try DataSet.open(folder.path + "/d", options: .undivided)
        #expect(try rows(data, .test) == ["0 d/test/a.jpg test a", "1 d/test/b.jpg test b"])
        for split in ["train", "test"] { unlink(folder.path + "/d/\(split)/metadata.csv") }
        let all = ["train", "test"].flatMap { split in ["a", "b"].map { "\(split)/\($0).jpg,\($0)\n" } }.joined()
        try folder.write("d/metadata.csv", Array(("file_name,label\n" + all).utf8))
        #expect(try DataSet.open(folder.path + "/d").splits.mapValues(\.entries.count)[.test] == 2)
    }

    @Test func `a description without labels leaves them to the folders`() throws {
        for label in ["a", "b"] { try folder.write("d/\(label)/1.jpg", Array(label.utf8)) }
        try folder.write("d/metadata.csv", Array("file_name,caption\na/1.jpg,x\n".utf8))
        let data = try DataSet.open(folder.path + "/d", options: .undivided)
        #expect(data.classes == ["a", "b"])
        #expect(
            data.notes.first == "\(folder.path)/d/metadata.csv has no column of labels: the folders' names are taken.")
    }

    // MARK: labels in names

    @Test func `labels come from the names by a pattern`() throws {
        for name in ["cat_1.jpg", "cat_2.jpg", "dog_1.jpg", "train/dog_2.jpg", "val/cat_3.jpg", "12.jpg"] {
            try folder.write("flat/" + name, Array(name.utf8))
        }
        var options = CollectingOptions.undivided
        options.labels.pattern = #"^(?<label>[a-z]+)_(?<group>\d+)"#
        let data = try DataSet.open(folder.path + "/flat", options: options)
        #expect(
            try rows(data) == [
                "cat flat/cat_1.jpg cat_1.jpg", "cat flat/cat_2.jpg cat_2.jpg", "dog flat/dog_1.jpg dog_1.jpg",
                "dog flat/train/dog_2.jpg train/dog_2.jpg",
            ])
        #expect(data.splits[.validation]?.entries.map(\.group) == ["3"])
        #expect(
            data.notes == [
                "Left out, as the pattern does not match: \(folder.path)/flat/12.jpg.",
                "No split is given for 3 pictures: taken for training.",
                "A class has no picture in the validation split: dog.",
            ])
        options.labels.pattern = "(?<label>[A-Z]+)"
        #expect(
            failure(folder.path + "/flat", options)?.message
                == "\(folder.path)/flat: the pattern (?<label>[A-Z]+) matches none of 6 pictures, such as "
                + "\(folder.path)/flat/12.jpg")
        for (pattern, words) in [("[", "this is no regular expression"), ("(cat|dog)", "it has no group called label")]
        {
            options.labels.pattern = pattern
            let error = failure(folder.path + "/flat", options)
            #expect(error?.kind == .usage && error?.message.contains(words) == true)
        }
    }

    @Test func `pictures that a cyclic link leads to are found once`() throws {
        for name in ["cat_1.jpg", "dog_1.jpg"] { try folder.write("flat/" + name, Array(name.utf8)) }
        symlink("..", folder.path + "/flat/again")
        var options = CollectingOptions.undivided
        options.labels.pattern = "(?<label>[a-z]+)_"
        let data = try DataSet.open(folder.path + "/flat", options: options)
        #expect(data.splits[.training]?.entries.count == 2)
        #expect(data.notes.contains { $0.contains("back to a folder already seen") })
    }
}
