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
        picture.withView { view in
            let geometry = geometry(width: view.width, height: view.height)
            write(geometry.part(of: view), geometry, Placement(), out, scratch)
        }
    }

    /// The same from the bytes of a picture file. Throws a `Failure` that says what is wrong with the bytes.
    package func apply(
        encoded bytes: [UInt8], limits: DecodingLimits = .standard, into out: UnsafeMutablePointer<Float>,
        scratch: PreprocessingScratch = PreprocessingScratch()
    ) throws {
        try bytes.withUnsafeBytes { bytes in
            let file = try PictureDecoder.open(bytes, limits: limits)
            let geometry = geometry(width: file.info.width, height: file.info.height)
            write(try decode(file, geometry, reduced: false, scratch), geometry, Placement(), out, scratch)
        }
    }

    /// Writes a randomly changed picture to `out`: `count` floats, (C, H, W). The draws are taken from `stream`: first
    /// those of the crop, then that of the flip.
    package func apply(
        _ picture: Picture, augmentation: Augmentation, stream: inout RandomStream,
        into out: UnsafeMutablePointer<Float>, scratch: PreprocessingScratch = PreprocessingScratch()
    ) {
        picture.withView { view in
            let (geometry, placement) = draw(augmentation, &stream, width: view.width, height: view.height)
            write(geometry.part(of: view), geometry, placement, out, scratch)
        }
    }

    /// The same from the bytes of a picture file, of which no more is decoded than the crop needs: a JPEG of more than
    /// twice that size is decoded smaller. Throws a `Failure` that says what is wrong with the bytes.
    package func apply(
        encoded bytes: [UInt8], augmentation: Augmentation, stream: inout RandomStream,
        limits: DecodingLimits = .standard, into out: UnsafeMutablePointer<Float>,
        scratch: PreprocessingScratch = PreprocessingScratch()
    ) throws {
        try bytes.withUnsafeBytes { bytes in
            let file = try PictureDecoder.open(bytes, limits: limits)
            let (geometry, placement) = draw(
                augmentation, &stream, width: file.info.width, height: file.info.height)
            write(
                try decode(file, geometry, reduced: augmentation.crop != .none, scratch), geometry, placement, out,
                scratch)
        }
    }

    /// The 8-bit picture that the network's input is made of, before normalising: `height` x `width`, of `channels`
    /// channels. For statistics, heat maps and looking at.
    package func picture(
        of picture: Picture, scratch: PreprocessingScratch = PreprocessingScratch()
    ) -> Picture {
        let sized = picture.withView { view in
            let geometry = geometry(width: view.width, height: view.height)
            return pixels(geometry.part(of: view), geometry, scratch).picture()
        }
        return channels == 3 ? sized.coloured() : sized
    }

    /// The region of a file; where it may be `reduced`, not much larger than it is resized to. The pixels are the
    /// scratch's.
    private func decode(
        _ file: PictureFile, _ geometry: Geometry, reduced: Bool, _ scratch: PreprocessingScratch
    ) throws -> DecodedPart {
        try file.decode(
            DecodingRequest(
                region: geometry.region, leastWidth: reduced ? geometry.resizedWidth : nil,
                leastHeight: reduced ? geometry.resizedHeight : nil, background: background),
            memory: scratch.decoding)
    }

    /// The geometry and placement of one picture, drawn at random.
    private func draw(
        _ augmentation: Augmentation, _ stream: inout RandomStream, width: Int, height: Int
    ) -> (Geometry, Placement) {
        var placement = Placement()
        var geometry = geometry(width: width, height: height)
        switch augmentation.crop {
        case .none: break
        case .padded(let border):
            placement.down = border - stream.integer(below: 2 * border + 1)
            placement.right = border - stream.integer(below: 2 * border + 1)
        case .resized(let scale, let ratio):
            geometry = self.geometry(width: width, height: height, scale: scale, ratio: ratio, stream: &stream)
        }
        if augmentation.flip { placement.isMirrored = stream.uniform() < 0.5 }
        return (geometry, placement)
    }

    /// Where the sized picture is put in the network's input: moved, with black coming in from the side; then mirrored.
    private struct Placement {
        var down = 0
        var right = 0
        var isMirrored = false
    }

    /// The sized 8-bit picture, in one channel if either the picture or the network has only one.
    private func pixels(_ part: DecodedPart, _ geometry: Geometry, _ scratch: PreprocessingScratch) -> PixelView {
        var region = part.view
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
            horizontal: ResizeAxis(
                input: region.width, lower: part.box.left, upper: part.box.right, output: geometry.resizedWidth,
                window: geometry.columns),
            vertical: ResizeAxis(
                input: region.height, lower: part.box.top, upper: part.box.bottom, output: geometry.resizedHeight,
                window: geometry.rows),
            interpolation)
    }

    private func write(
        _ part: DecodedPart, _ geometry: Geometry, _ placement: Placement, _ out: UnsafeMutablePointer<Float>,
        _ scratch: PreprocessingScratch
    ) {
        let sized = pixels(part, geometry, scratch)
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

extension Geometry {
    /// The part of the picture that is resized.
    var region: PixelRegion { PixelRegion(x: x, y: y, width: width, height: height) }

    /// That part of a picture that is already decoded.
    func part(of view: PixelView) -> DecodedPart { DecodedPart(of: view, region: region) }
}
