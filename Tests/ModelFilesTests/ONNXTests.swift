// Initialisers out of ONNX files, written here field by field as the format has them.

import FoveaModelFiles
import FoveaTensorCore
import Foundation
import Testing

@Suite struct ONNXTests {
    private static func number(_ value: Int) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        repeat {
            bytes.append(UInt8(rest & 127) | (rest > 127 ? 128 : 0))
            rest >>= 7
        } while rest > 0
        return bytes
    }

    private static func field(_ number: Int, _ value: Int) -> [UInt8] { Self.number(number << 3) + Self.number(value) }

    private static func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
        Self.number(number << 3 | 2) + Self.number(bytes.count) + bytes
    }

    private static func bytes(_ floats: [Float]) -> [UInt8] {
        floats.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    }

    /// A model with these initialisers.
    private static func model(_ tensors: [[UInt8]]) -> [UInt8] {
        let graph = tensors.reduce(field(2, Array("graph".utf8))) { $0 + field(5, $1) }
        return field(1, 8) + field(2, Array("a producer".utf8)) + field(7, graph) + field(8, field(2, 17))
    }

    @Test func `elements are read as raw bytes, as floats and as half floats`() throws {
        let values: [Float] = [1, -2, 0.5, 4, 8, -0.25]
        let raw =
            Self.field(1, 2) + Self.field(1, 3) + Self.field(2, 1) + Self.field(8, Array("a".utf8))
            + Self.field(9, Self.bytes(values))
        let packed =
            Self.field(1, Self.number(3) + Self.number(2)) + Self.field(2, 1) + Self.field(4, Self.bytes(values))
            + Self.field(8, Array("b".utf8))
        // 1 and -2 as half floats; the type stands behind the elements.
        let half =
            Self.field(1, 2) + Self.field(9, [0x00, 0x3C, 0x00, 0xC0]) + Self.field(2, 10)
            + Self.field(8, Array("c".utf8))
        let counter = Self.field(2, 7) + Self.field(7, Self.number(5)) + Self.field(8, Array("n".utf8))
        let folder = try TemporaryFolder()
        let weights = try NamedWeights(path: folder.write("a.onnx", Self.model([raw, packed, half, counter])))
        #expect(weights.entries.map(\.name) == ["a", "b", "c", "n"])
        #expect(try weights.tensor("a") == Tensor([2, 3], values))
        #expect(try weights.tensor("b") == Tensor([3, 2], values))
        #expect(try weights.tensor("c") == Tensor([2], [1, -2]))
        #expect(throws: Failure.self) { try weights.tensor("n") }
    }

    @Test func `a shape that its elements do not fill, and elements in other files, are refused`() throws {
        let folder = try TemporaryFolder()
        let short =
            Self.field(1, 4) + Self.field(2, 1) + Self.field(9, Self.bytes([1])) + Self.field(8, Array("w".utf8))
        let failure = #expect(throws: Failure.self) {
            try NamedWeights(path: folder.write("s.onnx", Self.model([short])))
        }
        #expect(failure?.message.contains("w has 1 elements, its shape [4] wants others") == true)
        let away = Self.field(1, 4) + Self.field(2, 1) + Self.field(8, Array("w".utf8)) + Self.field(14, 1)
        let other = #expect(throws: Failure.self) { try NamedWeights(path: folder.write("a.onnx", Self.model([away]))) }
        #expect(other?.message.contains("lie in another file") == true)
        let none = #expect(throws: Failure.self) { try NamedWeights(path: folder.write("n.onnx", Self.model([]))) }
        #expect(none?.message.contains("without initialisers") == true)
    }
}
