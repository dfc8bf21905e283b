// Known data sets: where they are found, and everything that can go wrong while fetching one.

import Crypto
import Foundation
import FoveaCollecting
import FoveaTensorCore
import FoveaTestSupport
import Synchronization
import Testing

private func sha256(_ bytes: [UInt8]) -> String {
    SHA256.hash(data: bytes).map { String(format: "%02x", Int($0)) }.joined()
}

@Suite struct KnownDataSetsTests {
    /// The files of a made set: 40 training and 8 test pictures in three classes.
    private let contents: [String: [UInt8]] = [
        "train-images-idx3-ubyte.gz": idx([40, 2, 3], (0..<240).map { UInt8($0) }),
        "train-labels-idx1-ubyte.gz": idx([40], (0..<40).map { UInt8($0 % 3) }),
        "t10k-images-idx3-ubyte.gz": idx([8, 2, 3], [UInt8](repeating: 7, count: 48)),
        "t10k-labels-idx1-ubyte.gz": idx([8], [UInt8](repeating: 2, count: 8)),
    ]

    private func made(_ addresses: [String]) -> KnownDataSet {
        let files = contents.keys.sorted().reversed().map { name in
            KnownFile(name: name, byteCount: contents[name]?.count ?? 0, sha256: sha256(contents[name] ?? []))
        }
        return KnownDataSet(
            name: "made", classes: ["a", "b", "c"], files: files, addresses: addresses, advice: "Install it")
    }

    private func options(_ home: TemporaryFolder) -> CollectingOptions {
        var options = CollectingOptions()
        options.environment = ["FOVEA_HOME": home.path]
        options.packagedFolder = home.path + "/packaged"
        return options
    }

    private var good: [String: LoopbackServer.Answer] { contents.mapValues { LoopbackServer.Answer(body: $0) } }

