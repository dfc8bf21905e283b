// A strict reader of JSON (RFC 8259) for headers that come from anywhere. Unlike Foundation's it refuses a key that
// stands twice in one object, and it is bounded: nesting and the number of values have limits. It repairs nothing.

/// Reads JSON text without tolerance.
package enum StrictJSON {
    /// Objects and arrays inside each other, at most.
    package static let depthLimit = 64
    /// Values in one text, at most: enough for two hundred thousand tensors.
    package static let valueLimit = 4_000_000

    /// What is wrong with a text, and where.
    package struct Problem: Error, Equatable {
        /// Bytes before the mistake.
        package let offset: Int
        /// Half a sentence: `the key "a" stands twice`.
        package let reason: String
    }

    /// The value of a text, which must be UTF-8 and hold nothing else but whitespace.
    package static func parse(_ bytes: UnsafeRawBufferPointer) throws(Problem) -> JSONValue {
        var reader = Reader(bytes: bytes)
        let value = try reader.value(depth: 0)
        reader.skipWhitespace()
        guard reader.position == bytes.count else { throw reader.problem("something follows the value") }
        return value
    }
}

/// The state of one reading. The bytes belong to the caller and outlive it.
private struct Reader {
    let bytes: UnsafeRawBufferPointer
    var position = 0
    var values = 0

    func problem(_ reason: String) -> StrictJSON.Problem { .init(offset: position, reason: reason) }

    /// The next byte, or nil at the end.
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipWhitespace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    mutating func take(_ character: Unicode.Scalar, _ place: String) throws(StrictJSON.Problem) {
        skipWhitespace()
        guard let byte = next else { throw problem("the text ends \(place)") }
        guard UInt32(byte) == character.value else { throw problem("a \"\(character)\" is missing \(place)") }
        position += 1
    }

    mutating func value(depth: Int) throws(StrictJSON.Problem) -> JSONValue {
        skipWhitespace()
        values += 1
        guard values <= StrictJSON.valueLimit else {
            throw problem("there are more than \(StrictJSON.valueLimit) values")
        }
        guard depth < StrictJSON.depthLimit else { throw problem("it is nested deeper than \(StrictJSON.depthLimit)") }
        guard let byte = next else { throw problem("the text ends where a value is expected") }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw problem("this is no value")
        }
    }

    mutating func word(_ word: StaticString, _ value: JSONValue) throws(StrictJSON.Problem) -> JSONValue {
        for offset in 0..<word.utf8CodeUnitCount {
            guard next == word.utf8Start[offset] else { throw problem("this is no value") }
            position += 1
        }
        return value
    }

    mutating func object(depth: Int) throws(StrictJSON.Problem) -> JSONValue {
        position += 1
        var members: [String: JSONValue] = [:]
        skipWhitespace()
        if next == UInt8(ascii: "}") {
            position += 1
            return .object(members)
        }
        while true {
            skipWhitespace()
            let start = position
            guard next == UInt8(ascii: "\"") else { throw problem("a key in quotes is missing") }
            let key = try string()
            try take(":", "after the key \"\(key)\"")
            guard members.updateValue(try value(depth: depth + 1), forKey: key) == nil else {
                throw .init(offset: start, reason: "the key \"\(key)\" stands twice")
            }
            skipWhitespace()
            if next == UInt8(ascii: ",") {
                position += 1
            } else {
                try take("}", "at the end of an object")
                return .object(members)
            }
        }
    }

    mutating func array(depth: Int) throws(StrictJSON.Problem) -> JSONValue {
        position += 1
        var values: [JSONValue] = []
        skipWhitespace()
        if next == UInt8(ascii: "]") {
            position += 1
            return .array(values)
        }
        while true {
            values.append(try value(depth: depth + 1))
            skipWhitespace()
            if next == UInt8(ascii: ",") {
                position += 1
            } else {
                try take("]", "at the end of an array")
                return .array(values)
            }
        }
    }

    mutating func digits() throws(StrictJSON.Problem) {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw problem("a digit is missing") }
    }

    mutating func number() throws(StrictJSON.Problem) -> JSONValue {
        let start = position
        var isWhole = true
        if next == UInt8(ascii: "-") { position += 1 }
        if next == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if next == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isWhole = false
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let whole = Int(text) { return .integer(whole) }
        guard let value = Double(text), value.isFinite else {
            throw problem("the number \(text.prefix(40)) is too large")
        }
        return .number(value)
    }

    mutating func string() throws(StrictJSON.Problem) -> String {
        position += 1
        let start = position
        var decoded: [UInt8]?
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                let text =
                    decoded.map { String(validating: $0, as: UTF8.self) }
                    ?? String(validating: bytes[start..<position], as: UTF8.self)
                guard let text else { throw problem("a text is not UTF-8") }
                position += 1
                return text
            case UInt8(ascii: "\\"):
                if decoded == nil { decoded = Array(bytes[start..<position]) }
                let scalar = try escape()
                decoded?.append(contentsOf: String(scalar).utf8)
            case 0..<0x20: throw problem("a text holds a control character")
            default:
                decoded?.append(byte)
                position += 1
            }
        }
        throw problem("the text ends inside quotes")
    }

    /// What stands behind a backslash; two escapes for one scalar beyond U+FFFF.
    mutating func escape() throws(StrictJSON.Problem) -> Unicode.Scalar {
        position += 1
        guard let byte = next else { throw problem("the text ends inside quotes") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw problem("half a surrogate pair is missing") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw problem("half a surrogate pair is missing") }
            return scalar
        default: throw problem("an escape is unknown")
        }
    }

    mutating func hexadecimal() throws(StrictJSON.Problem) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw problem("four hexadecimal digits are missing")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
