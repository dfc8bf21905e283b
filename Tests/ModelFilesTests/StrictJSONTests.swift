import FoveaModelFiles
import Foundation
import Testing

@Suite struct StrictJSONTests {
    func parse(_ text: String) throws(StrictJSON.Problem) -> JSONValue { try parse(Array(text.utf8)) }

    func parse(_ bytes: [UInt8]) throws(StrictJSON.Problem) -> JSONValue {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(StrictJSON.Problem) in try StrictJSON.parse(bytes) }
        }
        return try result.get()
    }

    @Test func `every kind of value is read`() throws {
        let text = #" {"a":[1,-2,0.5,1e3,9223372036854775808,true,false,null],"é":{"":"\"\\\/\b\f\n\r\tA😀"}} "#
        let escaped = #"{"k":"\u0041\ud83d\ude00\u00e9"}"#
        #expect(
            try parse(text)
                == .object([
                    "a": .array([
                        .integer(1), .integer(-2), .number(0.5), .number(1000), .number(9_223_372_036_854_775_808),
                        .bool(true), .bool(false), .null,
                    ]),
                    "é": .object(["": .string("\"\\/\u{8}\u{C}\n\r\tA😀")]),
                ]))
        #expect(try parse(escaped) == .object(["k": .string("A😀é")]))
    }

    @Test(arguments: [
        (#"{"a":1,"a":2}"#, "the key \"a\" stands twice"), (#"{"a":1,"\u0061":2}"#, "the key \"a\" stands twice"),
        (#"{"a":{"b":1,"b":1}}"#, "the key \"b\" stands twice"), ("{} {}", "something follows the value"),
        ("", "the text ends where a value is expected"), ("[1,]", "this is no value"), ("[1", "the text ends"),
        ("[01]", "a \"]\" is missing"), ("[1.]", "a digit is missing"), ("[-]", "a digit is missing"),
        ("[1e999]", "is too large"), ("tru", "this is no value"), ("[+1]", "this is no value"),
        ("{a:1}", "a key in quotes is missing"), (#"{"a" 1}"#, "a \":\" is missing"), ("\"a", "ends inside quotes"),
        ("\"\\x\"", "an escape is unknown"), ("\"\\ud800\"", "half a surrogate pair"),
        ("\"\\ud800\\u0041\"", "half a surrogate pair"), ("\"\\udc00\"", "half a surrogate pair"),
        ("\"\\u00g0\"", "four hexadecimal digits"), ("\"\n\"", "a control character"), ("NaN", "this is no value"),
    ])
    func `what is not JSON is refused with its reason`(text: String, reason: String) {
        do {
            let value = try parse(text)
            Issue.record("\(text) was read as \(value)")
        } catch { #expect(error.reason.contains(reason), "\(error.reason)") }
    }

    @Test func `text that is not UTF-8 and nesting without end are refused`() {
        #expect(throws: StrictJSON.Problem.self) { try parse([0x22, 0xFF, 0x22]) }
        #expect(throws: StrictJSON.Problem.self) { try parse(String(repeating: "[", count: 1_000_000)) }
        #expect(throws: StrictJSON.Problem.self) { try parse(String(repeating: "{\"\":", count: 1_000_000)) }
    }

    @Test func `a value survives Foundation's encoder`() throws {
        let value = JSONValue.object([
            "a": .array([.integer(1), .number(0.1), .number(2), .bool(false), .null, .string("x")]), "b": .object([:]),
        ])
        #expect(try JSONDecoder().decode(JSONValue.self, from: try JSONEncoder().encode(value)) == value)
        #expect(try JSONEncoder().encode(JSONValue.array([.number(.nan)])) == Data("[null]".utf8))
    }
}
