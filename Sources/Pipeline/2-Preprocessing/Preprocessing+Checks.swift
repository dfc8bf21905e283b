// Whether a Preprocessing value makes sense. It comes from model files and command lines, so nonsense is an input error.

import FoveaTensorCore

extension Preprocessing {
    /// The shape of one picture as the network sees it: (C, H, W).
    package var shape: Shape { [channels, height, width] }

    /// Throws a `Failure` that names every field that cannot be.
    package func check() throws {
        var wrong: [String] = []
        if height < 1 || width < 1 || height > 65_536 || width > 65_536 {
            wrong.append("the size is \(height) x \(width), each side must be 1 to 65536")
        }
        if channels != 1 && channels != 3 { wrong.append("channels is \(channels), it must be 1 or 3") }
        if !(cropFraction > 0 && cropFraction <= 1) {
            wrong.append("cropFraction is \(cropFraction), it must be above 0 and at most 1")
        }
        if mean.count != channels || !mean.allSatisfy(\.isFinite) {
            wrong.append("mean is \(mean), it must be \(channels) numbers")
        }
        if deviation.count != channels || !deviation.allSatisfy({ $0.isFinite && $0 > 0 }) {
            wrong.append("deviation is \(deviation), it must be \(channels) positive numbers")
        }
        if background.count != 3 { wrong.append("background is \(background), it must be three numbers") }
        if padding.count != 3 { wrong.append("padding is \(padding), it must be three numbers") }
        guard wrong.isEmpty else { throw Failure(.model, "preprocessing: " + wrong.joined(separator: "; ")) }
    }
}
