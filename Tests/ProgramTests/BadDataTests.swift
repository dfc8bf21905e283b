// Data that is wrong in every way that was thought of: the message names it, the exit code is right, the others are
// learned, and nothing is left half-written.

import FoveaModelFiles
import FoveaTestSupport
import Foundation
import Testing

@Suite(.serialized) struct BadDataTests {
    let folder: TemporaryFolder
    var data: String { folder.path + "/data" }
    var model: String { folder.path + "/out/model.fovea" }

    init() throws {
        folder = try TemporaryFolder()
        folder.folder("out")
        folder.folder("data")
    }

    private var written: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/out")) ?? []).sorted()
    }

    /// Twelve training and six validation pictures a class.
    private func classes(_ names: String...) throws {
        try SyntheticPictures.write(12, classes: names, in: folder, below: "data/train/")
        try SyntheticPictures.write(6, classes: names, in: folder, below: "data/validation/", from: 100)
    }

    private func train(_ more: String...) throws -> ProgramRun {
        try ProgramRun.fovea(["train", data, "-o", model] + Trained.quickly() + more)
    }

    /// Expects a refusal with these words, and that nothing was written.
    private func expectRefusal(_ run: ProgramRun, _ words: String..., code: Int32 = 3) {
        #expect(run.code == code, "\(run.errors)")
        #expect(run.output.isEmpty)
        for text in words { #expect(run.errors.contains(text), "\(text) in \(run.errors)") }
        #expect(written == [])
    }

    @Test func `an empty folder`() throws { expectRefusal(try train(), "error: \(data): ") }

    @Test func `a folder that is not there`() throws {
        expectRefusal(
            try ProgramRun.fovea(["train", data + "/none", "-o", model]), "there is no such file or folder",
            "fashion-mnist")
    }

    @Test func `a file that is no data set`() throws {
        let path = try folder.write("file.zip")
        expectRefusal(try ProgramRun.fovea(["train", path, "-o", model]), "file.zip: not a whole zip file")
    }

    @Test func `a single class`() throws {
        try classes("cat")
        expectRefusal(try train(), "there is only one class, cat")
    }

    @Test func `a class folder without pictures is noted and left out`() throws {
        try classes("cat", "dog")
        folder.folder("data/train/empty")
        let run = try train()
        #expect(run.code == 0)
        #expect(run.errors.contains("note: ") && run.errors.contains("empty"))
        #expect(try ModelFile.loadCard(model).classes == ["cat", "dog"])
    }

    @Test func `a class in validation that training does not have`() throws {
        try classes("cat", "dog")
        try SyntheticPictures.write(3, classes: ["bird"], in: folder, below: "data/validation/")
        expectRefusal(try train(), "the validation split has a class that training does not have: bird (3 pictures)")
    }

    @Test func `limits of the environment hold in every command`() throws {
        try classes("cat", "dog")
        let environment: [String: String?] = ["FOVEA_MAX_PIXELS": "10"]
        let run = try ProgramRun.fovea(["inspect", data, "--json"], environment: environment)
        #expect(run.output.contains("the limit is 10"), "\(run.output)")
        let refused = try ProgramRun.fovea(["inspect", data], environment: ["FOVEA_MAX_PIXELS": "many"])
        #expect(refused.code == 2)
        #expect(refused.errors.contains("FOVEA_MAX_PIXELS is many, it must be a whole number from 1 to 715827882"))
    }

    @Test func `pictures that are broken, each in its way, are named and the others are learned`() throws {
        try classes("cat", "dog")
        let whole = grayJPEG(columns: 4, (0..<16).map { UInt8($0 * 15) })
        let broken: [(String, [UInt8], String)] = [
            ("text.jpg", Array("this is no picture".utf8), "not a picture: the content is of no known format"),
            ("cut.jpg", Array(whole.dropLast(12)), "truncated"),
            ("huge.png", pngClaiming(width: 60_000, height: 60_000), "the picture is too large: 60000 x 60000"),
            ("nothing.png", [], "the file is empty"),
        ]
        for (name, bytes, _) in broken { try folder.write("data/train/cat/\(name)", bytes) }
        let run = try train()
        #expect(run.code == 0, "\(run.errors)")
        for (name, _, reason) in broken {
            let line = run.errors.split(separator: "\n").first { $0.contains("/\(name): ") }
            #expect(line?.contains(reason) == true, "\(name): \(line ?? "not named")")
        }
        let causes = "1 cut short, 1 empty file, 1 not a picture, 1 over the limits"
        #expect(run.output.contains("4 pictures could not be read (\(causes))"), "\(run.output)")
        #expect(written == ["model.fovea"])
        // Evaluation names them as well; prediction answers the others and ends with 3.
        let measured = try ProgramRun.fovea(["evaluate", model, data, "--split", "training", "--json", "--quiet"])
        #expect(measured.code == 0)
        let failed = try #require(try object(measured.output)["failed"] as? [[String: String]])
        #expect(failed.count == 4 && failed.allSatisfy { $0["path"] != nil && $0["reason"]?.isEmpty == false })
        let predicted = try ProgramRun.fovea(["predict", model, data + "/train/cat", "--json", "--top", "1"])
        #expect(predicted.code == 3)
        #expect(predicted.errors.contains("4 of 16 pictures could not be read"))
        let records = try array(predicted.output)
        #expect(records.count == 16)
        #expect(records.filter { $0["error"] != nil }.count == 4)
        #expect(records.filter { ($0["predictions"] as? [Any])?.count == 1 }.count == 12)
    }

    @Test func `a folder in which no picture can be read`() throws {
        for name in ["cat", "dog"] { try folder.pictures(20, in: "data/" + name) }
        expectRefusal(try train(), "training pictures can be read; the first is ", "not a picture")
    }

    @Test(.enabled(if: geteuid() != 0, "root may read everything"))
    func `pictures that may not be read are named`() throws {
        try classes("cat", "dog")
        chmod(data + "/train/cat/3.png", 0)
        let run = try train()
        #expect(run.code == 0)
        #expect(run.errors.contains("3.png: the file cannot be opened: Permission denied"))
    }

    @Test func `links that lead nowhere or in circles are noted`() throws {
        try classes("cat", "dog")
        symlink(data + "/nowhere.png", data + "/train/cat/dangling.png")
        symlink(data + "/train/dog/circle.png", data + "/train/dog/circle.png")
        symlink("..", data + "/train/dog/up")
        let run = try train()
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.errors.contains("dangling.png") && run.errors.contains("circle.png"))
    }

    @Test func `names with spaces, line breaks, emoji and quotes`() throws {
        let names = ["a cat", "two\nlines", "🐝", "\"quoted\", with comma"]
        try SyntheticPictures.write(12, classes: names, in: folder, below: "data/train/")
        try SyntheticPictures.write(6, classes: names, in: folder, below: "data/validation/", from: 100)
        #expect(try train().code == 0)
        #expect(Set(try ModelFile.loadCard(model).classes) == Set(names))
        let file = try folder.write("a b\n🐝\u{1B}[31m.png", SyntheticPictures.file(label: 0, number: 1))
        let text = try ProgramRun.fovea(["predict", model, file])
        #expect(text.code == 0 && text.output.contains("a b\\n🐝\\u{1b}[31m.png") && !text.output.contains("\u{1B}"))
        let json = try ProgramRun.fovea(["predict", model, file, "--jsonl"])
        #expect(try object(json.output)["path"] as? String == file)
        let csv = try ProgramRun.fovea(["predict", model, file, "--csv", "--top", "4"])
        #expect(csv.output.contains("\"\(file)\",1,"))
        #expect(csv.output.contains(",\"\"\"quoted\"\", with comma\","))
        let report = try ProgramRun.fovea(["evaluate", model, data])
        #expect(report.code == 0 && report.output.contains("two\\nlines"))
    }

    @Test func `composed and decomposed spellings of a letter are one class`() throws {
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        try SyntheticPictures.write(12, classes: [composed, "dog"], in: folder, below: "data/train/")
        try SyntheticPictures.write(6, classes: [decomposed, "dog"], in: folder, below: "data/validation/", from: 100)
        #expect(try train().code == 0)
        #expect(try ModelFile.loadCard(model).classes.map { Array($0.unicodeScalars).count } == [4, 3])
        try SyntheticPictures.write(5, classes: [decomposed, "dog"], in: folder, below: "more/", from: 300)
        let run = try ProgramRun.fovea(["evaluate", model, folder.path + "/more", "--json"])
        #expect(run.code == 0, "\(run.errors)")
        #expect(try object(run.output)["count"] as? Int == 10)
    }

    @Test func `evaluation on a class that the model does not know`() throws {
        try classes("cat", "dog")
        #expect(try train().code == 0)
        try SyntheticPictures.write(5, classes: ["cat", "dogs"], in: folder, below: "more/", from: 300)
        let run = try ProgramRun.fovea(["evaluate", model, folder.path + "/more"])
        #expect(run.code == 3)
        #expect(run.errors.contains("a class that the model does not know: dogs (5 pictures)"))
        #expect(run.errors.contains("Did you mean dog?"))
    }

    @Test func `a key of the configuration that is misspelt, with file and line`() throws {
        try classes("cat", "dog")
        let file = try folder.write("train.yaml", Array("epochs: 1\nlearning_rte: 0.1\n".utf8))
        expectRefusal(
            try train("--config", file), "\(file):2: there is no key \"learning_rte\"", "Did you mean learning-rate?",
            code: 2)
    }

    @Test func `a network that does not exist`() throws {
        try classes("cat", "dog")
        let run = try ProgramRun.fovea(["train", data, "-o", model, "--model", "restnet18"])
        expectRefusal(run, "there is no network called restnet18", "Did you mean resnet18", code: 2)
    }

    @Test func `training opens no file of the test split`() throws {
        try classes("cat", "dog")
        // A pipe nobody writes to: whoever opens it waits for ever. And a file that is no picture.
        for name in ["cat", "dog"] {
            folder.folder("data/test/" + name)
            mkfifo("\(data)/test/\(name)/pipe.png", 0o644)
            try folder.write("data/test/\(name)/broken.png", Array("no picture".utf8))
        }
        let run = try train()
        #expect(run.code == 0, "\(run.errors)")
        #expect(!run.errors.contains("broken.png"))
    }
}
