// A model on disk: kept in full, refused when anything of it changed, and never half written.

import Foundation
import FoveaModelFiles
import FoveaModeling
import FoveaTensorCore
import Testing

@Suite struct ModelFileTests {
    @Test func `a model comes back as it was saved`() throws {
        let folder = try TemporaryFolder()
        let model = sampleModel()
        try model.save(to: folder.file("a.fovea"))
        #expect(try folder.names == ["a.fovea"])
        let read = try ModelFile.load(folder.file("a.fovea"))
        #expect(read.card == model.card)
        #expect(try ModelFile.loadCard(folder.file("a.fovea")) == model.card)
        #expect(Set(read.tensors.map(\.name)) == Set(model.tensors.map(\.name)))
        for (name, tensor) in model.tensors {
            let own = try #require(read.tensors.first { $0.name == name }).tensor
            #expect(own.shape == tensor.shape)
            #expect(own.elements.map(\.bitPattern) == tensor.elements.map(\.bitPattern))
        }
    }

    @Test func `saving the same model twice gives the same bytes`() throws {
        let folder = try TemporaryFolder()
        try sampleModel().save(to: folder.file("a.fovea"))
        try sampleModel().save(to: folder.file("b.fovea"))
        #expect(try contents(folder.file("a.fovea")) == contents(folder.file("b.fovea")))
    }

    @Test func `a file cut short at any byte is refused`() throws {
        let folder = try TemporaryFolder()
        try sampleModel().save(to: folder.file("a.fovea"))
        let whole = try contents(folder.file("a.fovea"))
        for count in 0..<whole.count {
            try write(Array(whole.prefix(count)), to: folder.file("b.fovea"))
            let found = failure { _ = try ModelFile.load(folder.file("b.fovea")) }
            #expect(found?.kind == .model && found?.message.hasPrefix(folder.file("b.fovea")) == true, "\(count)")
        }
        try write(whole + [0], to: folder.file("b.fovea"))
        #expect(failure { _ = try ModelFile.load(folder.file("b.fovea")) }?.message.contains("1 bytes after") == true)
    }

