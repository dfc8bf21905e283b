// The lists of operations of RandAugment and TrivialAugment, with the strengths of torchvision's classes of those names.
// Pixels that a warp brings in are interpolated between neighbours here, where torchvision takes the nearest by default.

import FoveaTensorCore
import Foundation

/// An operation of an automatic augmentation.
package enum AutomaticOperation: String, Sendable, CaseIterable {
    case identity, shearX, shearY, translateX, translateY, rotate, brightness, colour, contrast, sharpness, posterise,
        solarise, autocontrast, equalise

    /// Whether the strength may be negative.
    package var isSigned: Bool {
        switch self {
        case .identity, .posterise, .solarise, .autocontrast, .equalise: false
        default: true
        }
    }

    /// Strengths come in steps 0...30.
    package static let steps = 30

    /// The strength at a step: RandAugment's, which depends on the size, or the wide ones of TrivialAugment.
    package func strength(_ step: Int, isWide: Bool, width: Int, height: Int) -> Double {
        let part = Double(step) / Double(Self.steps)
        switch self {
        case .identity, .autocontrast, .equalise: return 0
        case .shearX, .shearY: return part * (isWide ? 0.99 : 0.3)
        case .translateX: return part * (isWide ? 32 : 150.0 / 331 * Double(width))
        case .translateY: return part * (isWide ? 32 : 150.0 / 331 * Double(height))
        case .rotate: return part * (isWide ? 135 : 30)
        case .brightness, .colour, .contrast, .sharpness: return part * (isWide ? 0.99 : 0.9)
        case .posterise:
            return 8 - (Double(step) / (Double(Self.steps) / (isWide ? 6 : 4))).rounded(.toNearestOrEven)
        case .solarise: return 255 * (1 - part)
        }
    }

    /// What the operation does to a picture of this size, or nil for nothing.
    package func change(_ strength: Double, width: Int, height: Int) -> PixelChange? {
        let degrees = atan(strength) * 180 / .pi
        let corner = (x: 0.0, y: 0.0)
        let center = (x: Double(width) / 2, y: Double(height) / 2)
        switch self {
        case .identity: return nil
        case .shearX: return .warp(.affine(shear: (degrees, 0), center: corner))
        case .shearY: return .warp(.affine(shear: (0, degrees), center: corner))
        case .translateX: return .warp(.affine(translate: (strength.rounded(.towardZero), 0), center: center))
        case .translateY: return .warp(.affine(translate: (0, strength.rounded(.towardZero)), center: center))
        case .rotate: return .warp(.rotation(strength, width: width, height: height))
        case .brightness: return .brightness(Float(1 + strength))
        case .colour: return .saturation(Float(1 + strength))
        case .contrast: return .contrast(Float(1 + strength))
        case .sharpness: return .sharpness(Float(1 + strength))
        case .posterise: return .posterise(Int(strength))
        case .solarise: return .solarise(Int(strength.rounded(.up)))
        case .autocontrast: return .autocontrast
        case .equalise: return .equalise
        }
    }
}

extension RandAugment {
    /// The operations of one picture.
    func draw(_ changes: inout [PixelChange], _ stream: inout RandomStream, width: Int, height: Int) {
        for _ in 0..<operations { automatic(&changes, &stream, step: magnitude, isWide: false, width, height) }
    }
}

extension TrivialAugment {
    /// The operation of one picture.
    func draw(_ changes: inout [PixelChange], _ stream: inout RandomStream, width: Int, height: Int) {
        automatic(&changes, &stream, step: nil, isWide: true, width, height)
    }
}

/// One operation of the list; at a random step, unless told.
private func automatic(
    _ changes: inout [PixelChange], _ stream: inout RandomStream, step: Int?, isWide: Bool, _ width: Int, _ height: Int
) {
    let operation = AutomaticOperation.list[stream.integer(below: AutomaticOperation.list.count)]
    let step = step ?? stream.integer(below: AutomaticOperation.steps + 1)
    var strength = operation.strength(step, isWide: isWide, width: width, height: height)
    if operation.isSigned, stream.uniform() < 0.5 { strength = -strength }
    if let change = operation.change(strength, width: width, height: height) { changes.append(change) }
}

extension AutomaticOperation {
    /// All of them, made once.
    fileprivate static let list = allCases
}
