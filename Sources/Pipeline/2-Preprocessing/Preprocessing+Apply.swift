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
            write(framed(geometry.part(of: view), geometry, scratch), Placement(), out, scratch)
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
            let part = try decode(file, geometry, smaller: decoding == .reduced, scratch)
            write(framed(part, geometry, scratch), Placement(), out, scratch)
        }
    }

    /// Writes a randomly changed picture to `out`: `count` floats, (C, H, W). The draws are taken from `stream`: first
    /// those of the crop, then that of the flip, then those of the other steps in their order.
    package func apply(
        _ picture: Picture, augmentation: Augmentation, stream: inout RandomStream,
        into out: UnsafeMutablePointer<Float>, scratch: PreprocessingScratch = PreprocessingScratch()
    ) {
        picture.withView { view in
            let (geometry, placement) = draw(augmentation, &stream, width: view.width, height: view.height)
            write(geometry.part(of: view), geometry, placement, augmentation, &stream, out, scratch)
        }
    }

    /// The same from the bytes of a picture file, of which no more is decoded than the crop needs: a JPEG whose crop is
    /// at least twice the network's size is decoded smaller. Throws a `Failure` that says what is wrong with the bytes.
    package func apply(
        encoded bytes: [UInt8], augmentation: Augmentation, stream: inout RandomStream,
        limits: DecodingLimits = .standard, into out: UnsafeMutablePointer<Float>,
        scratch: PreprocessingScratch = PreprocessingScratch()
    ) throws {
        try bytes.withUnsafeBytes { bytes in
            let file = try PictureDecoder.open(bytes, limits: limits)
            let (geometry, placement) = draw(
                augmentation, &stream, width: file.info.width, height: file.info.height)
            let part = try decode(
                file, geometry, smaller: augmentation.crop.isResized || decoding == .reduced, scratch)
            write(part, geometry, placement, augmentation, &stream, out, scratch)
        }
    }

    /// The pixels of a picture file that may be kept for another epoch, in the scratch's memory; nil if another epoch would
    /// decode a part of it smaller: whole pixels would give other numbers, and take long and much room.
    /// Throws a `Failure` that says what is wrong with the bytes.
    package func kept(
        encoded bytes: [UInt8], as form: KeptForm, limits: DecodingLimits = .standard, scratch: PreprocessingScratch
    ) throws -> PixelView? {
        // The view is of the scratch's memory and outlives `bytes`.
        try bytes.withUnsafeBytes { bytes in
            let file = try PictureDecoder.open(bytes, limits: limits)
            if form == .decoded {
                if file.mayShrink(leastWidth: width, leastHeight: height) { return nil }
                let request = DecodingRequest(background: background, colours: colours)
                return try file.decode(request, memory: scratch.decoding).view
            }
            let geometry = geometry(width: file.info.width, height: file.info.height)
            return framed(
                try decode(file, geometry, smaller: decoding == .reduced, scratch), geometry, scratch)
        }
    }

    /// Writes the network's input of pixels that were kept: bit for bit that of the picture they come from.
    package func apply(
        kept view: PixelView, as form: KeptForm, augmentation: Augmentation, stream: inout RandomStream,
        into out: UnsafeMutablePointer<Float>, scratch: PreprocessingScratch
    ) {
        let (geometry, placement) = draw(augmentation, &stream, width: view.width, height: view.height)
        switch form {
        case .decoded: write(geometry.part(of: view), geometry, placement, augmentation, &stream, out, scratch)
        case .sized: write(sized: view, placement, augmentation, &stream, out, scratch)
        }
    }

    /// A picture file's whole picture, upright, over the background and in the colours that the network sees.
    /// Throws a `Failure` that says what is wrong with the bytes.
    package func decoded(_ bytes: [UInt8], limits: DecodingLimits = .standard) throws -> Picture {
        try PictureDecoder.decode(bytes, background: background, colours: colours, limits: limits)
    }

    /// The 8-bit picture that the network's input is made of, before normalising: `height` x `width`, of `channels`
    /// channels. For statistics, heat maps and looking at.
    package func picture(
        of picture: Picture, scratch: PreprocessingScratch = PreprocessingScratch()
    ) -> Picture {
        let sized = picture.withView { view in
            let geometry = geometry(width: view.width, height: view.height)
            return framed(geometry.part(of: view), geometry, scratch).picture()
        }
        return channels == 3 ? sized.coloured() : sized
    }

    /// The region of a file; `smaller` than it is there as long as it stays as large as it is resized to. The pixels are the
    /// scratch's.
    private func decode(
        _ file: PictureFile, _ geometry: Geometry, smaller: Bool, _ scratch: PreprocessingScratch
    ) throws -> DecodedPart {
        try file.decode(
            DecodingRequest(
                region: geometry.region, leastWidth: smaller ? geometry.resizedWidth : nil,
                leastHeight: smaller ? geometry.resizedHeight : nil, background: background, colours: colours),
            memory: scratch.decoding)
    }

    /// Where one picture is cut and put, drawn at random.
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

    private func write(
        _ part: DecodedPart, _ geometry: Geometry, _ drawn: Placement, _ augmentation: Augmentation,
        _ stream: inout RandomStream, _ out: UnsafeMutablePointer<Float>, _ scratch: PreprocessingScratch
    ) {
        write(sized: framed(part, geometry, scratch), drawn, augmentation, &stream, out, scratch)
    }

    private func write(
        sized: PixelView, _ drawn: Placement, _ augmentation: Augmentation, _ stream: inout RandomStream,
        _ out: UnsafeMutablePointer<Float>, _ scratch: PreprocessingScratch
    ) {
        var placement = drawn
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

    /// The sized picture with padding beside it where it does not fill the network's input.
    private func framed(_ part: DecodedPart, _ geometry: Geometry, _ scratch: PreprocessingScratch) -> PixelView {
        let sized = pixels(part, geometry, scratch)
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

extension Geometry {
    /// The part of the picture that is resized.
    var region: PixelRegion { PixelRegion(x: x, y: y, width: width, height: height) }

    /// That part of a picture that is already decoded.
    func part(of view: PixelView) -> DecodedPart { DecodedPart(of: view, region: region) }
}

extension RandomCrop {
    /// Whether a region of any size is resized, so that exact pixels do not matter.
    var isResized: Bool {
        if case .resized = self { true } else { false }
    }
}
