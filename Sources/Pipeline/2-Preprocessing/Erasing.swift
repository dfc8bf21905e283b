// Random erasing (Zhong et al. 2017): a rectangle of the network's input becomes the mean colour. Works on the normalised
// floats, where the mean is zero.

import FoveaTensorCore
import Foundation

extension RandomErasing {
    /// The rectangle of one picture, or nil for none: torchvision's `RandomErasing`, ten tries to place one.
    package func draw(
        _ stream: inout RandomStream, height: Int, width: Int
    ) -> (rows: Range<Int>, columns: Range<Int>)? {
        guard stream.happens(probability) else { return nil }
        return stream.region(width: width, height: height, scale: scale, ratio: ratio) { $0 < width && $1 < height }
            .map { ($0.y..<$0.y + $0.height, $0.x..<$0.x + $0.width) }
    }

    /// Erases within (channels, height, width).
    func erase(
        _ pixels: UnsafeMutablePointer<Float>, channels: Int, height: Int, width: Int, _ stream: inout RandomStream
    ) {
        guard let (rows, columns) = draw(&stream, height: height, width: width) else { return }
        for channel in 0..<channels {
            for y in rows {
                (pixels + (channel * height + y) * width + columns.lowerBound).update(
                    repeating: 0, count: columns.count)
            }
        }
    }
}
