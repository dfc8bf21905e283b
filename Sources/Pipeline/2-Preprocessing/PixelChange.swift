// One change of an 8-bit picture with its parameters fixed: what is left of an augmentation once everything is drawn.
// Each equals Pillow's or torchvision's function of that name. Draws nothing, and allocates nothing once its scratch has
// grown.

import CKernels
import FoveaPictures

/// A change of pixels that keeps the size.
package enum PixelChange: Sendable, Equatable {
    /// Upside down.
    case upend
    case warp(Warp)
    /// 0 is black, 1 changes nothing.
    case brightness(Float)
    /// 0 is the mean gray, 1 changes nothing.
    case contrast(Float)
    /// 0 is gray, 1 changes nothing.
    case saturation(Float)
    /// A part of the circle, -0.5...0.5.
    case hue(Float)
    case gray
    /// 0 blurs, 1 changes nothing.
    case sharpness(Float)
    /// The deviation in pixels; the kernel reaches three of them.
    case blur(Float)
    /// How many of the highest bits stay.
    case posterise(Int)
    /// Samples from here on are inverted.
    case solarise(Int)
    case equalise
    case autocontrast
}

/// The memory that changes need. Belongs to one thread at a time.
package final class PixelChangeScratch {
    private let buffers = (PixelBuffer(), PixelBuffer())
    private var isFirst = true
    /// (3, 256)
    let tables = UnsafeMutablePointer<UInt8>.allocate(capacity: 768)
    /// (3, 256)
    let counts = UnsafeMutablePointer<Int64>.allocate(capacity: 768)
    private var floats: UnsafeMutablePointer<Float>
    private var floatCount = 1
    /// What was drawn for the picture at hand.
    var drawn: [PixelChange] = []

    package init() {
        floats = .allocate(capacity: 1)
        drawn.reserveCapacity(24)
    }

    deinit {
        tables.deallocate()
        counts.deallocate()
        floats.deallocate()
    }

    /// Room for a result; the one before the last is overwritten.
    func next(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        isFirst.toggle()
        return (isFirst ? buffers.0 : buffers.1).room(count)
    }

    /// Room for `count` floats. Earlier contents are lost.
    func floatRoom(_ count: Int) -> UnsafeMutablePointer<Float> {
        if count > floatCount {
            floats.deallocate()
            floatCount = count + count / 8
            floats = .allocate(capacity: floatCount)
        }
        return floats
    }
}

extension PixelView {
    /// A dense view of memory that holds a picture like this one.
    func replaced(by base: UnsafeMutablePointer<UInt8>) -> PixelView {
        PixelView(
            base: UnsafePointer(base), width: width, height: height, channels: channels, stride: width * channels)
    }

    /// The changed picture: a view of the scratch's memory, or this one where nothing changes. `fill` (three samples) is
    /// what warps leave in the corners.
    package func changed(_ change: PixelChange, fill: SIMD4<UInt8> = .zero, _ scratch: PixelChangeScratch) -> PixelView
    {
        switch change {
        case .upend: upended(scratch)
        case .warp(let warp): warped(warp, fill, scratch)
        case .brightness(let factor): factor == 1 ? self : brightened(factor, scratch)
        case .contrast(let factor): factor == 1 ? self : contrasted(factor, scratch)
        case .saturation(let factor): factor == 1 || channels == 1 ? self : saturated(factor, scratch)
        case .hue(let shift): channels == 1 ? self : turnedHue(shift, scratch)
        case .gray: channels == 1 ? self : saturated(0, scratch)
        case .sharpness(let factor): factor == 1 ? self : sharpened(factor, scratch)
        case .blur(let sigma): blurred(sigma, scratch)
        case .posterise(let bits): posterised(bits, scratch)
        case .solarise(let threshold): solarised(threshold, scratch)
        case .equalise: equalised(scratch)
        case .autocontrast: autocontrasted(scratch)
        }
    }
}

extension Picture {
    /// The changed picture, on its own.
    package func changed(_ change: PixelChange, fill: SIMD4<UInt8> = .zero) -> Picture {
        let scratch = PixelChangeScratch()
        return withExtendedLifetime(scratch) { withView { $0.changed(change, fill: fill, scratch).picture() } }
    }
}
