// The header of a safetensors file: which tensors it holds, where they lie, and a map of texts. Reading is strict: every
// byte of the data belongs to exactly one tensor, and whatever does not fit is refused with its name.
// Format: huggingface.co/docs/safetensors, "Format": 8 bytes length (little endian), JSON, then the tensors' bytes.

import FoveaTensorCore

/// What stands before the tensors' bytes.
package struct SafeTensorsHeader: Sendable, Equatable {
    /// One tensor of a file.
    package struct Entry: Sendable, Equatable {
        /// The parameter's name, such as `layer1.0.conv1.weight`.
        package let name: String
        package let dataType: DataType
        package let shape: Shape
        /// Where its bytes lie, counted from the end of the header.
        package let bytes: Range<Int>
    }

    /// The longest header that is read, in bytes; the limit of the reference implementation.
    package static let byteLimit = 100_000_000
    /// Bytes of the length that stands first.
    package static let lengthByteCount = 8
    /// The tensors' bytes start at a multiple of this; the header is padded with spaces.
    static let alignment = 64

    /// The tensors in the order of their bytes.
    package let entries: [Entry]
    /// The texts under `__metadata__`.
    package let metadata: [String: String]

    /// Reads a header. `bytes` is the JSON, `dataByteCount` what follows it in the file, `file` the name for messages.
    package init(json bytes: UnsafeRawBufferPointer, dataByteCount: Int, file: String) throws {
        let root: JSONValue
        do {
            root = try StrictJSON.parse(bytes)
        } catch {
            throw Failure(
                .model, "\(file): the header is damaged at byte \(error.offset): \(error.reason)",
                advice: Self.copyAgain)
        }
        guard case .object(let members) = root else {
            throw Failure(.model, "\(file): the header is no JSON object", advice: Self.copyAgain)
        }
        var entries: [Entry] = []
        var metadata: [String: String] = [:]
        for (name, value) in members {
            if name == "__metadata__" {
                metadata = try Self.texts(value, file: file)
            } else {
                entries.append(try Self.entry(name, value, file: file))
            }
        }
        entries.sort {
            ($0.bytes.lowerBound, $0.bytes.upperBound, $0.name) < ($1.bytes.lowerBound, $1.bytes.upperBound, $1.name)
        }
        try Self.checkCover(entries, dataByteCount: dataByteCount, file: file)
        self.entries = entries
        self.metadata = metadata
    }

    static let copyAgain = "The file is damaged or was not copied completely: copy or download it again."

    private static func texts(_ value: JSONValue, file: String) throws -> [String: String] {
        guard case .object(let members) = value else {
            throw Failure(.model, "\(file): __metadata__ is no JSON object", advice: copyAgain)
        }
        return try members.reduce(into: [:]) { texts, member in
            guard case .string(let text) = member.value else {
                throw Failure(
                    .model, "\(file): __metadata__ holds \"\(member.key)\", which is no text", advice: copyAgain)
            }
            texts[member.key] = text
        }
    }

    private static func entry(_ name: String, _ value: JSONValue, file: String) throws -> Entry {
        func wrong(_ reason: String) -> Failure { Failure(.model, "\(file): \(name): \(reason)", advice: copyAgain) }
        guard case .object(let members) = value else { throw wrong("its description is no JSON object") }
        if let stranger = members.keys.filter({ !["dtype", "shape", "data_offsets"].contains($0) }).min() {
            throw wrong("its description holds \"\(stranger)\", which safetensors does not have")
        }
        guard case .string(let typeName) = members["dtype"] else { throw wrong("it has no dtype") }
        guard let dataType = DataType(rawValue: typeName) else {
            throw Failure(
                .model, "\(file): \(name): its element type \(typeName) is not known here",
                advice: "Save it as one of \(DataType.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        guard case .array(let extents) = members["shape"] else { throw wrong("it has no shape") }
        var count = dataType.byteCount
        var dimensions: [Int] = []
        for extent in extents {
            guard case .integer(let extent) = extent, extent >= 0 else {
                throw wrong("its shape holds what is no whole number of 0 or more")
            }
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw wrong("its shape is larger than any memory") }
            count = product
            dimensions.append(extent)
        }
        guard case .array(let offsets) = members["data_offsets"], offsets.count == 2,
            case .integer(let start) = offsets[0], case .integer(let end) = offsets[1], 0 <= start, start <= end
        else { throw wrong("its data_offsets are not two whole numbers in order") }
        let shape = Shape(dimensions)
        guard end - start == count else {
            throw wrong("\(shape) of \(typeName) takes \(count) bytes, its data_offsets span \(end - start)")
        }
        return Entry(name: name, dataType: dataType, shape: shape, bytes: start..<end)
    }

    /// Refuses gaps, overlaps and bytes that are missing or belong to nobody. `entries` are in order.
    private static func checkCover(_ entries: [Entry], dataByteCount: Int, file: String) throws {
        var end = 0
        var before: String?
        for entry in entries {
            let start = entry.bytes.lowerBound
            if start < end, let before {
                throw Failure(.model, "\(file): \(before) and \(entry.name) share bytes", advice: copyAgain)
            }
            guard start == end else {
                throw Failure(
                    .model, "\(file): \(start - end) bytes before \(entry.name) belong to no tensor", advice: copyAgain)
            }
            guard entry.bytes.upperBound <= dataByteCount else {
                throw Failure(
                    .model,
                    "\(file): \(entry.name) ends at byte \(entry.bytes.upperBound) of the data, the file's end at "
                        + "\(dataByteCount)", advice: copyAgain)
            }
            end = entry.bytes.upperBound
            before = entry.name
        }
        guard end == dataByteCount else {
            throw Failure(
                .model, "\(file): \(dataByteCount - end) bytes after the last tensor belong to no tensor",
                advice: copyAgain)
        }
    }
}

extension SafeTensorsHeader {
    /// The bytes that stand before the data: length, JSON and padding, for tensors that lie in this order.
    static func bytes(of tensors: [StoredTensor], metadata: [String: String]) throws -> [UInt8] {
        var json = "{"
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            json += "\"__metadata__\":{" + texts.joined(separator: ",") + "}"
        }
        var names: Set<String> = ["__metadata__"]
        var offset = 0
        for tensor in tensors {
            let (name, shape) = (tensor.name, tensor.shape)
            guard names.insert(name).inserted else {
                throw Failure(.work, "\(name): there are two tensors of this name, a file can hold one")
            }
            let end = offset + shape.count * tensor.dataType.byteCount
            let extents = shape.dimensions.map(String.init).joined(separator: ",")
            json += json == "{" ? "" : ","
            json += "\(quoted(name)):{\"dtype\":\"\(tensor.dataType.rawValue)\",\"shape\":[\(extents)],"
            json += "\"data_offsets\":[\(offset),\(end)]}"
            offset = end
        }
        json += "}"
        var bytes = Array(json.utf8)
        let padding = (alignment - (bytes.count + lengthByteCount) % alignment) % alignment
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: padding))
        guard bytes.count <= byteLimit else {
            throw Failure(.work, "the header would take \(bytes.count) bytes, a file can hold \(byteLimit)")
        }
        return (0..<lengthByteCount).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) } + bytes
    }

    /// `text` as a JSON string.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
