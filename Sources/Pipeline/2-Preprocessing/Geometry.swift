// Which part of a picture becomes the network's input, and at what scale: arithmetic on sizes only, no pixels. Rounding
// is torchvision's (Python's: halves to even; `int()` cuts off), so that the same picture gives the same window.

import Foundation
import FoveaPictures
import FoveaTensorCore

/// A region of the picture, the size it is resized to, and the window of that which is kept.
package struct Geometry: Sendable, Equatable {
    /// Corner and size of the region, in pixels of the upright picture. Nothing outside it has any influence.
    package var x: Int
    package var y: Int
    package var width: Int
    package var height: Int
    /// The size that the region becomes.
    package var resizedWidth: Int
    package var resizedHeight: Int
    /// The columns and rows of the resized region that are kept.
    package var columns: Range<Int>
    package var rows: Range<Int>
    /// Where the kept window stands in the network's input; beyond 0 only where padding stands beside it.
    package var left = 0
    package var top = 0
}

extension Preprocessing {
    /// The geometry of evaluation, prediction and unaugmented training.
    ///
    /// `.squash`: torchvision's `Resize((height, width))`.
    /// `.crop`: `Resize(round(size / cropFraction))` of the shorter side, then `CenterCrop((height, width))`; the longer
    /// side becomes `int(short' * long / short)`, and the window begins at `round((side' - size) / 2)`, halves to even.
    /// Where the network is not square, the picture is scaled so that it just covers
    /// `round(height / cropFraction)` x `round(width / cropFraction)`, by the same rule.
    /// `.pad`: Pillow's `ImageOps.pad((width, height))`.
    package func geometry(width pictureWidth: Int, height pictureHeight: Int) -> Geometry {
        if resize == .pad { return paddedGeometry(pictureWidth, pictureHeight) }
        var (newWidth, newHeight) = (width, height)
        if resize == .crop {
            newWidth = Int((Double(width) / cropFraction).rounded(.toNearestOrEven))
            newHeight = Int((Double(height) / cropFraction).rounded(.toNearestOrEven))
            if newWidth * pictureHeight >= newHeight * pictureWidth {
                newHeight = max(newHeight, Int(Double(newWidth * pictureHeight) / Double(pictureWidth)))
            } else {
                newWidth = max(newWidth, Int(Double(newHeight * pictureWidth) / Double(pictureHeight)))
            }
        }
        let left = Int((Double(newWidth - width) / 2).rounded(.toNearestOrEven))
        let top = Int((Double(newHeight - height) / 2).rounded(.toNearestOrEven))
        return Geometry(
            x: 0, y: 0, width: pictureWidth, height: pictureHeight, resizedWidth: newWidth, resizedHeight: newHeight,
            columns: left..<left + width, rows: top..<top + height)
    }

    private func paddedGeometry(_ pictureWidth: Int, _ pictureHeight: Int) -> Geometry {
        let (own, wanted) = (Double(pictureWidth) / Double(pictureHeight), Double(width) / Double(height))
        var (newWidth, newHeight) = (width, height)
        if own > wanted {
            let side = Double(pictureHeight) / Double(pictureWidth) * Double(width)
            newHeight = min(height, max(1, Int(side.rounded(.toNearestOrEven))))
        } else if own < wanted {
            let side = Double(pictureWidth) / Double(pictureHeight) * Double(height)
            newWidth = min(width, max(1, Int(side.rounded(.toNearestOrEven))))
        }
        return Geometry(
            x: 0, y: 0, width: pictureWidth, height: pictureHeight, resizedWidth: newWidth, resizedHeight: newHeight,
            columns: 0..<newWidth, rows: 0..<newHeight,
            left: Int((Double(width - newWidth) / 2).rounded(.toNearestOrEven)),
            top: Int((Double(height - newHeight) / 2).rounded(.toNearestOrEven)))
    }

    /// The geometry of torchvision's `RandomResizedCrop` (Szegedy et al. 2015): ten tries to place a region of a random
    /// part of the area and a random aspect ratio, then the largest centred region within the ratio.
    package func geometry(
        width pictureWidth: Int, height pictureHeight: Int, scale: ClosedRange<Float>, ratio: ClosedRange<Float>,
        stream: inout RandomStream
    ) -> Geometry {
        func whole(_ x: Int, _ y: Int, _ w: Int, _ h: Int) -> Geometry {
            Geometry(
                x: x, y: y, width: w, height: h, resizedWidth: width, resizedHeight: height, columns: 0..<width,
                rows: 0..<height)
        }
        if let found = stream.region(
            width: pictureWidth, height: pictureHeight, scale: scale, ratio: ratio,
            where: { $0 <= pictureWidth && $1 <= pictureHeight })
        {
            return whole(found.x, found.y, found.width, found.height)
        }
        let (narrow, wide) = (Double(ratio.lowerBound), Double(ratio.upperBound))
        let own = Double(pictureWidth) / Double(pictureHeight)
        var (w, h) = (pictureWidth, pictureHeight)
        if own < narrow {
            h = min(h, max(1, Int((Double(w) / narrow).rounded(.toNearestOrEven))))
        } else if own > wide {
            w = min(w, max(1, Int((Double(h) * wide).rounded(.toNearestOrEven))))
        }
        return whole((pictureWidth - w) / 2, (pictureHeight - h) / 2, w, h)
    }
}

extension RandomStream {
    /// A region of a random part of the area and a random aspect ratio (width by height) at a random place, as torchvision
    /// draws them: nil if ten tries gave none whose width and height are good.
    mutating func region(
        width: Int, height: Int, scale: ClosedRange<Float>, ratio: ClosedRange<Float>,
        where isGood: (_ width: Int, _ height: Int) -> Bool
    ) -> (x: Int, y: Int, width: Int, height: Int)? {
        let tries = 10
        for _ in 0..<tries {
            let area = Double(width * height) * Double(uniform(scale.lowerBound, scale.upperBound))
            let aspect = exp(Double(uniform(log(ratio.lowerBound), log(ratio.upperBound))))
            let w = Int((area * aspect).squareRoot().rounded(.toNearestOrEven))
            let h = Int((area / aspect).squareRoot().rounded(.toNearestOrEven))
            guard w > 0, h > 0, isGood(w, h) else { continue }
            let y = integer(below: height - h + 1)
            return (integer(below: width - w + 1), y, w, h)
        }
        return nil
    }
}
