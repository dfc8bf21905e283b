// One value of a JSON record whose keys are not known beforehand, as manifests and shards have them: text, a number or a
// truth value is kept as text, anything nested is passed over.

/// A value of a flat JSON record.
struct JSONScalar: Decodable, Sendable, Equatable {
    /// The value as text; nil for null, arrays and objects.
    let text: String?
    /// Whether it is an array or object.
    let isNested: Bool

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            (text, isNested) = (nil, false)
        } else if let value = try? container.decode(String.self) {
            (text, isNested) = (value, false)
        } else if let value = try? container.decode(Bool.self) {
            (text, isNested) = (value ? "true" : "false", false)
        } else if let value = try? container.decode(Int.self) {
            (text, isNested) = (String(value), false)
        } else if let value = try? container.decode(Double.self) {
            (text, isNested) = (String(value), false)
        } else {
            (text, isNested) = (nil, true)
        }
    }
}
