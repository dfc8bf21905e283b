// The safetensors reader and writer: what they keep, and every way in which a file is refused.

import Foundation
import FoveaModelFiles
import FoveaTensorCore
import Testing

@Suite struct SafeTensorsTests {
    @Test func `what is written is read back, in order and bit for bit`() throws {
        let folder = try TemporaryFolder()
        let tensors = sampleModel().tensors
        let metadata = ["quote\"": "line\nbreak \u{1} \\ é"]
        try SafeTensors.write(tensors, metadata: metadata, to: folder.file("a"))
        let file = try SafeTensors(path: folder.file("a"))
        #expect(Set(file.entries.map(\.name)) == Set(tensors.map(\.name)))
        #expect(file.metadata == metadata)
        #expect(file.headerBytes.count % 64 == 0)
        for (name, tensor) in tensors {
            let read = try file.tensor(name)
            #expect(read.shape == tensor.shape)
            #expect(read.elements.map(\.bitPattern) == tensor.elements.map(\.bitPattern))
        }
        #expect(
            failure { _ = try file.tensor("conv.wieght") }?.description
                == "\(folder.file("a")): there is no tensor conv.wieght\nThere is conv.weight.")
    }

    @Test func `all float types are read as floats and whole numbers are refused`() throws {
        let folder = try TemporaryFolder()
        let header =
            #"{"d":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},"#
            + #""b":{"dtype":"BF16","shape":[2],"data_offsets":[16,20]},"#
            + #""h":{"dtype":"F16","shape":[2],"data_offsets":[20,24]},"#
            + #""i":{"dtype":"I64","shape":[],"data_offsets":[24,32]}}"#
        var bytes = safeTensors(header, dataByteCount: 0)
        for value in [0.1, -1e300] { withUnsafeBytes(of: value) { bytes += $0 } }
        for value in [0x3F80, 0xC040, 0x3C00, 0x0001] as [UInt16] { withUnsafeBytes(of: value) { bytes += $0 } }
        try write(bytes + [UInt8](repeating: 0, count: 8), to: folder.file("a"))
        let file = try SafeTensors(path: folder.file("a"))
        #expect(try file.tensor("d").elements == [Float(0.1), -.infinity])
        #expect(try file.tensor("b").elements == [1, -3])
        #expect(try file.tensor("h").elements == [1, 0x1p-24])
        #expect(failure { _ = try file.tensor("i") }?.message.contains("i holds whole numbers (I64)") == true)
    }

    #if !(os(macOS) && arch(x86_64))
        @Test func `every half number is converted exactly`() throws {
            let folder = try TemporaryFolder()
            let all = (0...UInt16.max).map { $0 }
            let header = #"{"h":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}}"#
            let bytes = safeTensors(header, dataByteCount: 0) + all.withUnsafeBytes { [UInt8]($0) }
            try write(bytes, to: folder.file("a"))
            let read = try SafeTensors(path: folder.file("a")).tensor("h").elements
            for (bits, value) in zip(all, read) {
                let expected = Float(Float16(bitPattern: bits))
                #expect(value.isNaN ? expected.isNaN : value.bitPattern == expected.bitPattern)
            }
        }
    #endif

    static let refusals: [(header: String, dataByteCount: Int, message: String)] = [
        ("[]", 0, "the header is no JSON object"), ("{", 0, "the header is damaged at byte 1"),
        (#"{"a":1}"#, 0, "a: its description is no JSON object"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}"#, 4, "a: its description holds \"x\""),
        (#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, 4, "a: it has no dtype"),
        (#"{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}"#, 1, "a: its element type F8_E4M3 is not known"),
        (#"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#, 4, "a: it has no shape"),
        (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "a: its shape holds what is no whole number"),
        (#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, 4, "a: its shape holds what is no whole number"),
        (
            #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#, 4,
            "a: its shape is larger than any memory"
        ),
        (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "a: its data_offsets are not two whole numbers in order"),
        (
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4,
            "a: its data_offsets are not two whole numbers"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4,
            "a: its data_offsets are not two whole numbers"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4,
            "a: (2) of F32 takes 8 bytes, its data_offsets span 4"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 7,
            "a ends at byte 8 of the data, the file's end at 7"
        ),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 6, "2 bytes after the last tensor belong to no"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "4 bytes before a belong to no tensor"),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
            8, "a and b share bytes"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
            8, "the key \"a\" stands twice"
        ),
        (#"{"__metadata__":[]}"#, 0, "__metadata__ is no JSON object"),
        (#"{"__metadata__":{"k":1}}"#, 0, "__metadata__ holds \"k\", which is no text"),
        (#"{"__metadata__":{"k":"1","k":"2"}}"#, 0, "the key \"k\" stands twice"),
    ]

    @Test(arguments: refusals.indices)
    func `a header that does not fit is refused with its reason`(index: Int) throws {
        let (header, dataByteCount, message) = Self.refusals[index]
        let folder = try TemporaryFolder()
        try write(safeTensors(header, dataByteCount: dataByteCount), to: folder.file("a"))
        let found = failure { _ = try SafeTensors(path: folder.file("a")) }
        #expect(found?.kind == .model)
        #expect(found?.message.contains(message) == true, "\(found?.message ?? "nothing was thrown")")
        #expect(found?.message.hasPrefix(folder.file("a")) == true)
        #expect(found?.advice != nil)
    }

    @Test func `files of other kinds are called by their names`() throws {
        let folder = try TemporaryFolder()
        let cases: [([UInt8], String)] = [
            ([], "has 0 bytes"), ([UInt8](repeating: 0xFF, count: 100), "its header claims 18446744073709551615 bytes"),
            ([100, 0, 0, 0, 0, 0, 0, 0, 0x7B], "its header claims 100 bytes, the file has 9"),
            (Array("PK\u{3}\u{4}aaaaaaaaaaaa".utf8), "is a PyTorch file or another ZIP archive"),
            (Array("version https://git-lfs".utf8), "is a Git LFS pointer"),
            (Array("<!DOCTYPE html>".utf8), "is a web page"),
        ]
        for (bytes, message) in cases {
            try write(bytes, to: folder.file("a"))
            let found = failure { _ = try SafeTensors(path: folder.file("a")) }
            #expect(found?.message.contains(message) == true, "\(found?.message ?? "nothing was thrown")")
        }
        #expect(failure { _ = try SafeTensors(path: folder.path) }?.message == "\(folder.path): is no file")
        #expect(
            failure { _ = try SafeTensors(path: folder.file("none")) }?.message
                == "\(folder.file("none")): cannot be opened: No such file or directory")
    }

    @Test func `two tensors of one name are not written`() throws {
        let folder = try TemporaryFolder()
        let tensor = Tensor<Float>([1], [1])
        #expect(
            failure { try SafeTensors.write([("a", tensor), ("a", tensor)], to: folder.file("a")) }?.message
                == "a: there are two tensors of this name, a file can hold one")
        #expect(try folder.names.isEmpty)
    }

    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["FOVEA_TEST_PYTHON"] != nil,
            "set FOVEA_TEST_PYTHON to a python3 with safetensors and numpy"))
    func `Python's safetensors reads the same tensors and metadata, and we read Python's file`() throws {
        let folder = try TemporaryFolder()
        let model = sampleModel()
        try model.save(to: folder.file("a.fovea"))
        let script = """
            import json, sys
            from safetensors import safe_open
            from safetensors.numpy import save_file
            with safe_open(sys.argv[1], "numpy") as file:
                card = json.loads(file.metadata()["fovea.card"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}
            assert card["classes"][1] == 'löwenzahn "gelb"', card["classes"]
            save_file(tensors, sys.argv[2], metadata={"by": "Python"})
            """
        let process = Process()
        process.executableURL = URL(
            fileURLWithPath: ProcessInfo.processInfo.environment["FOVEA_TEST_PYTHON"] ?? "/usr/bin/python3")
        process.arguments = ["-c", script, folder.file("a.fovea"), folder.file("b")]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let file = try SafeTensors(path: folder.file("b"))
        #expect(file.metadata == ["by": "Python"])
        #expect(file.entries.count == model.tensors.count)
        for (name, tensor) in model.tensors {
            let read = try file.tensor(name)
            #expect(read.shape == tensor.shape)
            #expect(read.elements.map(\.bitPattern) == tensor.elements.map(\.bitPattern))
        }
    }
}
