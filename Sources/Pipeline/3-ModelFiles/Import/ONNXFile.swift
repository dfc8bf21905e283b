// The initialisers of an ONNX file: its weights under their names, without its graph. A reader of the few protobuf fields
// that lead there (onnx.proto: ModelProto.graph, GraphProto.initializer, TensorProto); everything else is passed over.
// Refuses tensors whose elements lie in other files.

import FoveaTensorCore

/// An opened ONNX file.
struct ONNXFile {
    /// Its initialisers.
    let weights: NamedWeights

    /// Numbers of the fields in onnx.proto.
    private enum Field {
        static let graph = 7
        static let initializer = 5
        static let dims = 1
        static let dataType = 2
        static let floats = 4
        static let name = 8
        static let raw = 9
        static let doubles = 10
        static let location = 14
    }

    /// Whether a file may be one: its first field is the version, and the message goes on to its end.
    static func mayBe(_ bytes: WeightBytes) -> Bool {
        guard let first = try? bytes.read(0..<min(2, bytes.count)), first.count == 2, first[0] == 0x08 else {
            return false
        }
        var reader = ProtobufReader(bytes, 0..<bytes.count)
        while !reader.isAtEnd { guard (try? reader.field()) != nil else { return false } }
        return true
    }

    /// Reads names and shapes. Throws a `Failure` of kind `.model`.
    init(_ bytes: WeightBytes) throws {
        var entries: [NamedWeights.Entry] = []
        var model = ProtobufReader(bytes, 0..<bytes.count)
        while !model.isAtEnd {
            guard case (Field.graph, .bytes(let range)) = try model.field() else { continue }
            var graph = ProtobufReader(bytes, range)
            while !graph.isAtEnd {
                guard case (Field.initializer, .bytes(let range)) = try graph.field() else { continue }
                entries.append(try Self.entry(bytes, range))
            }
        }
        guard !entries.isEmpty else {
            throw Failure(
                .model, "\(bytes.path): is an ONNX file without initialisers: there are no weights in it",
                advice: "Export the network with its parameters.")
        }
        weights = NamedWeights(file: bytes.path, entries: entries)
    }

    private static func entry(_ bytes: WeightBytes, _ range: Range<Int>) throws -> NamedWeights.Entry {
        var name = ""
        var extents: [Int] = []
        var type = 0
        var places: [(Range<Int>, DataType)] = []
        var reader = ProtobufReader(bytes, range)
        while !reader.isAtEnd {
            switch try reader.field() {
            case (Field.dims, .number(let extent)): extents.append(extent)
            case (Field.dims, .bytes(let packed)):
                var numbers = ProtobufReader(bytes, packed)
                while !numbers.isAtEnd { extents.append(try numbers.number()) }
            case (Field.dataType, .number(let number)): type = number
            case (Field.name, .bytes(let text)): name = String(decoding: try bytes.read(text), as: UTF8.self)
            case (Field.floats, .bytes(let packed)): places.append((packed, .f32))
            case (Field.floats, .fixed(let single)): places.append((single, .f32))
            case (Field.doubles, .bytes(let packed)): places.append((packed, .f64))
            case (Field.raw, .bytes(let raw)): places.append((raw, dataType(type) ?? .f32))
            case (Field.location, .number(1)):
                throw Failure(
                    .model, "\(bytes.path): the elements of \(name.printable) lie in another file",
                    advice: "Save it in one piece: onnx.save(onnx.load(FILE), \"whole.onnx\").")
            default: break
            }
        }
        // The type may stand behind the elements.
        let isFloat = dataType(type) != nil
        let element = dataType(type) ?? .f32
        if places.count == 1, element == .f16 || element == .bf16 || element == .f64 { places[0].1 = element }
        let (count, fits) = extents.reduce((1, true)) { result, extent in
            let (product, overflow) = result.0.multipliedReportingOverflow(by: max(1, extent))
            return (overflow ? 1 : product, result.1 && !overflow && extent >= 0)
        }
        let held = places.reduce(0) { $0 + $1.0.count / $1.1.byteCount }
        guard fits, !isFloat || extents.contains(0) || held == count else {
            throw Failure(
                .model, "\(bytes.path): \(name.printable) has \(held) elements, its shape \(extents) wants others",
                advice: SafeTensorsHeader.copyAgain)
        }
        let shape = Shape(extents)
        let (kept, called) = (places, name)
        return NamedWeights.Entry(name: name, shape: shape, isFloat: isFloat) {
            guard isFloat else {
                throw Failure(
                    .model, "\(bytes.path): \(called.printable) holds whole numbers, not weights",
                    advice: "Weights are float64, float32, float16 or bfloat16.")
            }
            var elements: [Float] = []
            for (place, type) in kept {
                let raw = try bytes.read(place)
                elements += raw.withUnsafeBytes {
                    FloatConversion.floats($0, of: type, count: raw.count / type.byteCount) ?? []
                }
            }
            return Tensor(shape, shape.count == 0 ? [] : elements)
        }
    }

    /// TensorProto.DataType.
    private static func dataType(_ number: Int) -> DataType? {
        switch number {
        case 1: .f32
        case 10: .f16
        case 11: .f64
        case 16: .bf16
        default: nil
        }
    }
}

/// Takes the fields of a protobuf message one by one (protobuf.dev, "Encoding").
private struct ProtobufReader {
    enum Content {
        case number(Int)
        case bytes(Range<Int>)
        /// 4 or 8 bytes.
        case fixed(Range<Int>)
    }

    private var cursor: ByteCursor
    private let end: Int

    init(_ bytes: WeightBytes, _ range: Range<Int>) {
        cursor = ByteCursor(bytes, range)
        end = range.upperBound
    }

    var isAtEnd: Bool { cursor.position >= end }

    mutating func field() throws -> (Int, Content) {
        let key = try number()
        let field = key >> 3
        switch key & 7 {
        case 0: return (field, .number(try number()))
        case 1: return (field, .fixed(try range(8)))
        case 2: return (field, .bytes(try range(number())))
        case 5: return (field, .fixed(try range(4)))
        default: throw damaged
        }
    }

    /// A number of seven bits a byte.
    mutating func number() throws -> Int {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            let byte = try cursor.byte()
            value |= UInt64(byte & 127) << UInt64(shift)
            if byte < 128 { return Int(truncatingIfNeeded: value) }
        }
        throw damaged
    }

    private mutating func range(_ count: Int) throws -> Range<Int> {
        let start = cursor.position
        try cursor.skip(count)
        return start..<cursor.position
    }

    private var damaged: Failure {
        Failure(
            .model, "\(cursor.file): is damaged at byte \(cursor.position)", advice: SafeTensorsHeader.copyAgain)
    }
}
