// CIFAR's binary files: pixels in their order, truncated collections, the official archive, and damaged files.

import CZlib
import Crypto
import Foundation
import FoveaCollecting
import FoveaPictures
import FoveaTensorCore
import FoveaTestSupport
import Testing

/// Records whose red plane is the number, whose green plane counts, whose blue plane is 7.
private func records(_ count: Int, classes: Int, fine: Bool = false) -> [UInt8] {
    (0..<count).flatMap { number -> [UInt8] in
        (fine ? [UInt8(number % 20)] : []) + [UInt8(number % classes)]
            + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 1024)
            + (0..<1024).map { UInt8(truncatingIfNeeded: $0) } + [UInt8](repeating: 7, count: 1024)
    }
}

/// The bytes of a gzip file.
private func gzipped(_ bytes: [UInt8], in folder: TemporaryFolder) throws -> [UInt8] {
    let path = folder.path + "/packed.gz"
    let file = gzopen(path, "wb")
    gzwrite(file, bytes, UInt32(bytes.count))
    gzclose(file)
    return try fileBytes(path)
}

@Suite struct CIFARTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `a folder of batches is read in order, and the test batch is left alone until asked for`() throws {
        for (name, count) in [("data_batch_1", 10), ("data_batch_10", 10), ("data_batch_2", 20), ("test_batch", 5)] {
            try folder.write("\(name).bin", records(count, classes: 10))
        }
        let data = try DataSet.open(folder.path, options: .undivided)
        #expect(data.classes == CIFARFolder.tenClasses)
        let training = try #require(data.splits[.training])
        #expect(training.entries.map(\.name).first == "data_batch_1[0]" && training.entries.count == 40)
        #expect(training.entries[10].name == "data_batch_2[0]" && training.entries[30].name == "data_batch_10[0]")
        #expect(training.entries.map(\.label)[..<12] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
        guard case .raw(let picture) = try training.content(at: 13) else {
            Issue.record("not pixels")
            return
        }
        #expect(picture.width == 32 && picture.height == 32 && picture.channels == 3)
        #expect(Array(picture.pixels[..<6]) == [3, 0, 7, 3, 1, 7] && picture.pixels[33 * 3 + 1] == 33)
        let test = try #require(data.splits[.test] as? DeferredSource)
        #expect(!test.isOpened && test.entries.count == 5 && test.isOpened)
    }

    @Test func `class names come from the list beside the batches`() throws {
        try folder.write("data_batch_1.bin", records(6, classes: 3))
        try folder.write("batches.meta.txt", Array("red\ngreen\nblue\n\n".utf8))
        #expect(try DataSet.open(folder.path, options: .undivided).classes == ["red", "green", "blue"])
        try folder.write("batches.meta.txt", Array("red\ngreen\n".utf8))
        #expect(
            failure(folder.path)?.message
                == "\(folder.path)/data_batch_1.bin: the label of record 2 is 2, but there are 2 classes")
    }

    @Test func `Python's pickles are refused by name`() throws {
        for name in ["batches.meta", "data_batch_1", "test_batch"] { try folder.write(name) }
        #expect(
            failure(folder.path)?.message
                == "\(folder.path): these are CIFAR-10's Python pickles, which only Python can open")
    }

    @Test func `CIFAR-100 has fine labels`() throws {
        try folder.write("train.bin", records(30, classes: 30, fine: true))
        try folder.write("test.bin", records(3, classes: 3, fine: true))
        let data = try DataSet.open(folder.path + "/", options: .undivided)
        #expect(data.classes.count == 100)
        #expect(data.splits[.training]?.entries.map(\.label) == Array(0..<30))
        try folder.write("fine_label_names.txt", Array((0..<100).map { "name\($0)\n" }.joined().utf8))
        #expect(try DataSet.open(folder.path, options: .undivided).classes[29] == "name29")
    }

    @Test func `a file that ends within a record is an error`() throws {
        try folder.write("data_batch_1.bin", Array(records(2, classes: 2).dropLast()))
        #expect(
            failure(folder.path)?.message == """
                \(folder.path)/data_batch_1.bin: 6145 bytes are no whole number of records of 3073 bytes (a label and \
                3072 of a picture)
                """)
    }

    /// The official layout, packed by hand.
    private func archive() throws -> [UInt8] {
        let inside = "cifar-10-batches-bin/"
        let tar =
            tarMember(inside, [], type: "5")
            + tarMember(inside + "data_batch_1.bin", records(20, classes: 10))
            + tarMember(inside + "batches.meta.txt", Array((0..<10).map { "class \($0)\n" }.joined().utf8))
            + tarMember(inside + "readme.html", [1, 2])
            + tarMember(inside + "test_batch.bin", records(10, classes: 10)) + tarEnd
        return try gzipped(tar, in: folder)
    }

    @Test func `a known set is fetched as its official archive and read from it`() throws {
        let packed = try archive()
        let digest = SHA256.hash(data: packed).map { String(format: "%02x", Int($0)) }.joined()
        let server = try LoopbackServer(["small.tar.gz": .init(body: packed)])
        let known = KnownDataSet(
            name: "small", classes: CIFARFolder.tenClasses,
            files: [KnownFile(name: "small.tar.gz", byteCount: packed.count, sha256: digest)],
            addresses: [server.address], advice: nil, layout: .cifar(.ten))
        var options = CollectingOptions.undivided
        options.environment = ["FOVEA_HOME": folder.path]
        options.packagedFolder = folder.path + "/none"
        for _ in 0..<2 {
            let data = try known.open(options)
            #expect(data.classes == (0..<10).map { "class \($0)" })
            #expect(data.splits.mapValues(\.entries.count) == [.training: 20, .test: 10])
            #expect(data.notes == ["Read from \(folder.path)/datasets/small/small.tar.gz."])
        }
        #expect(server.requests == ["small.tar.gz"])
    }

    @Test func `the known sets go by their names`() {
        for (name, known) in [("cifar10", "cifar10"), ("CIFAR-10", "cifar10"), ("cifar-100", "cifar100")] {
            #expect(KnownDataSet.named(name)?.name == known)
        }
        #expect(KnownDataSet.named("cifar") == nil)
    }

    @Test(.enabled(if: TestData.path("cifar10") != nil, "the real pictures are not there"))
    func `a truncated collection of the real pictures is read`() throws {
        let path = try #require(TestData.path("cifar10"))
        let data = try DataSet.open(path, options: .undivided)
        #expect(data.splits.mapValues(\.entries.count) == [.training: 4000, .test: 1000])
        // The first training picture is a frog, the first test picture a cat (the data set's own page).
        #expect(data.splits[.training].map { data.classes[$0.entries[0].label] } == "frog")
        #expect(data.splits[.test].map { data.classes[$0.entries[0].label] } == "cat")
    }
}
