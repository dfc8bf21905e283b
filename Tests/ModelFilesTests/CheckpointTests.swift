// Checkpoints of PyTorch: what it writes is read, and what only looks like it is refused. Files and their generator stand in
// Tests/Golden/checkpoints.py.

import FoveaModelFiles
import FoveaTensorCore
import Foundation
import Testing

@Suite struct CheckpointTests {
    static func path(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Golden/checkpoints/\(name)").path
    }

    /// Element i of tensor number n is (i + n - 5) / 8.
    static let expected: [(name: String, tensor: Tensor<Float>)] = [
        ("conv1.weight", [4, 3, 3, 3], 0), ("bn1.weight", [4], 1), ("fc.weight", [5, 4], 2), ("fc.bias", [5], 3),
    ].map { name, shape, number in
        let shape = Shape(shape)
        return (name, Tensor(shape, (0..<shape.count).map { Float($0 + number - 5) / 8 }))
    }

    @Test(arguments: [
        "zip.pth", "legacy.th", "protocol-3.pth", "protocol-4.pth", "protocol-5.pth", "half.pth", "bfloat16.pth",
        "double.th", "parallel.pth", "compiled.pth", "two-sets.pth", "both-ema.pth", "parameters.pth", "strided.pth",
        "strided.th", "big-endian.pth",
    ])
    func `every form that PyTorch saves weights in gives the same tensors`(_ name: String) throws {
        let weights = try NamedWeights(path: Self.path(name))
        for (name, tensor) in Self.expected {
            let read = try weights.tensor(name)
            #expect(read.shape == tensor.shape)
            #expect(read.elements == tensor.elements, "\(name)")
        }
        #expect(
            weights.entries.map(\.name).sorted()
                == (Self.expected.map(\.name) + ["bn1.num_batches_tracked"]).sorted())
    }

    @Test func `what was taken and what was cut off is said`() throws {
        func notes(_ name: String) throws -> [String] {
            try NamedWeights(path: Self.path(name)).notes.map {
                $0.replacing(Self.path(name), with: name)
            }
        }
        #expect(try notes("zip.pth").isEmpty)
        #expect(
            try notes("two-sets.pth") == [
                "two-sets.pth: the weights are those under \"state_dict_ema\"; left out: state_dict"
            ])
        #expect(
            try notes("parallel.pth") == [
                "parallel.pth: the weights are those under \"state_dict\"",
                "parallel.pth: \"module.\" was cut off before every name",
            ])
        #expect(
            try notes("compiled.pth").last == "compiled.pth: \"_orig_mod.module.\" was cut off before every name")
    }

    @Test func `whole numbers are no weights`() throws {
        let weights = try NamedWeights(path: Self.path("zip.pth"))
        #expect(weights.entries.first { $0.name == "bn1.num_batches_tracked" }?.isFloat == false)
        let failure = #expect(throws: Failure.self) { try weights.tensor("bn1.num_batches_tracked") }
        #expect(failure?.message.contains("int64") == true)
    }

    @Test(arguments: [
        ("os-system", "posix.system"), ("eval", "builtins.eval"), ("nested", "builtins.getattr"),
    ])
    func `a pickle that calls something is refused by its name, and calls nothing`(
        _ file: String, _ name: String
    ) throws {
        for form in ["-0.bin", "-2.bin", "-4.bin", ".pth", ".th"] {
            let failure = #expect(throws: Failure.self) { try NamedWeights(path: Self.path(file + form)) }
            let message = (failure?.message ?? "").replacing("__builtin__", with: "builtins")
            #expect(message.contains("wants to make a \(name)"), "\(file + form): \(message)")
            #expect(failure?.kind == .model)
        }
        #expect(!FileManager.default.fileExists(atPath: "fovea-was-here"))
    }

    @Test(arguments: [
        ("inner.pth", "builtins.exec"), ("inner.th", "builtins.exec"),
        ("whole-module.pth", "torch.nn.modules.linear.Linear"), ("quantized.pth", "_rebuild_qtensor"),
        ("program.pt", "TorchScript program"), ("bomb.pth", "is compressed"), ("expanded.pth", "made to fill memory"),
        ("beyond.pth", "reaches beyond its storage"), ("no-weights.pth", "there are no weights in it"),
    ])
    func `what is no file of plain weights is refused by name`(_ file: String, _ reason: String) throws {
        let failure = #expect(throws: Failure.self) { try NamedWeights(path: Self.path(file)) }
        let message = (failure?.message ?? "").replacing("__builtin__", with: "builtins")
        #expect(message.contains(reason), "\(message)")
        #expect(failure?.advice != nil)
    }

    @Test(arguments: [
        ("short.pth", "has 8 bytes, too few"), ("claimed.pth", "has 4 bytes, too few"), ("missing.pth", "is missing"),
    ])
    func `a storage that is not there is named when it is read`(_ file: String, _ reason: String) throws {
        let weights = try NamedWeights(path: Self.path(file))
        let failure = #expect(throws: Failure.self) { try weights.tensor("w") }
        #expect(failure?.message.contains(reason) == true)
    }

    @Test(arguments: ["zip.pth", "legacy.th", "half.pth", "strided.th", "protocol-5.pth"])
    func `a checkpoint that is cut or changed anywhere is read or refused, and nothing else`(_ name: String) throws {
        let folder = try TemporaryFolder()
        let whole = [UInt8](try Data(contentsOf: URL(filePath: Self.path(name))))
        var refused = 0
        for step in stride(from: 0, to: whole.count, by: max(1, whole.count / 150)) {
            for bytes in [Array(whole[..<step]), whole.replaced(at: step, by: whole[step] ^ 0xFF)] {
                let path = try folder.write("broken", bytes)
                do {
                    let weights = try NamedWeights(path: path)
                    for entry in weights.entries { _ = try weights.tensor(entry.name) }
                } catch is Failure { refused += 1 }
            }
        }
        #expect(refused > 100)
    }

    @Test func `containers a million deep, and in circles, are read and let go`() throws {
        let folder = try TemporaryFolder()
        // A tuple in a tuple in a tuple; a list in a list that is remembered and filled afterwards; a list in itself.
        let tuples = [0x80, 2, UInt8(ascii: ")")] + [UInt8](repeating: 0x85, count: 1_000_000) + [UInt8(ascii: ".")]
        let lists =
            [0x80, 4] + [UInt8](repeating: UInt8(ascii: "]"), count: 500_000)
            + [UInt8](repeating: UInt8(ascii: "a"), count: 499_999) + [UInt8(ascii: ".")]
        let circle: [UInt8] = [0x80, 4, 0x5D, 0x94, 0x68, 0, 0x61, 0x2E]
        for bytes in [tuples, lists, circle] {
            let path = try folder.write("deep.th", bytes)
            let failure = #expect(throws: Failure.self) { try NamedWeights(path: path) }
            #expect(failure?.message.contains("not one of torch.save") == true)
        }
    }

    @Test func `a text of more bytes than there are is refused before it is read`() throws {
        // A pickle of protocol 2 that promises a text of two gigabytes.
        let folder = try TemporaryFolder()
        let path = try folder.write("large.th", [0x80, 2, UInt8(ascii: "X"), 0xFF, 0xFF, 0xFF, 0x7F, 65, 46])
        let failure = #expect(throws: Failure.self) { try NamedWeights(path: path) }
        #expect(failure?.message.contains("ends within a value") == true)
    }
}

extension [UInt8] {
    fileprivate func replaced(at index: Int, by byte: UInt8) -> [UInt8] {
        var copy = self
        copy[index] = byte
        return copy
    }
}
