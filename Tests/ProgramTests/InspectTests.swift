// `fovea inspect` from the command line: what is printed, what is written where, and that edited findings are obeyed.

import FoveaTestSupport
import Foundation
import Testing

@Suite struct InspectTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        // Unlike each other: every picture has a size and a shade of its own.
        for (label, name) in ["cat", "dog"].enumerated() {
            for number in 0..<6 {
                let side = 20 + number
                try folder.write(
                    "in/\(name)/\(number).png", SyntheticPictures.file(label: label, number: number, side: side))
            }
        }
        try folder.write("in/dog/torn.png", SyntheticPictures.file(label: 0, number: 2, side: 22))
        try folder.write("in/dog/<b>.png", Array("hello".utf8))
    }

    private func json(_ run: ProgramRun) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    }

    @Test func `the JSON holds its contract and the table says the same`() throws {
        let run = try ProgramRun.fovea(["inspect", "in", "--json"], in: folder.path)
        #expect(run.code == 0, "\(run.errors)")
        let record = try json(run)
        #expect(
            Set(record.keys) == [
                "schema", "path", "count", "classes", "splits", "formats", "colours", "orientations", "sizes", "failed",
                "duplicates", "nearDuplicates", "outliers", "giveaways", "imbalance", "notes",
            ])
        #expect(record["count"] as? Int == 14 && record["formats"] as? [String: Int] == ["PNG": 13])
        let failed = try #require(record["failed"] as? [[String: String]])
        #expect(failed.map { $0["cause"] } == ["not a picture"] && failed[0]["path"] == "in/dog/<b>.png")
        let groups = try #require(record["duplicates"] as? [[String: Any]])
        #expect(groups.count == 1 && groups[0]["conflicting"] as? Bool == true)
        let table = try ProgramRun.fovea(["inspect", "in"], in: folder.path)
        #expect(table.code == 0 && table.output.hasPrefix("in: 14 pictures of 2 classes\n"))
        #expect(table.output.contains("not readable: 1\n  not a picture: 1\n"))
        #expect(table.output.contains("in/cat/2.png (cat, training) = in/dog/torn.png (dog, training)"))
    }

    @Test func `the page needs nothing else and obeys no name`() throws {
        let run = try ProgramRun.fovea(["inspect", "in", "--html", "page.html"], in: folder.path)
        #expect(run.code == 0, "\(run.errors)")
        let page = String(
            decoding: FileManager.default.contents(atPath: folder.path + "/page.html") ?? Data(), as: UTF8.self)
        #expect(page.hasPrefix("<!doctype html>") && page.contains("data:image/png;base64,iVBORw0KGgo"))
        #expect(page.contains("in/dog/&lt;b&gt;.png") && !page.contains("<b>.png"))
        #expect(!page.contains("http") && !page.contains("<script"))
    }

    @Test func `findings that a person edited are obeyed by collect`() throws {
        let run = try ProgramRun.fovea(["inspect", "in", "--csv", "findings.csv", "-q"], in: folder.path)
        #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
        var text = String(
            decoding: FileManager.default.contents(atPath: folder.path + "/findings.csv") ?? Data(), as: UTF8.self)
        #expect(text.hasPrefix("path,label,split,finding,detail,action,new_label\r\n"))
        let rows = text.split(separator: "\r\n").map(String.init)
        text = rows.map { row in
            row.hasPrefix("in/dog/torn.png,dog,training,conflicting labels") || row.hasPrefix("in/dog/<b>.png")
                ? row.replacingOccurrences(of: ",keep,", with: ",drop,") : row
        }.joined(separator: "\r\n")
        try folder.write("findings.csv", Array(text.utf8))
        let collected = try ProgramRun.fovea(
            ["collect", "in", "-o", "out", "--dry-run", "--json", "--corrections", "findings.csv"], in: folder.path)
        #expect(collected.code == 0, "\(collected.errors)")
        let record = try json(collected)
        #expect(record["count"] as? Int == 12)
        #expect((record["failed"] as? [Any])?.isEmpty == true && (record["conflicts"] as? [Any])?.isEmpty == true)
    }

    @Test func `a table is written anew, unless a person has decided something in it`() throws {
        let command = ["inspect", "in", "--csv", "findings.csv", "-q"]
        for _ in 0..<2 { #expect(try ProgramRun.fovea(command, in: folder.path).code == 0) }
        let text = "path,action\nin/cat/0.png,drop\n"
        try folder.write("findings.csv", Array(text.utf8))
        let run = try ProgramRun.fovea(command, in: folder.path)
        #expect(run.code == 2 && run.errors.contains("decisions in it would be lost"), "\(run.errors)")
        #expect(FileManager.default.contents(atPath: folder.path + "/findings.csv") == Data(text.utf8))
    }

    @Test func `nothing is written into the data or over a picture`() throws {
        let cases: [([String], String)] = [
            (["--csv", "in/findings.csv"], "in/findings.csv lies within in, and data is never changed"),
            (["--html", "in/cat/0.png"], "name a .html file"), (["--csv", "findings.txt"], "name a .csv file"),
        ]
        for (flags, words) in cases {
            let run = try ProgramRun.fovea(["inspect", "in"] + flags, in: folder.path)
            #expect(run.code == 2 && run.errors.contains(words), "\(run.errors)")
        }
        let run = try ProgramRun.fovea(["train", "in", "-o", "m.fovea", "--corrections", "none.csv"], in: folder.path)
        #expect(run.code == 3 && run.errors.contains("none.csv: the file cannot be opened"), "\(run.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["in"])
    }
}
