// Folders of little pictures that a network learns in an epoch: each class a shade and a stripe, with noise, so that no
// two files are equal.

/// Pictures made from a number and a class.
package enum SyntheticPictures {
    /// The samples of picture `number` of class `label`, (side, side, channels).
    package static func samples(label: Int, number: Int, side: Int, channels: Int) -> [UInt8] {
        var state = UInt64(label * 1_000_003 + number * 7919 + side) &* 0x9E37_79B9_7F4A_7C15 | 1
        func noise() -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state >> 33 & 31)
        }
        var samples: [UInt8] = []
        for row in 0..<side {
            for column in 0..<side {
                let stripe = label % 2 == 0 ? row : column
                let bright = (stripe / max(1, side / (4 + label))) % 2 == 0
                for channel in 0..<channels {
                    let tint = channel == label % 3 ? 60 : 0
                    samples.append(UInt8((bright ? 150 : 40) + tint + noise()))
                }
            }
        }
        return samples
    }

    /// A PNG file.
    package static func file(label: Int, number: Int, side: Int = 24, channels: Int = 3) -> [UInt8] {
        png(
            width: side, height: side, channels: channels,
            samples(label: label, number: number, side: side, channels: channels))
    }

    /// `count` PNG files a class in class folders below `folder`.
    package static func write(
        _ count: Int, classes: [String], in folder: TemporaryFolder, below prefix: String = "", side: Int = 24,
        channels: Int = 3, from first: Int = 0
    ) throws {
        for (label, name) in classes.enumerated() {
            for number in first..<first + count {
                try folder.write(
                    "\(prefix)\(name)/\(number).png", file(label: label, number: number, side: side, channels: channels)
                )
            }
        }
    }
}
