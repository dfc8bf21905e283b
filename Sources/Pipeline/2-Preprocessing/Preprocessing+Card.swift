// Preprocessing as a model's card holds it. A card that is older says nothing of newer fields and keeps its meaning; a
// field that this program does not know is refused, since leaving it out would serve other pixels than were measured.

import FoveaTensorCore

extension Preprocessing {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case height, width, channels, resize, cropFraction, interpolation, mean, deviation, background, padding
        case colours, decoding
    }

    /// Any key, to find those that nobody knows.
    package init(from decoder: any Decoder) throws {
        let known = Set(CodingKeys.allCases.map(\.rawValue))
        for key in try decoder.container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: decoder.codingPath + [key],
                    debugDescription: "this program does not know the field \(key.stringValue)"))
        }
        let values = try decoder.container(keyedBy: CodingKeys.self)
        height = try values.decode(Int.self, forKey: .height)
        width = try values.decode(Int.self, forKey: .width)
        channels = try values.decode(Int.self, forKey: .channels)
        resize = try values.decode(ResizeMode.self, forKey: .resize)
        cropFraction = try values.decode(Double.self, forKey: .cropFraction)
        interpolation = try values.decode(Interpolation.self, forKey: .interpolation)
        mean = try values.decode([Float].self, forKey: .mean)
        deviation = try values.decode([Float].self, forKey: .deviation)
        background = try values.decode([UInt8].self, forKey: .background)
        padding = try values.decodeIfPresent([UInt8].self, forKey: .padding) ?? [0, 0, 0]
        colours = try values.decodeIfPresent(Colours.self, forKey: .colours) ?? .stored
        decoding = try values.decodeIfPresent(DecodingScale.self, forKey: .decoding) ?? .whole
    }

    /// Newer fields are written only where they mean something, so that older programs read what they can serve.
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(height, forKey: .height)
        try values.encode(width, forKey: .width)
        try values.encode(channels, forKey: .channels)
        try values.encode(resize, forKey: .resize)
        try values.encode(cropFraction, forKey: .cropFraction)
        try values.encode(interpolation, forKey: .interpolation)
        try values.encode(mean, forKey: .mean)
        try values.encode(deviation, forKey: .deviation)
        try values.encode(background, forKey: .background)
        if colours != .stored { try values.encode(colours, forKey: .colours) }
        if decoding != .whole { try values.encode(decoding, forKey: .decoding) }
        if resize == .pad || padding != [0, 0, 0] { try values.encode(padding, forKey: .padding) }
    }
}

extension Preprocessing {
    /// The crop fraction with which `.crop` does what timm's evaluation transform does for a `crop_pct`: timm cuts
    /// `size / crop_pct` off to a whole number, where torchvision's users state that number.
    package static func cropFraction(timm percentage: Double, size: Int) -> Double {
        Double(size) / (Double(size) / percentage).rounded(.down)
    }
}
