// Pictures from pictures: turned, mirrored, cut, gray, coloured. Each makes a new picture; resizing is in Resizing.swift.

import CKernels

extension Picture {
    /// The upright picture, if this one is stored in that orientation.
    package func turned(_ orientation: Orientation) -> Picture {
        guard orientation != .upright else { return self }
        return withView { view in
            let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { room, count in
                count = pixels.count
                if let base = room.baseAddress { _ = orientation.turn(view, into: base) }
            }
            let (width, height) = orientation.swapsSides ? (height, width) : (width, height)
            return Picture(width: width, height: height, channels: channels, pixels: turned)
        }
    }

    /// Left and right exchanged.
    package func mirrored() -> Picture { turned(.mirrored) }

    /// The part of `width` x `height` pixels whose corner is at column `x`, row `y`. Traps if it lies outside.
    package func cropped(x: Int, y: Int, width: Int, height: Int) -> Picture {
        withView { $0.region(x: x, y: y, width: width, height: height).picture() }
    }

    /// One channel: ITU-R 601 luma, as Pillow's "L". A gray picture is returned as it is.
    package func gray() -> Picture {
        guard channels == 3 else { return self }
        return withView { view in
            let pixels = [UInt8](unsafeUninitializedCapacity: width * height) { room, count in
                count = width * height
                fovea_gray_from_colour(view.base, view.stride, Int64(height), Int64(width), room.baseAddress, width)
            }
            return Picture(width: width, height: height, channels: 1, pixels: pixels)
        }
    }

    /// Three channels: gray is repeated. A coloured picture is returned as it is.
    package func coloured() -> Picture {
        guard channels == 1 else { return self }
        let colours = [UInt8](unsafeUninitializedCapacity: pixels.count * 3) { room, count in
            count = pixels.count * 3
            for (index, value) in pixels.enumerated() {
                room[3 * index] = value
                room[3 * index + 1] = value
                room[3 * index + 2] = value
            }
        }
        return Picture(width: width, height: height, channels: 3, pixels: colours)
    }
}
