// Reads golden files: little-endian f32 or f64 tensors behind a JSON index, in the layout of safetensors
// (8 bytes length of the index, index, data), which the scripts in Tests/Golden write.

import Foundation
import FoveaTensorCore

/// The tensors of one golden file, by name, and the text that came with them.
package struct TensorFile: Sendable {
    /// Those in f32.
    package let tensors: [String: Tensor<Float>]
    /// Those in f64.
    package let doubles: [String: Tensor<Double>]
    /// The index's `__metadata__`.
    package let metadata: [String: String]

    /// The folder of committed goldens.
    package static let goldenFolder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Golden")

    /// Reads a whole file. Throws a `Failure` that names it if it is damaged.
    package init(_ url: URL) throws {
        let data = try Data(contentsOf: url)
        func damaged(_ what: String) -> Failure { Failure(.data, "\(url.lastPathComponent): \(what)") }
        guard data.count >= 8 else { throw damaged("\(data.count) bytes are no golden file") }
        let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= data.count - 8 else { throw damaged("the index is cut off") }
        let body = data.dropFirst(8 + length)
        guard let index = try JSONSerialization.jsonObject(with: data.dropFirst(8).prefix(length)) as? [String: Any]
        else {
            throw damaged("the index is no JSON object")
        }
        metadata = index["__metadata__"] as? [String: String] ?? [:]
        var tensors: [String: Tensor<Float>] = [:]
        var doubles: [String: Tensor<Double>] = [:]
        for (name, entry) in index where name != "__metadata__" {
            guard let entry = entry as? [String: Any], let type = entry["dtype"] as? String,
                let size = ["F32": 4, "F64": 8][type],
                let shape = (entry["shape"] as? [Int]).map(Shape.init(_:)),
                let offsets = entry["data_offsets"] as? [Int], offsets.count == 2,
                offsets[1] - offsets[0] == shape.count * size, offsets[0] >= 0, offsets[1] <= body.count
            else { throw damaged("\(name) is not described as f32 or f64") }
            let bytes = body.dropFirst(offsets[0]).prefix(shape.count * size)
            bytes.withUnsafeBytes { raw in
                func elements<Element: BitwiseCopyable>(_ type: Element.Type) -> [Element] {
                    (0..<shape.count).map { raw.loadUnaligned(fromByteOffset: $0 * size, as: type) }
                }
                if size == 4 {
                    tensors[name] = Tensor(shape, elements(UInt32.self).map { Float(bitPattern: $0.littleEndian) })
                } else {
                    doubles[name] = Tensor(shape, elements(UInt64.self).map { Double(bitPattern: $0.littleEndian) })
                }
            }
        }
        self.tensors = tensors
        self.doubles = doubles
    }
}
