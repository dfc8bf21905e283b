// `fovea collect` and the other sources of data from the command line: what is printed, what it exits with, and that what
// was collected can be trained on.

import FoveaTestSupport
import Foundation
import Testing

@Suite struct CollectTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try SyntheticPictures.write(12, classes: ["cat", "dog"], in: folder, below: "in/")
    }

    private func json(_ run: ProgramRun) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    }

    @Test func `the table and the JSON say what became of every picture`() throws {
        try folder.write("in/cat/copy.png", SyntheticPictures.file(label: 0, number: 1))
        try folder.write("in/dog/torn.png", SyntheticPictures.file(label: 0, number: 2))
        try folder.write("in/dog/text.png", Array("hello".utf8))
        let dry = try ProgramRun.fovea(["collect", "in", "-o", "out", "--dry-run"], in: folder.path)
        #expect(dry.code == 0 && dry.output.hasPrefix("dry run: 23 pictures of 2 classes would go to out\n"))
        #expect(
            dry.output.contains("copies dropped: 1")
                && dry.output.contains("in/cat/2.png (cat) = in/dog/torn.png (dog)"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["in"])
        let run = try ProgramRun.fovea(
            ["collect", "in", "-o", "out", "--test", "0.25", "--draw", "stratified", "--json"], in: folder.path)
        #expect(run.code == 0, "\(run.errors)")
        let record = try json(run)
        #expect(
            Set(record.keys) == [
                "schema", "path", "dryRun", "count", "classes", "splits", "written", "linked", "resumed", "bytes",
                "fetched", "duplicates", "conflicts", "nearDuplicates", "failed", "addresses", "notes",
            ])
        #expect(record["count"] as? Int == 23 && record["splits"] as? [String: Int] == ["test": 6, "training": 17])
        #expect((record["failed"] as? [[String: String]])?.first?["reason"] == "not a picture by its first bytes")
        #expect((record["conflicts"] as? [[[String: String]]])?.first?.map { $0["class"] } == ["cat", "dog"])
    }

    @Test func `wrong usage writes nothing`() throws {
        let cases: [([String], String)] = [
            (["in", "-o", "in/out"], "in/out lies within in, and inputs are never changed"),
            (["in", "-o", "in"], "in lies within in"),
            (["in", "-o", "x.tar", "--link"], "a tar file cannot hold links"),
            (["in", "-o", "x.tar", "--shards", "2"], "x.tar is one tar file, --shards makes several"),
            (["in", "-o", "out", "--test", "1"], "--test is 1.0, it must be at least 0 and below 1"),
            (["in", "-o", "out", "--test", "0.5", "--validation", "0.5"], "leave nothing for training"),
        ]
        for (arguments, words) in cases {
            let run = try ProgramRun.fovea(["collect"] + arguments, in: folder.path)
            #expect(run.code == 2 && run.errors.contains(words), "\(run.errors)")
        }
        let run = try ProgramRun.fovea(["collect", "nowhere", "-o", "out"], in: folder.path)
        #expect(run.code == 3 && run.errors.contains("nowhere: there is no such file or folder"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["in"])
    }

    @Test func `a run that is killed is gone on with`() throws {
        try SyntheticPictures.write(400, classes: ["cat", "dog"], in: folder, below: "many/", side: 32)
        _ = try ProgramRun.fovea(["collect", "many", "-o", "out"], in: folder.path) { process, _ in
            let grown = folder.path + "/.out.collecting/cat"
            while process.isRunning, (try? FileManager.default.contentsOfDirectory(atPath: grown).count) ?? 0 < 20 {
                usleep(500)
            }
            kill(process.processIdentifier, SIGKILL)
        }
        let wasKilled = !FileManager.default.fileExists(atPath: folder.path + "/out")
        guard wasKilled else { return }  // it was quicker than the signal
        let run = try ProgramRun.fovea(["collect", "many", "-o", "out", "--json"], in: folder.path)
        let record = try json(run)
        #expect(record["resumed"] as? Int ?? 0 >= 10)
        #expect((record["resumed"] as? Int ?? 0) + (record["written"] as? Int ?? 0) == 800)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["in", "many", "out"])
    }

    @Test func `what was collected is trained on and measured, in every form`() throws {
        let collect = ["collect", "in", "--validation", "0.25", "--test", "0.25", "--draw", "stratified", "-o"]
        for (name, more) in [("folders", []), ("shards", ["--shards", "2"]), ("all.tar", [])] as [(String, [String])] {
            let collected = try ProgramRun.fovea(collect + [name] + more, in: folder.path)
            #expect(collected.code == 0, "\(collected.errors)")
            let model = name + ".fovea"
            let trained = try ProgramRun.fovea(["train", name, "-o", model] + Trained.quickly(), in: folder.path)
            #expect(trained.code == 0, "\(trained.errors)")
            let measured = try ProgramRun.fovea(["evaluate", model, name, "--json"], in: folder.path)
            #expect(try json(measured)["count"] as? Int == 6)
        }
    }

    @Test func `weights decide which of two labels is learned`() throws {
        // Every picture is there twice, under the right and the wrong class; one of the two weighs next to nothing.
        for (name, right, wrong) in [("right", "1", "0.001"), ("wrong", "0.001", "1")] {
            var rows = "path,label,split,weight\n"
            for (label, number) in [0, 1].flatMap({ label in (0..<24).map { (label, $0) } }) {
                let picture = SyntheticPictures.file(label: label, number: number)
                for (copy, own, weight) in [(0, label, right), (1, 1 - label, wrong)] {
                    let path = "twice/\(label)-\(number)-\(copy).png"
                    try folder.write(path, picture)
                    rows += "\(path),\(["cat", "dog"][own]),train,\(weight)\n"
                }
            }
            for label in 0..<2 { rows += "in/\(["cat", "dog"][label])/1.png,\(["cat", "dog"][label]),val,1\n" }
            try folder.write("\(name).csv", Array(rows.utf8))
            let trained = try ProgramRun.fovea(
                ["train", "\(name).csv", "-o", "\(name).fovea"] + Trained.quickly(epochs: 4), in: folder.path)
            #expect(trained.code == 0, "\(trained.errors)")
        }
        func accuracy(_ model: String) throws -> Double {
            let measured = try ProgramRun.fovea(["evaluate", model, "in", "--json"], in: folder.path)
            return try #require(try json(measured)["accuracy"] as? Double)
        }
        #expect(try accuracy("right.fovea") > 0.8)
        // Of the epochs the one is kept that validates best, so that this one may keep an early, undecided one.
        #expect(try accuracy("wrong.fovea") < 0.6)
    }

    @Test func `labels may come from names, and from columns that flags name`() throws {
        for label in ["cat", "dog"] {
            for number in 0..<12 {
                try folder.write(
                    "flat/\(label)_\(number).png", SyntheticPictures.file(label: label == "cat" ? 0 : 1, number: number)
                )
            }
        }
        let rows = ["cat", "dog"].flatMap { label in (0..<12).map { "\(label)_\($0).png;\(label)\n" } }.joined()
        try folder.write("list.csv", Array(("bild;art\n" + rows).utf8))
        let arguments = [
            ["flat", "--label-pattern", "^(?<label>[a-z]+)_"],
            ["list.csv", "--path-column", "bild", "--label-column", "art", "--images", "flat"],
        ]
        for (number, own) in arguments.enumerated() {
            let run = try ProgramRun.fovea(
                ["train"] + own + ["-o", "\(number).fovea", "--draw", "stratified"] + Trained.quickly(), in: folder.path
            )
            #expect(run.code == 0, "\(run.errors)")
        }
        let wrong = try ProgramRun.fovea(["train", "flat", "-o", "x.fovea", "--label-pattern", "["], in: folder.path)
        #expect(wrong.code == 2 && wrong.errors.contains("this is no regular expression"))
    }
}
