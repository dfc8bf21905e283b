// Zip files of class folders: what is found, and every way to be damaged or hostile.

import CZlib
import Foundation
import FoveaCollecting
import FoveaTensorCore
import FoveaTestSupport
import Testing

/// A stored member of a zip file made by hand, with any field wrong that a test wants wrong.
struct ZipPart {
    var name: String
    var content: [UInt8] = [1]
    var method = 0
    var flags = 0x800
    var size: Int?
    var offset: Int?
    var nameBytes: [UInt8]?
}

private func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

func zipFile(_ parts: [ZipPart]) -> [UInt8] {
    var (body, directory): ([UInt8], [UInt8]) = ([], [])
    for part in parts {
        let name = part.nameBytes ?? Array(part.name.utf8)
        let sum = part.content.withUnsafeBufferPointer { Int(crc32_z(0, $0.baseAddress, $0.count)) }
        let sizes = little(part.content.count, 4) + little(part.size ?? part.content.count, 4)
        let fields = little(part.flags, 2) + little(part.method, 2) + little(0, 4) + little(sum, 4) + sizes
        let offset = part.offset ?? body.count
        body +=
            little(0x0403_4B50, 4) + little(20, 2) + fields + little(name.count, 2) + little(0, 2) + name + part.content
        directory += little(0x0201_4B50, 4) + little(20, 2) + little(20, 2) + fields + little(name.count, 2)
        directory += [UInt8](repeating: 0, count: 12) + little(offset, 4) + name
    }
    return body + directory + little(0x0605_4B50, 4) + little(0, 4) + little(parts.count, 2) + little(parts.count, 2)
        + little(directory.count, 4) + little(body.count, 4) + little(0, 2)
}

@Suite struct ZipTests {
    let folder: TemporaryFolder
    private let pets = [
        ZipPart(name: "cat/1.jpg", content: Array("one".utf8)), ZipPart(name: "dog/1.jpg", content: Array("two".utf8)),
    ]

    init() throws { folder = try TemporaryFolder() }

    private func open(_ bytes: [UInt8]) throws -> DataSet {
        try DataSet.open(try folder.write("a.zip", bytes), options: .undivided)
    }

    private func refusal(_ bytes: [UInt8]) throws -> String? {
        let path = try folder.write("a.zip", bytes)
        let error = #expect(throws: Failure.self) { try DataSet.open(path, options: .undivided) }
        #expect(error?.kind == .data)
        return error?.message.replacingOccurrences(of: folder.path + "/", with: "")
    }

    @Test func `class folders and split folders are found, whatever stands before the archive`() throws {
        let splits = ["train", "test"].flatMap { split in
            ["cat", "dog"].map { ZipPart(name: "data/\(split)/\($0)/1.jpg", content: Array("\(split) \($0)".utf8)) }
        }
        for before in [[], Array("#!/bin/sh\n".utf8)] {
            let data = try open(before + zipFile(splits))
            #expect(
                try described(data, .test, after: folder.path + "/a.zip/data/") == [
                    "cat test/cat/1.jpg test cat", "dog test/dog/1.jpg test dog",
                ])
        }
    }

    @Test func `labels may stand in the names`() throws {
        var options = CollectingOptions.undivided
        options.labels.pattern = "(?<label>[a-z]+)_"
        let path = try folder.write(
            "a.zip", zipFile([ZipPart(name: "x/cat_1.jpg"), ZipPart(name: "x/dog_1.jpg", content: [2])]))
        #expect(try DataSet.open(path, options: options).classes == ["cat", "dog"])
    }

    @Test func `names in the IBM PC's letters and with backslashes are understood`() throws {
        let data = try open(
            zipFile([
                ZipPart(name: "", flags: 0, nameBytes: [0x81, 0x2F, 0x31] + Array(".jpg".utf8)),
                ZipPart(name: "dog\\1.jpg", content: [2]),
            ]))
        #expect(data.classes == ["dog", "ü"])
    }

    @Test func `names that lead out of the archive are left out and told`() throws {
        let data = try open(zipFile(pets + [ZipPart(name: "../../cat/2.jpg"), ZipPart(name: "/etc/x.jpg")]))
        #expect(data.splits[.training]?.entries.count == 2)
        #expect(data.notes == ["Left out: 2 names lead out of the archive: ../../cat/2.jpg, /etc/x.jpg."])
    }

    @Test func `a path that stands twice counts once, as unpackers do it`() throws {
        let data = try open(zipFile(pets + [ZipPart(name: "cat/1.jpg", content: Array("later".utf8))]))
        #expect(try text(try #require(data.splits[.training]), 0) == "later")
        #expect(data.notes == ["Twice in the zip file, of which the last one counts: cat/1.jpg."])
    }

    @Test func `what cannot be read in place is refused by name`() throws {
        #expect(try refusal(zipFile(pets + [ZipPart(name: "cat/2.jpg", flags: 1)])) == "a.zip: cat/2.jpg is encrypted")
        #expect(
            try refusal(zipFile(pets + [ZipPart(name: "cat/2.jpg", method: 14)]))
                == "a.zip: cat/2.jpg is compressed by LZMA, not by deflate")
    }

    @Test func `bombs are refused before anything is inflated`() throws {
        #expect(
            try refusal(zipFile(pets + [ZipPart(name: "cat/2.jpg", method: 8, size: 1 << 28)]))
                == "a.zip: cat/2.jpg claims 268435456 bytes in 1: none does honestly")
        #expect(
            try refusal(zipFile(pets + [ZipPart(name: "cat/2.jpg", offset: 0)]))
                == "a.zip: cat/2.jpg shares bytes with another member: made to fill disks")
    }

    @Test func `a zip file that is cut short is an error at every length`() throws {
        let whole = zipFile(pets)
        for length in 0..<whole.count {
            let message = try refusal(Array(whole.prefix(length)))
            #expect(message?.hasPrefix("a.zip: not a whole zip file") == true, "\(length): \(message ?? "")")
        }
    }

    @Test func `no flipped byte does more than an error`() throws {
        let whole = zipFile(pets)
        for place in whole.indices {
            for bit in [0, 3, 7] {
                var bytes = whole
                bytes[place] ^= 1 << bit
                let path = try folder.write("a.zip", bytes)
                guard let data = try? DataSet.open(path, options: .undivided) else { continue }
                for source in data.splits.values {
                    for index in source.entries.indices { _ = try? source.content(at: index) }
                }
            }
        }
    }

    @Test func `damaged content is a failure of its picture`() throws {
        var bytes = zipFile(pets)
        let start = 30 + "cat/1.jpg".utf8.count
        bytes[start] ^= 1
        let source = try #require(try open(bytes).splits[.training])
        let error = #expect(throws: Failure.self) { try source.content(at: 0) }
        #expect(
            error?.message == "\(folder.path)/a.zip/cat/1.jpg: damaged in the zip file: its checksum is another one")
        #expect(try text(source, 1) == "two")
    }
}
