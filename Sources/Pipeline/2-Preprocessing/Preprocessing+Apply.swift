// From a picture, or the bytes of its file, to the floats of the network's input: (C, H, W), normalised. Training,
// evaluation, prediction and serving all come through here. Reads no files, and keeps no picture.

import CKernels
import FoveaPictures
import FoveaTensorCore

extension Preprocessing {
    /// The number of floats that `apply` writes: channels * height * width.
    package var count: Int { channels * height * width }

    /// Writes the network's input of an upright picture to `out`: `count` floats, (C, H, W). The caller owns `out`.
    package func apply(
        _ picture: Picture, into out: UnsafeMutablePointer<Float>,
        scratch: PreprocessingScratch = PreprocessingScratch()
    ) {
        picture.withView { write($0, geometry(width: $0.width, height: $0.height), Placement(), out, scratch) }
    }

    /// The same from the bytes of a picture file. Throws a `Failure` that says what is wrong with the bytes.
    package func apply(
        encoded bytes: [UInt8], limits: DecodingLimits = .standard, into out: UnsafeMutablePointer<Float>,
        scratch: PreprocessingScratch = PreprocessingScratch()
    ) throws {
        let view = try decode(bytes, limits, scratch)
        write(view, geometry(width: view.width, height: view.height), Placement(), out, scratch)
    }

    /// Writes a randomly changed picture to `out`: `count` floats, (C, H, W). The draws are taken from `stream`: first
    /// those of the crop, then that of the flip.
    package func apply(
        _ picture: Picture, augmentation: Augmentation, stream: inout RandomStream,
        into out: UnsafeMutablePointer<Float>, scratch: PreprocessingScratch = PreprocessingScratch()
    ) {
        picture.withView { write($0, augmentation, &stream, out, scratch) }
    }

    /// The same from the bytes of a picture file. Throws a `Failure` that says what is wrong with the bytes.
    package func apply(
        encoded bytes: [UInt8], augmentation: Augmentation, stream: inout RandomStream,
        limits: DecodingLimits = .standard, into out: UnsafeMutablePointer<Float>,
        scratch: PreprocessingScratch = PreprocessingScratch()
    ) throws {
        write(try decode(bytes, limits, scratch), augmentation, &stream, out, scratch)
    }

    /// The 8-bit picture that the network's input is made of, before normalising: `height` x `width`, of `channels`
    /// channels. For statistics, heat maps and looking at.
    package func picture(
        of picture: Picture, scratch: PreprocessingScratch = PreprocessingScratch()
    ) -> Picture {
        let sized = picture.withView { view in
            pixels(view, geometry(width: view.width, height: view.height), scratch).picture()
        }
        return channels == 3 ? sized.coloured() : sized
    }

    private func decode(
        _ bytes: [UInt8], _ limits: DecodingLimits, _ scratch: PreprocessingScratch
    ) throws -> PixelView {
        // The view is of the scratch's memory and outlives `bytes`.
        try bytes.withUnsafeBytes {
            try PictureDecoder.decode(
                $0, background: background, limits: limits, stored: scratch.stored, turned: scratch.turned)
        }
    }

    private func write(
        _ view: PixelView, _ augmentation: Augmentation, _ stream: inout RandomStream,
        _ out: UnsafeMutablePointer<Float>, _ scratch: PreprocessingScratch
    ) {
        var placement = Placement()
        var geometry = geometry(width: view.width, height: view.height)
        switch augmentation.crop {
        case .none: break
        case .padded(let border):
            placement.down = border - stream.integer(below: 2 * border + 1)
            placement.right = border - stream.integer(below: 2 * border + 1)
        case .resized(let scale, let ratio):
            geometry = self.geometry(
                width: view.width, height: view.height, scale: scale, ratio: ratio, stream: &stream)
        }
        if augmentation.flip { placement.isMirrored = stream.uniform() < 0.5 }
        write(view, geometry, placement, out, scratch)
    }

    /// Where the sized picture is put in the network's input: moved, with black coming in from the side; then mirrored.
    private struct Placement {
        var down = 0
        var right = 0
        var isMirrored = false
    }

    /// The sized 8-bit picture, in one channel if either the picture or the network has only one.
    private func pixels(_ view: PixelView, _ geometry: Geometry, _ scratch: PreprocessingScratch) -> PixelView {
        var region = view
        if geometry.width != view.width || geometry.height != view.height {
            region = view.region(x: geometry.x, y: geometry.y, width: geometry.width, height: geometry.height)
        }
        if channels == 1 && region.channels == 3 {
            let room = scratch.grayed.room(region.width * region.height)
            fovea_gray_from_colour(
                region.base, region.stride, Int64(region.height), Int64(region.width), room, region.width)
            region = PixelView(
                base: UnsafePointer(room), width: region.width, height: region.height, channels: 1,
                stride: region.width)
        }
        return scratch.resizer.resize(
            region,
            horizontal: ResizeAxis(input: region.width, output: geometry.resizedWidth, window: geometry.columns),
            vertical: ResizeAxis(input: region.height, output: geometry.resizedHeight, window: geometry.rows),
            interpolation)
    }

    private func write(
        _ view: PixelView, _ geometry: Geometry, _ placement: Placement, _ out: UnsafeMutablePointer<Float>,
        _ scratch: PreprocessingScratch
    ) {
        let sized = pixels(view, geometry, scratch)
        let tables = scratch.tables(mean: mean, deviation: deviation)
        let columns = width - min(abs(placement.right), width)
        let rows = height - min(abs(placement.down), height)
        if columns < width || rows < height {
            for channel in 0..<channels {
                (out + channel * height * width).update(repeating: tables[channel * 256], count: height * width)
            }
        }
        guard columns > 0, rows > 0 else { return }
        let part = sized.region(
            x: max(0, -placement.right), y: max(0, -placement.down), width: columns, height: rows)
        let fromLeft = max(0, placement.right)
        let left = placement.isMirrored ? width - columns - fromLeft : fromLeft
        fovea_normalise(
            part.base, part.stride, Int64(rows), Int64(columns), Int32(part.channels), Int32(channels), tables,
            placement.isMirrored ? 1 : 0, out + max(0, placement.down) * width + left, width, height * width)
    }
}
