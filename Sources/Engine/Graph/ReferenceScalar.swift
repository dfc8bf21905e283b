// The number types of the reference implementations: Float to compare with kernels, Double to compare with mathematics.

import Foundation

/// A floating-point type with the functions that operators need.
package protocol ReferenceScalar: BinaryFloatingPoint, Sendable {
    static func exp(_ x: Self) -> Self
    static func log(_ x: Self) -> Self
    static func tanh(_ x: Self) -> Self
    static func erf(_ x: Self) -> Self
}

extension Float: ReferenceScalar {
    package static func exp(_ x: Float) -> Float { Foundation.exp(x) }
    package static func log(_ x: Float) -> Float { Foundation.log(x) }
    package static func tanh(_ x: Float) -> Float { Foundation.tanh(x) }
    package static func erf(_ x: Float) -> Float { Foundation.erf(x) }
}

extension Double: ReferenceScalar {
    package static func exp(_ x: Double) -> Double { Foundation.exp(x) }
    package static func log(_ x: Double) -> Double { Foundation.log(x) }
    package static func tanh(_ x: Double) -> Double { Foundation.tanh(x) }
    package static func erf(_ x: Double) -> Double { Foundation.erf(x) }
}
