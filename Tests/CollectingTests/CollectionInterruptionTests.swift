// Collecting that does not go to its end in one run: resuming, other plans, full disks, changed originals, and pictures
// from the web.

import Foundation
import FoveaCollecting
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct CollectionInterruptionTests {
    let folder: TemporaryFolder
    private var target: String { folder.path + "/out" }

    init() throws {
        folder = try TemporaryFolder()
        try SyntheticPictures.write(4, classes: ["cat", "dog"], in: folder, below: "in/", side: 4)
    }

    private func collection(_ staging: Staging, _ inputs: [String] = ["in"]) throws -> Collection {
        var options = CollectionOptions()
        options.downloads = staging.downloads
        return try Collection(inputs.map { folder.path + "/" + $0 }, options)
    }

    @Test func `an interrupted run is gone on with, and its output is that of a whole one`() throws {
        let grown = folder.path + "/.out.collecting"
        do {
            // As after a kill: most files are there, one is half written under its temporary name, the target is not.
            let staging = try Staging(for: target)
            let first = try collection(staging)
            try staging.begin(first.plan(.folders(linked: false), CollectionNames(first), seed: 0))
            try CollectionWriter(first, CollectionNames(first), staging, nil).folders(linked: false)
            unlink(grown + "/cat/0.png")
            try folder.write(".out.collecting/cat/.abc.partial", [1, 2])
        }
        let staging = try Staging(for: target)
        let result = try collection(staging).write(.folders(linked: false), to: staging, seed: 0, progress: nil)
        #expect(result.resumed == 7 && result.copied == 1)
        #expect(try FileManager.default.subpathsOfDirectory(atPath: target).count == 10)  // two folders, eight files
        #expect(!FileManager.default.fileExists(atPath: grown))
    }

    @Test func `what a run with another plan left is cleared`() throws {
        do {
            let staging = try Staging(for: target)
            let first = try collection(staging)
            try staging.begin(first.plan(.folders(linked: false), CollectionNames(first), seed: 0))
            try CollectionWriter(first, CollectionNames(first), staging, nil).folders(linked: false)
        }
        unlink(folder.path + "/in/cat/3.png")
        let staging = try Staging(for: target)
        let result = try collection(staging).write(.folders(linked: false), to: staging, seed: 0, progress: nil)
        #expect(result.resumed == 0 && result.copied == 7)
        #expect(!FileManager.default.fileExists(atPath: target + "/cat/3.png"))
    }

    @Test func `nothing is written over what exists, or beside another run`() throws {
        try folder.write("out/mine.txt")
        let error = #expect(throws: Failure.self) { try Staging(for: target) }
        #expect(error?.kind == .usage)
        #expect(error?.message == "\(target) exists already, and nothing is ever written over it")
        let one = try Staging(for: folder.path + "/other")
        let busy = #expect(throws: Failure.self) { try Staging(for: folder.path + "/other/") }
        #expect(busy?.message == "another fovea collect is working at \(folder.path)/other")
        one.leaveIfEmpty()
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/.other.collecting"))
        folder.folder(".third.collecting")
        let strange = #expect(throws: Failure.self) { try Staging(for: folder.path + "/third") }
        #expect(strange?.message.contains("is in the way") == true)
    }

    @Test func `a picture that changes between looking and writing is named and not written`() throws {
        let staging = try Staging(for: target)
        let looked = try collection(staging)
        try folder.write("in/cat/1.png", SyntheticPictures.file(label: 0, number: 77, side: 4))
        unlink(folder.path + "/in/dog/2.png")
        let result = try looked.write(.folders(linked: false), to: staging, seed: 0, progress: nil)
        #expect(result.copied == 6)
        #expect(
            Set(result.failed.map { "\($0.name.dropFirst(folder.path.count)): \($0.reason)" }) == [
                "/in/cat/1.png: the file was changed while it was being collected",
                "/in/dog/2.png: \(folder.path)/in/dog/2.png: the file cannot be opened: No such file or directory",
            ])
    }

    @Test func `pictures from the web are fetched once, within limits, and each failure is named`() throws {
        func file(_ number: Int) -> [UInt8] { SyntheticPictures.file(label: number % 2, number: number, side: 8) }
        let server = try LoopbackServer([
            "a.png": .init(body: file(0)), "b.png": .init(body: file(1)),
            "broken.png": .init(body: file(2), breaksAfter: 200, knowsRanges: true),
            "page.png": .init(body: Array("<html>sorry</html>".utf8)),
            "large.png": .init(body: [UInt8](repeating: 1, count: 5000)),
            "endless.png": .init(body: [UInt8](repeating: 1, count: 5000), length: -1),
        ])
        let names = ["a.png?size=1", "b.png", "broken.png", "page.png", "large.png", "endless.png", "none.png"]
        let rows = names.enumerated().map { "\(server.address)\($1),\($0 % 2 == 0 ? "cat" : "dog")\n" }.joined()
        try folder.write("links.csv", Array(("url,label\n" + rows + "https://,dog\n").utf8))
        func run() throws -> (Collection, [String: String]) {
            let staging = try Staging(for: target)
            var options = CollectionOptions()
            options.downloads = staging.downloads
            options.largestDownload = 2000
            let collection = try Collection([folder.path + "/links.csv"], options)
            let reasons = collection.failed.map {
                ($0.name.replacingOccurrences(of: server.address, with: ""), $0.reason)
            }
            return (collection, Dictionary(uniqueKeysWithValues: reasons))
        }
        let (first, reasons) = try run()
        #expect(
            reasons == [
                "a.png?size=1": "the server answers 404", "page.png": "not a picture by its first bytes",
                "large.png": "the server's file has 5000 bytes, more than the 2000 allowed",
                "endless.png": "more than 2000 bytes arrived", "none.png": "the server answers 404",
                "https://": "this is no address",
            ])
        #expect(first.pictures.map { $0.name.split(separator: "/").last } == ["broken.png", "b.png"])
        #expect(server.parts.first == 200)
        let asked = server.requests.count
        let (second, _) = try run()
        // What arrived is not asked for again; what failed is.
        #expect(!server.requests[asked...].contains("b.png") && !server.requests[asked...].contains("broken.png"))
        #expect(second.pictures.count == 2)
    }
}
