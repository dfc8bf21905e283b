// A picture file whose header has been read and found within the limits. Its pixels, or those of a part, come on request:
// of a JPEG no more is decoded than is asked for, and at no larger a scale.

import FoveaTensorCore

/// What is wanted of a picture file.
package struct DecodingRequest: Sendable {
    /// The part that is wanted, in pixels of the upright picture; nil: everything.
    package var region: PixelRegion?
    /// If given, a JPEG may be decoded two, four or eight times smaller as long as the region keeps this many columns.
    package var leastWidth: Int?
    /// The same for rows.
    package var leastHeight: Int?
    /// What transparent pixels show: RGB, 0...255.
    package var background: [UInt8]
    /// What samples mean.
    package var colours: Colours

    package init(
        region: PixelRegion? = nil, leastWidth: Int? = nil, leastHeight: Int? = nil,
        background: [UInt8] = [255, 255, 255], colours: Colours = .stored
    ) {
        precondition(background.count == 3, "a background is RGB, not \(background.count) values")
        self.region = region
        self.leastWidth = leastWidth
        self.leastHeight = leastHeight
        self.background = background
        self.colours = colours
    }
}

/// Decoded pixels that contain what was asked for.
package struct DecodedPart {
    /// Upright pixels; valid until the memory they were decoded with is used again.
    package let view: PixelView
    /// The region that was asked for, in pixels of the view. All of it, unless the picture was made smaller.
    package let box: Picture.Box

    init(view: PixelView, box: Picture.Box) {
        self.view = view
        self.box = box
    }

    /// A region of pixels that are already there.
    package init(of view: PixelView, region: PixelRegion) {
        self.view = view.region(x: region.x, y: region.y, width: region.width, height: region.height)
        box = Picture.Box(left: 0, top: 0, right: Float(region.width), bottom: Float(region.height))
    }
}

/// The bytes of a picture file, which the caller owns, and what their header says.
package struct PictureFile {
    let bytes: UnsafeRawBufferPointer
    let codec: any PictureCodec
    let header: PictureHeader
    let orientation: Orientation

    /// What can be told without decoding.
    package var info: PictureInfo {
        PictureInfo(
            format: codec.format, width: orientation.swapsSides ? header.height : header.width,
            height: orientation.swapsSides ? header.width : header.height, channels: header.channels,
            hasAlpha: header.hasAlpha, depth: header.depth, orientation: orientation)
    }

    /// Gray stays gray, unless a coloured background shows through it.
    func channels(over background: [UInt8]) -> Int {
        let isGray = background[0] == background[1] && background[1] == background[2]
        return header.channels == 1 && (!header.hasAlpha || isGray) ? 1 : 3
    }

    /// Whether some region of it would be decoded smaller, were at least that many columns and rows wanted of it.
    package func mayShrink(leastWidth: Int, leastHeight: Int) -> Bool {
        codec.readsRegions
            && PixelRegion(x: 0, y: 0, width: info.width, height: info.height)
                .denominator(leastWidth: leastWidth, leastHeight: leastHeight) > 1
    }

    /// Decodes what is asked for. Traps if the region lies outside the picture; throws if the file is damaged.
    package func decode(_ request: DecodingRequest, memory: DecodingMemory) throws -> DecodedPart {
        let info = info
        let region = request.region ?? PixelRegion(x: 0, y: 0, width: info.width, height: info.height)
        precondition(region.fits(width: info.width, height: info.height), "\(region) of \(info)")
        let upright = Picture.Box(
            left: Float(region.x), top: Float(region.y), right: Float(region.x + region.width),
            bottom: Float(region.y + region.height))
        var denominator = 1
        if codec.readsRegions, let width = request.leastWidth, let height = request.leastHeight {
            denominator = region.denominator(leastWidth: width, leastHeight: height)
        }
        let width = (header.width + denominator - 1) / denominator
        let height = (header.height + denominator - 1) / denominator
        let stored = orientation.stored(upright, width: header.width, height: header.height)
            .divided(by: Float(denominator))
        let part = stored.outside(width: width, height: height)
        let view = try pixels(part, denominator, width, height, request, memory)
        let turned = turn(view, memory)
        let box = orientation.inverse.stored(stored.relative(to: part), width: turned.width, height: turned.height)
        return DecodedPart(view: turned, box: box)
    }

    /// The stored pixels of `part`, in a picture made smaller to `width` x `height`.
    private func pixels(
        _ part: PixelRegion, _ denominator: Int, _ width: Int, _ height: Int, _ request: DecodingRequest,
        _ memory: DecodingMemory
    ) throws -> PixelView {
        let channels = channels(over: request.background)
        let decoded = codec.readsRegions ? part : PixelRegion(x: 0, y: 0, width: width, height: height)
        let base = memory.stored.room(decoded.width * decoded.height * channels)
        try codec.decode(
            bytes, header: header,
            request: CodecRequest(
                channels: channels, background: request.background, denominator: denominator, region: decoded,
                colours: memory.conversions(request.colours)), into: base)
        let view = PixelView(
            base: UnsafePointer(base), width: decoded.width, height: decoded.height, channels: channels,
            stride: decoded.width * channels)
        return decoded == part ? view : view.region(x: part.x, y: part.y, width: part.width, height: part.height)
    }

    private func turn(_ view: PixelView, _ memory: DecodingMemory) -> PixelView {
        guard orientation != .upright else { return view }
        return orientation.turn(view, into: memory.turned.room(view.width * view.height * view.channels))
    }
}
