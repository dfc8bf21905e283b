// The draws of an augmentation: from a stream to changes with fixed parameters, in the order in which they are done. Knows
// the size of the picture and none of its pixels. Crop and mirroring are drawn in Preprocessing+Apply.swift, before.

import FoveaTensorCore
import Foundation

extension Augmentation {
    /// Whether some step changes pixels, beyond the crop and the mirroring.
    package var changesPixels: Bool {
        verticalFlip || rotation != nil || affine != nil || perspective != nil || trivialAugment != nil
            || randAugment != nil || jitter != nil || grayscale != nil || blur != nil || sharpness != nil
            || posterise != nil || solarise != nil || equalise != nil || autocontrast != nil
    }

    /// Appends what is done to a picture of this size.
    package func draw(_ changes: inout [PixelChange], _ stream: inout RandomStream, width: Int, height: Int) {
        if verticalFlip, stream.uniform() < 0.5 { changes.append(.upend) }
        if let rotation, stream.happens(rotation.probability) {
            let angle = stream.uniform(-rotation.degrees, rotation.degrees)
            changes.append(.warp(.rotation(Double(angle), width: width, height: height)))
        }
        if let affine, stream.happens(affine.probability) {
            changes.append(.warp(affine.draw(&stream, width: width, height: height)))
        }
        if let perspective, stream.happens(perspective.probability) {
            let warp = perspective.draw(&stream, width: width, height: height)
            if let warp { changes.append(.warp(warp)) }
        }
        trivialAugment?.draw(&changes, &stream, width: width, height: height)
        randAugment?.draw(&changes, &stream, width: width, height: height)
        if let jitter, stream.happens(jitter.probability) { jitter.draw(&changes, &stream) }
        if let grayscale, stream.happens(grayscale.probability) { changes.append(.gray) }
        if let blur, stream.happens(blur.probability) {
            changes.append(.blur(stream.uniform(blur.sigma.lowerBound, blur.sigma.upperBound)))
        }
        if let sharpness, stream.happens(sharpness.probability) { changes.append(.sharpness(sharpness.factor)) }
        if let posterise, stream.happens(posterise.probability) { changes.append(.posterise(posterise.bits)) }
        if let solarise, stream.happens(solarise.probability) { changes.append(.solarise(solarise.threshold)) }
        if let equalise, stream.happens(equalise.probability) { changes.append(.equalise) }
        if let autocontrast, stream.happens(autocontrast.probability) { changes.append(.autocontrast) }
    }
}

extension RandomStream {
    /// True in this part of the draws.
    mutating func happens(_ probability: Float) -> Bool { uniform() < probability }
}

extension RandomAffine {
    /// torchvision's `RandomAffine`: whole pixels of movement, one slant along x.
    func draw(_ stream: inout RandomStream, width: Int, height: Int) -> Warp {
        let angle = stream.uniform(-degrees, degrees)
        let right = Double(stream.uniform(-translate, translate) * Float(width)).rounded(.toNearestOrEven)
        let down = Double(stream.uniform(-translate, translate) * Float(height)).rounded(.toNearestOrEven)
        let factor = stream.uniform(scale.lowerBound, scale.upperBound)
        let slant = stream.uniform(-shear, shear)
        return .affine(
            angle: Double(angle), translate: (right, down), scale: Double(factor), shear: (Double(slant), 0),
            center: (Double(width) / 2, Double(height) / 2))
    }
}

extension RandomPerspective {
    /// torchvision's `RandomPerspective`: each corner moves inwards by whole pixels.
    func draw(_ stream: inout RandomStream, width: Int, height: Int) -> Warp? {
        let across = Int(distortion * Float(width / 2)) + 1
        let down = Int(distortion * Float(height / 2)) + 1
        let (right, bottom) = (width - 1, height - 1)
        var corners = SIMD8<Double>.zero
        for corner in 0..<4 {
            let (x, y) = (stream.integer(below: across), stream.integer(below: down))
            corners[2 * corner] = Double(corner == 0 || corner == 3 ? x : right - x)
            corners[2 * corner + 1] = Double(corner < 2 ? y : bottom - y)
        }
        let sides = SIMD8<Double>(0, 0, Double(right), 0, Double(right), Double(bottom), 0, Double(bottom))
        return .perspective(from: sides, to: corners)
    }
}

extension ColourJitter {
    /// torchvision's `ColorJitter`: the four in a random order.
    func draw(_ changes: inout [PixelChange], _ stream: inout RandomStream) {
        var order = SIMD4<UInt8>(0, 1, 2, 3)
        for last in stride(from: 3, to: 0, by: -1) {
            let other = stream.integer(below: last + 1)
            (order[last], order[other]) = (order[other], order[last])
        }
        let factors = SIMD4(
            stream.uniform(max(0, 1 - brightness), 1 + brightness), stream.uniform(max(0, 1 - contrast), 1 + contrast),
            stream.uniform(max(0, 1 - saturation), 1 + saturation), stream.uniform(-hue, hue))
        for place in 0..<4 {
            switch order[place] {
            case 0: if brightness > 0 { changes.append(.brightness(factors[0])) }
            case 1: if contrast > 0 { changes.append(.contrast(factors[1])) }
            case 2: if saturation > 0 { changes.append(.saturation(factors[2])) }
            default: if hue > 0 { changes.append(.hue(factors[3])) }
            }
        }
    }
}
