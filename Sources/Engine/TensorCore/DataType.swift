// The element types a tensor may have, in memory and in files.

/// The type of a tensor's elements. Raw values are safetensors' names.
package enum DataType: String, Sendable, Codable, CaseIterable {
    case f64 = "F64"
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case s64 = "I64"
    case s32 = "I32"
    case s8 = "I8"
    case u8 = "U8"

    /// Bytes that one element takes.
    package var byteCount: Int {
        switch self {
        case .f64, .s64: 8
        case .f32, .s32: 4
        case .f16, .bf16: 2
        case .s8, .u8: 1
        }
    }
}