    @Test func `any flipped bit is seen, in the header also when only the card is read`() throws {
        let folder = try TemporaryFolder()
        try sampleModel().save(to: folder.file("a.fovea"))
        var bytes = try contents(folder.file("a.fovea"))
        let headerByteCount = try SafeTensors(path: folder.file("a.fovea")).headerBytes.count
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: folder.file("a.fovea")))
        for index in bytes.indices {
            for bit in 0..<8 {
                bytes[index] ^= 1 << bit
                try handle.seek(toOffset: UInt64(index))
                try handle.write(contentsOf: [bytes[index]])
                let found = failure { _ = try ModelFile.load(folder.file("a.fovea")) }
                #expect(found?.kind == .model, "byte \(index), bit \(bit)")
                if index < headerByteCount {
                    #expect(failure { _ = try ModelFile.loadCard(folder.file("a.fovea")) }?.kind == .model)
                } else {
                    #expect(found?.message.contains("their SHA-256 differs") == true)
                }
                bytes[index] ^= 1 << bit
            }
            try handle.seek(toOffset: UInt64(index))
            try handle.write(contentsOf: [bytes[index]])
        }
        _ = try ModelFile.load(folder.file("a.fovea"))
    }

    @Test func `random bytes after a plausible length never crash`() throws {
        let folder = try TemporaryFolder()
        var stream = RandomStream(seed: 1, purpose: .testing)
        let alphabet = Array(#"{}[]",:\0123456789.eE+-truefalsn __metadata__dtypeshapedata_offsetsF32"#.utf8)
        for _ in 0..<3000 {
            let text = (0..<stream.integer(below: 60)).map { _ in alphabet[stream.integer(below: alphabet.count)] }
            let bytes = [UInt8(text.count), 0, 0, 0, 0, 0, 0, 0] + text
            try write(bytes, to: folder.file("a"))
            #expect(failure { _ = try ModelFile.load(folder.file("a")) }?.kind == .model)
        }
    }

    @Test func `a file of a newer version says so`() throws {
        let folder = try TemporaryFolder()
        try SafeTensors.write([], metadata: ["fovea.version": "3"], to: folder.file("a.fovea"))
        #expect(
            failure { _ = try ModelFile.load(folder.file("a.fovea")) }?.description
                == "\(folder.file("a.fovea")): written by a newer Fovea: version 3, this program reads 2\nUpdate Fovea."
        )
        var model = sampleModel()
        model.card.schema = 3
        try model.save(to: folder.file("a.fovea"))
        #expect(
            failure { _ = try ModelFile.loadCard(folder.file("a.fovea")) }?.message.contains("version 3, this program")
                == true)
    }

    @Test func `weights without a card are told from a model`() throws {
        let folder = try TemporaryFolder()
        try SafeTensors.write(sampleModel().tensors, to: folder.file("a"))
        #expect(
            failure { _ = try ModelFile.load(folder.file("a")) }?.message
                == "\(folder.file("a")): holds weights alone, without Fovea's card")
    }

    @Test func `a full disk leaves the old model and nothing else`() throws {
        let folder = try TemporaryFolder()
        try sampleModel().save(to: folder.file("a.fovea"))
        let old = try contents(folder.file("a.fovea"))
        var model = sampleModel()
        model.card.classes[0] = "tulip"
        for room in stride(from: 0, to: old.count, by: 97) {
            let disk = SmallDisk(room: room)
            let found = failure { try model.save(to: folder.file("a.fovea")) { disk.write($0, $1, $2) } }
            #expect(found?.kind == .work)
            #expect(found?.message.contains("No space left on device, after \(room) bytes") == true)
            #expect(try contents(folder.file("a.fovea")) == old)
            #expect(try folder.names == ["a.fovea"])
        }
        let disk = SmallDisk(room: .max)
        try model.save(to: folder.file("a.fovea")) { disk.write($0, $1, $2) }
        #expect(try ModelFile.load(folder.file("a.fovea")).card.classes[0] == "tulip")
    }

    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["FOVEA_TEST_SMALL_FOLDER"] != nil,
            "set FOVEA_TEST_SMALL_FOLDER to a file system of at most 1 MB"))
    func `a disk that is really full leaves the old model and nothing else`() throws {
        let folder = ProcessInfo.processInfo.environment["FOVEA_TEST_SMALL_FOLDER"] ?? ""
        let path = folder + "/a.fovea"
        try sampleModel().save(to: path)
        var large = sampleModel()
        large.tensors.append(("large", Tensor([1_000_000], repeating: 1)))
        #expect(failure { try large.save(to: path) }?.message.contains("No space left on device") == true)
        #expect(try ModelFile.load(path).card == sampleModel().card)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.fovea"])
    }

    @Test func `a folder that is not there, or vanishes while saving, is an error that names the file`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("none/a.fovea")
        #expect(
            failure { try sampleModel().save(to: path) }?.message
                == "\(path): cannot be written: No such file or directory")
        try FileManager.default.createDirectory(atPath: folder.file("none"), withIntermediateDirectories: true)
        let found = failure {
            try sampleModel().save(to: path) { descriptor, bytes, count in
                try? FileManager.default.removeItem(atPath: folder.file("none"))
                return FileReplacement.systemWrite(descriptor, bytes, count)
            }
        }
        #expect(found?.message.contains("No such file or directory") == true)
        #expect(try folder.names.isEmpty)
        #expect(failure { try sampleModel().save(to: folder.path) }?.kind == .usage)
        #expect(failure { try sampleModel().save(to: "") }?.kind == .usage)
    }

    @Test func `saving through a link replaces what it points to`() throws {
        let folder = try TemporaryFolder()
        try write([1], to: folder.file("real.fovea"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link.fovea"), withDestinationPath: folder.file("real.fovea"))
        try sampleModel().save(to: folder.file("link.fovea"))
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("link.fovea")).hasSuffix("real.fovea")
        )
        _ = try ModelFile.load(folder.file("real.fovea"))
    }
}

/// A disk with room for so many bytes; it takes at most 50 at a time and is interrupted now and then.
private final class SmallDisk: @unchecked Sendable {
    // @unchecked: used by one thread.
    private var room: Int
    private var calls = 0

    init(room: Int) { self.room = room }

    func write(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
        calls += 1
        guard calls % 3 != 0 else {
            errno = EINTR
            return -1
        }
        guard room > 0 else {
            errno = ENOSPC
            return -1
        }
        let written = FileReplacement.systemWrite(descriptor, bytes, min(count, room, 50))
        room -= written
        return written
    }
}
