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
        let tries = 10
        let area = Double(width * height)
        for _ in 0..<tries {
            let target = area * Double(stream.uniform(scale.lowerBound, scale.upperBound))
            let aspect = exp(Double(stream.uniform(log(ratio.lowerBound), log(ratio.upperBound))))
            let h = Int((target * aspect).squareRoot().rounded(.toNearestOrEven))
            let w = Int((target / aspect).squareRoot().rounded(.toNearestOrEven))
            guard h > 0, w > 0, h < height, w < width else { continue }
            let top = stream.integer(below: height - h + 1)
            let left = stream.integer(below: width - w + 1)
            return (top..<top + h, left..<left + w)
        }
        return nil
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
