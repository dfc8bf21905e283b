// The element types of weight files as floats, bit for bit: written out because Swift has no Float16 on every platform.
// Bytes are little endian, as in the files and on every machine Fovea runs on.

import FoveaTensorCore

/// Conversion of stored elements to `Float`.
enum FloatConversion {
    /// `count` elements of `type`; nil if the type holds whole numbers. `bytes` belongs to the caller.
    static func floats(_ bytes: UnsafeRawBufferPointer, of type: DataType, count: Int) -> [Float]? {
        func all<Element>(_: Element.Type, _ convert: (Element) -> Float) -> [Float] {
            [Float](unsafeUninitializedCapacity: count) { buffer, filled in
                for index in 0..<count {
                    let element = bytes.loadUnaligned(
                        fromByteOffset: index * MemoryLayout<Element>.size, as: Element.self)
                    buffer.initializeElement(at: index, to: convert(element))
                }
                filled = count
            }
        }
        return switch type {
        case .f64: all(Double.self) { Float($0) }
        case .f32: all(Float.self) { $0 }
        case .f16: all(UInt16.self, half)
        case .bf16: all(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
        case .s64, .s32, .s8, .u8: nil
        }
    }

    /// The float of the same value as an IEEE 754 binary16, which every one has.
    static func half(_ bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10) & 0x1F
        let fraction = UInt32(bits & 0x3FF)
        switch exponent {
        case 0:
            // Zero and subnormal numbers: fraction * 2^-24.
            let magnitude = Float(fraction) * 0x1p-24
            return Float(bitPattern: sign | magnitude.bitPattern)
        case 0x1F: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }
}
