// What one thread decodes with: buffers that are used again, and the colour conversions of the profiles it has met.

import CImageCodecs

/// What the samples of a file mean.
package enum Colours: String, Codable, Sendable, CaseIterable {
    /// The samples as the file has them; an embedded profile is ignored, as torchvision and plain Pillow do.
    case stored
    /// Converted to sRGB by the embedded ICC profile, where there is one: what a person sees on a screen.
    case sRGB
}

/// Reusable memory for decoding. Belongs to one thread at a time.
package final class DecodingMemory {
    let stored = PixelBuffer()
    let turned = PixelBuffer()
    private var opened: OpaquePointer?

    package init() {}

    deinit { fovea_colours_close(opened) }

    /// The conversions to sRGB; nil where nothing is to be converted.
    func conversions(_ colours: Colours) -> OpaquePointer? {
        guard colours == .sRGB else { return nil }
        if opened == nil { opened = fovea_colours_open() }
        return opened
    }
}