    @Test func `a known data set is fetched once, checked, and found in the cache afterwards`() throws {
        let home = try TemporaryFolder()
        let server = try LoopbackServer(good)
        let told = Mutex<[CollectingProgress]>([])
        var options = options(home)
        options.progress = { step in told.withLock { $0.append(step) } }
        let data = try made([server.address]).open(options)
        #expect(data.name == "made" && data.classes == ["a", "b", "c"])
        #expect(Set(server.requests) == Set(contents.keys))
        for (name, bytes) in contents {
            #expect(try fileBytes(home.path + "/datasets/made/" + name) == bytes)
            #expect(
                told.withLock {
                    $0.contains(.downloading(file: name, received: bytes.count, total: bytes.count))
                })
        }
        #expect(data.splits[.test]?.entries.count == 8)
        _ = try made([server.address]).open(options)
        #expect(server.requests.count == 4)
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.path + "/datasets/made").count == 4)
    }

    @Test func `a file that is there already is not fetched again`() throws {
        let home = try TemporaryFolder()
        let server = try LoopbackServer(good)
        let name = "train-images-idx3-ubyte.gz"
        try home.write("datasets/made/" + name, contents[name] ?? [])
        _ = try made([server.address]).open(options(home))
        #expect(server.requests.count == 3 && !server.requests.contains(name))
    }

    /// The message of a download whose first file is answered like this; nothing but `left` bytes of a part may stay.
    private func message(_ answer: LoopbackServer.Answer?, left: Int = 0) throws -> String {
        let home = try TemporaryFolder()
        var answers = good
        answers["train-labels-idx1-ubyte.gz"] = answer
        let server = try LoopbackServer(answers)
        let error = #expect(throws: Failure.self) { try made([server.address]).open(options(home)) }
        #expect(error?.kind == .work)
        #expect(
            error?.advice
                == "Install it, or put the four .gz files into \(home.path)/datasets/made yourself.")
        let found = try FileManager.default.contentsOfDirectory(atPath: home.path + "/datasets/made")
        #expect(found == (left > 0 ? [".train-labels-idx1-ubyte.gz.part"] : []))
        if left > 0 { #expect(try fileBytes(home.path + "/datasets/made/" + found[0]).count == left) }
        return (error?.message ?? "").replacingOccurrences(of: server.address, with: "ADDRESS/")
    }

    private let start = "made: train-labels-idx1-ubyte.gz could not be fetched:\n  ADDRESS/train-labels-idx1-ubyte.gz: "

    @Test func `an answer other than 200 is an error`() throws {
        #expect(try message(nil) == start + "the server answers 404")
        #expect(
            try message(.init(status: "500 Internal Server Error")) == start + "the server answers 500")
    }

    @Test func `a file with another checksum is never used`() throws {
        let right = try #require(contents["train-labels-idx1-ubyte.gz"])
        var wrong = right
        wrong[20] ^= 1
        #expect(
            try message(.init(body: wrong)) == start
                + "the file is another one: its SHA-256 is \(sha256(wrong)), it should be \(sha256(right))")
    }

    @Test func `a body that is cut short is never used`() throws {
        let right = try #require(contents["train-labels-idx1-ubyte.gz"])
        let half = Array(right.prefix(20))
        #expect(try message(.init(body: half)) == start + "the server's file has 20 bytes, it should have 48")
        #expect(try message(.init(body: half, length: 48), left: 20) == start + "cut short: 20 of 48 bytes arrived")
        #expect(try message(.init(body: half, length: -1), left: 20) == start + "cut short: 20 of 48 bytes arrived")
        #expect(try message(.init(body: [], length: -1)) == start + "nothing arrived")
    }

    @Test func `a body that does not end is given up`() throws {
        let endless = [UInt8](repeating: 1, count: 1_000_000)
        #expect(try message(.init(body: endless, length: -1)) == start + "more than 48 bytes arrived")
    }

    @Test func `a transfer that breaks is gone on from, within a run and in the next`() throws {
        let home = try TemporaryFolder()
        var answers = good
        let name = "train-images-idx3-ubyte.gz"
        answers[name]?.knowsRanges = true
        answers[name]?.breaksAfter = 100
        let server = try LoopbackServer(answers)
        try home.write("datasets/made/." + name + ".part", Array((contents[name] ?? []).prefix(30)))
        let data = try made([server.address]).open(options(home))
        #expect(data.splits[.test]?.entries.count == 8)
        #expect(server.parts == [30, 130, 230])
        #expect(try fileBytes(home.path + "/datasets/made/" + name) == contents[name])
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.path + "/datasets/made").count == 4)
    }

    @Test func `a part of another file is fetched once more from its beginning`() throws {
        let home = try TemporaryFolder()
        var answers = good
        let name = "train-images-idx3-ubyte.gz"
        answers[name]?.knowsRanges = true
        let server = try LoopbackServer(answers)
        try home.write("datasets/made/." + name + ".part", [UInt8](repeating: 9, count: 30))
        _ = try made([server.address]).open(options(home))
        #expect(server.parts == [30] && server.requests.count { $0 == name } == 2)
        #expect(try fileBytes(home.path + "/datasets/made/" + name) == contents[name])
    }

    @Test func `what a broken transfer left survives an address that has another file`() throws {
        let home = try TemporaryFolder()
        let name = "train-images-idx3-ubyte.gz"
        var answers = good
        answers[name]?.knowsRanges = true
        let server = try LoopbackServer(answers)
        answers[name] = LoopbackServer.Answer(body: [1, 2, 3])  // a page of words, and no part of anything
        let other = try LoopbackServer(answers)
        try home.write("datasets/made/." + name + ".part", Array((contents[name] ?? []).prefix(30)))
        _ = try made([other.address, server.address]).open(options(home))
        #expect(other.requests.contains(name) && server.parts == [30])
        #expect(try fileBytes(home.path + "/datasets/made/" + name) == contents[name])
    }

    @Test func `the next address is tried, and all reasons are told`() throws {
        let home = try TemporaryFolder()
        let empty = try LoopbackServer([:])
        let server = try LoopbackServer(good)
        let data = try made([empty.address, server.address]).open(options(home))
        #expect(data.classes.count == 3 && empty.requests.count == 4 && server.requests.count == 4)
        let other = try TemporaryFolder()
        let error = #expect(throws: Failure.self) {
            try made([empty.address, "http://127.0.0.1:1/"]).open(options(other))
        }
        let lines = error?.message.split(separator: "\n") ?? []
        #expect(lines.count == 3)
        #expect(lines[1].hasSuffix("the server answers 404") && lines[2].contains("http://127.0.0.1:1/train-labels"))
    }

    @Test func `a folder that cannot be made is an error`() throws {
        let home = try TemporaryFolder()
        try home.write("datasets", [1])
        let error = #expect(throws: Failure.self) { try made([]).open(options(home)) }
        #expect(error?.kind == .work)
        #expect(error?.message.hasPrefix("\(home.path)/datasets/made: the folder cannot be made") == true)
        #expect(error?.advice == "Set FOVEA_HOME to a folder that you may write.")
    }

    @Test func `the cache lies where the environment says`() {
        let all = ["FOVEA_HOME": "/f", "XDG_CACHE_HOME": "/x", "HOME": "/h"]
        #expect(cacheFolder("datasets", all) == "/f/datasets")
        #expect(cacheFolder("datasets", ["XDG_CACHE_HOME": "/x", "HOME": "/h"]) == "/x/fovea/datasets")
        #expect(cacheFolder("datasets", ["XDG_CACHE_HOME": "x", "HOME": "/h"]) == "/h/.cache/fovea/datasets")
        #expect(cacheFolder("datasets", ["HOME": "/h"]) == "/h/.cache/fovea/datasets")
    }

    @Test(.enabled(if: hasFashion, "Debian's dataset-fashion-mnist is not installed"))
    func `fashion-mnist is found where the system's package puts it`() throws {
        let home = try TemporaryFolder()
        var options = options(home)
        options.packagedFolder = "/usr/share/datasets"
        options.addresses = []
        let data = try DataSet.open("Fashion-MNIST", options: options)
        #expect(data.name == "fashion-mnist" && data.classes == IDXFolder.fashionClasses)
        #expect(data.notes.first == "Read from /usr/share/datasets/fashion-mnist.")
    }
}
