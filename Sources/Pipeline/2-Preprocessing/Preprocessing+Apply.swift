// From a picture, or the bytes of its file, to the floats of the network's input: (C, H, W), normalised. Training,
// evaluation, prediction and serving all come through here. Reads no files, and keeps no picture.

import CKernels
import FoveaPictures
import FoveaTensorCore

/// What is kept of a picture between epochs.
package enum KeptForm: String, Sendable {
    /// Decoded and upright, at its own size: where each epoch cuts out another region.
    case decoded
    /// At the network's size: where the region is always the same.
    case sized
}

extension Augmentation {
    /// The smallest form that still gives every draw.
    package var keptForm: KeptForm {
        if case .resized = crop { .decoded } else { .sized }
    }
}

extension Preprocessing {
    /// The number of floats that `apply` writes: channels * height * width.
    package var count: Int { channels * height * width }

    /// Writes the network's input of an upright picture to `out`: `count` floats, (C, H, W). The caller owns `out`.
    package func apply(
        _ picture: Picture, into out: UnsafeMutablePointer<Float>,
        scratch: PreprocessingScratch = PreprocessingScratch()
    ) {
        picture.withView { plain($0, out, scratch) }
    }

    /// The same from the bytes of a picture file. Throws a `Failure` that says what is wrong with the bytes.
    package func apply(
        encoded bytes: [UInt8], limits: DecodingLimits = .standard, into out: UnsafeMutablePointer<Float>,
        scratch: PreprocessingScratch = PreprocessingScratch()
    ) throws {
        plain(try decode(bytes, limits, scratch), out, scratch)
    }

    /// Writes a randomly changed picture to `out`: `count` floats, (C, H, W). The draws are taken from `stream`: first
    /// those of the crop, then that of the flip, then those of the other steps in their order.
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

    /// The pixels of a picture file that may be kept for another epoch, in the scratch's memory.
    /// Throws a `Failure` that says what is wrong with the bytes.
    package func kept(
        encoded bytes: [UInt8], as form: KeptForm, limits: DecodingLimits = .standard, scratch: PreprocessingScratch
    ) throws -> PixelView {
        let view = try decode(bytes, limits, scratch)
        return form == .decoded ? view : framed(view, geometry(width: view.width, height: view.height), scratch)
    }

    /// Writes the network's input of pixels that were kept: bit for bit that of the picture they come from.
    package func apply(
        kept view: PixelView, as form: KeptForm, augmentation: Augmentation, stream: inout RandomStream,
        into out: UnsafeMutablePointer<Float>, scratch: PreprocessingScratch
    ) {
        if augmentation == .none {
            form == .decoded ? plain(view, out, scratch) : write(view, Placement(), out, scratch)
        } else {
            write(view, augmentation, &stream, out, scratch, isSized: form == .sized)
        }
    }

    /// The 8-bit picture that the network's input is made of, before normalising: `height` x `width`, of `channels`
    /// channels. For statistics, heat maps and looking at.
    package func picture(
        of picture: Picture, scratch: PreprocessingScratch = PreprocessingScratch()
    ) -> Picture {
        let sized = picture.withView { view in
            framed(view, geometry(width: view.width, height: view.height), scratch).picture()
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

    private func plain(_ view: PixelView, _ out: UnsafeMutablePointer<Float>, _ scratch: PreprocessingScratch) {
        write(framed(view, geometry(width: view.width, height: view.height), scratch), Placement(), out, scratch)
    }

    private func write(
        _ view: PixelView, _ augmentation: Augmentation, _ stream: inout RandomStream,
        _ out: UnsafeMutablePointer<Float>, _ scratch: PreprocessingScratch, isSized: Bool = false
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
        let sized = isSized ? view : framed(view, geometry, scratch)
        if augmentation.changesPixels {
            let placed = moved(sized, &placement, scratch)
            scratch.changes.drawn.removeAll(keepingCapacity: true)
            augmentation.draw(&scratch.changes.drawn, &stream, width: width, height: height)
            write(changed(placed, fill: augmentation.fill, scratch), placement, out, scratch)
        } else {
            write(sized, placement, out, scratch)
        }
        augmentation.erasing?.erase(out, channels: channels, height: height, width: width, &stream)
    }

    /// The picture after all changes that were drawn.
    private func changed(_ view: PixelView, fill: WarpFill, _ scratch: PreprocessingScratch) -> PixelView {
        var colour = SIMD4<UInt8>.zero
        if fill == .mean {
            let isMixed = view.channels < channels
            for channel in 0..<view.channels {
                let part = isMixed ? mean.reduce(0, +) / Float(mean.count) : mean[channel]
                colour[channel] = UInt8(max(0, min(255, (part * 255).rounded())))
            }
        }
        var view = view
        for change in scratch.changes.drawn { view = view.changed(change, fill: colour, scratch.changes) }
        return view
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

    /// The sized picture with padding beside it where it does not fill the network's input.
    private func framed(_ view: PixelView, _ geometry: Geometry, _ scratch: PreprocessingScratch) -> PixelView {
        let sized = pixels(view, geometry, scratch)
        guard sized.width < width || sized.height < height else { return sized }
        let isGray = padding[0] == padding[1] && padding[1] == padding[2]
        let planes = channels == 1 || (isGray && sized.channels == 1) ? 1 : 3
        let luma = (19595 * Int(padding[0]) + 38470 * Int(padding[1]) + 7471 * Int(padding[2]) + 32768) >> 16
        let out = scratch.framed.room(height * width * planes)
        for index in 0..<height * width {
            for plane in 0..<planes { out[index * planes + plane] = planes == 1 ? UInt8(luma) : padding[plane] }
        }
        for y in 0..<sized.height {
            let source = sized.base + y * sized.stride
            let target = out + ((geometry.top + y) * width + geometry.left) * planes
            if planes == sized.channels {
                target.update(from: source, count: sized.width * planes)
            } else {
                for x in 0..<sized.width * 3 { target[x] = source[x / 3] }
            }
        }
        return PixelView(
            base: UnsafePointer(out), width: width, height: height, channels: planes, stride: width * planes)
    }

    /// The picture moved as the placement says, black coming in; the placement keeps only its mirroring.
    private func moved(
        _ view: PixelView, _ placement: inout Placement, _ scratch: PreprocessingScratch
    ) -> PixelView {
        let (down, right, planes) = (placement.down, placement.right, view.channels)
        guard down != 0 || right != 0 else { return view }
        (placement.down, placement.right) = (0, 0)
        let out = scratch.moved.room(height * width * planes)
        out.update(repeating: 0, count: height * width * planes)
        let (columns, rows) = (width - min(abs(right), width), height - min(abs(down), height))
        for y in 0..<rows where columns > 0 {
            (out + ((max(0, down) + y) * width + max(0, right)) * planes).update(
                from: view.base + (max(0, -down) + y) * view.stride + max(0, -right) * planes, count: columns * planes)
        }
        return PixelView(
            base: UnsafePointer(out), width: width, height: height, channels: planes, stride: width * planes)
    }

    private func write(
        _ sized: PixelView, _ placement: Placement, _ out: UnsafeMutablePointer<Float>, _ scratch: PreprocessingScratch
    ) {
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
