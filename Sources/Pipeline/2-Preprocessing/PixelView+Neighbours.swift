// Changes that look at more than one sample: moved pixels, colour against gray, neighbours. The loops are in CKernels.

import CKernels
import FoveaPictures
import Foundation

extension PixelView {
    func upended(_ scratch: PixelChangeScratch) -> PixelView {
        let row = width * channels
        let out = scratch.next(row * height)
        for y in 0..<height { (out + y * row).update(from: base + (height - 1 - y) * stride, count: row) }
        return replaced(by: out)
    }

    func warped(_ warp: Warp, _ fill: SIMD4<UInt8>, _ scratch: PixelChangeScratch) -> PixelView {
        let out = scratch.next(width * height * channels)
        withUnsafeBytes(of: warp.coefficients) { coefficients in
            withUnsafeBytes(of: fill) { fill in
                fovea_warp(
                    base, stride, Int64(height), Int64(width), Int32(channels),
                    coefficients.assumingMemoryBound(to: Double.self).baseAddress,
                    fill.assumingMemoryBound(to: UInt8.self).baseAddress, out)
            }
        }
        return replaced(by: out)
    }

    func saturated(_ factor: Float, _ scratch: PixelChangeScratch) -> PixelView {
        let out = scratch.next(width * height * 3)
        fovea_saturate(base, stride, Int64(height), Int64(width), factor, out)
        return replaced(by: out)
    }

    func turnedHue(_ shift: Float, _ scratch: PixelChangeScratch) -> PixelView {
        let out = scratch.next(width * height * 3)
        let whole = UInt8(truncatingIfNeeded: Int(max(-0.5, min(0.5, Double(shift))) * 255))
        fovea_turn_hue(base, stride, Int64(height), Int64(width), whole, out)
        return replaced(by: out)
    }

    func sharpened(_ factor: Float, _ scratch: PixelChangeScratch) -> PixelView {
        let out = scratch.next(width * height * channels)
        fovea_sharpen(base, stride, Int64(height), Int64(width), Int32(channels), factor, out)
        return replaced(by: out)
    }

    /// How far a blur reaches: three deviations, but not beyond a picture that is reflected once.
    package static func blurRadius(_ sigma: Float, width: Int, height: Int) -> Int {
        min(Int((3 * sigma).rounded(.up)), min(width, height) - 1)
    }

    func blurred(_ sigma: Float, _ scratch: PixelChangeScratch) -> PixelView {
        let radius = Self.blurRadius(sigma, width: width, height: height)
        guard radius > 0 else { return self }
        let taps = 2 * radius + 1
        let room = scratch.floatRoom(taps + fovea_blur_scratch(Int64(height), Int64(width), Int32(channels)))
        var sum: Float = 0
        for tap in 0..<taps {
            let distance = Float(tap - radius) / sigma
            room[tap] = exp(-0.5 * distance * distance)
            sum += room[tap]
        }
        for tap in 0..<taps { room[tap] /= sum }
        let out = scratch.next(width * height * channels)
        fovea_blur(
            base, stride, Int64(height), Int64(width), Int32(channels), room, Int64(radius), room + taps, out)
        return replaced(by: out)
    }
}
