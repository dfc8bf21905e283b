// Where the tests of this target find goldens, and how they compare pictures.

import Foundation
import FoveaPictures

/// Tests/Golden/pictures.
let goldens = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Golden/pictures")

func bytes(of file: URL) throws -> [UInt8] { try [UInt8](Data(contentsOf: file)) }

/// The most that two samples differ by, or nil if the pictures have different sizes.
func largestDifference(_ one: Picture, _ other: Picture) -> Int? {
    guard one.width == other.width, one.height == other.height, one.channels == other.channels else { return nil }
    return zip(one.pixels, other.pixels).reduce(0) { max($0, abs(Int($1.0) - Int($1.1))) }
}

/// The mean of each of red, green and blue.
func means(_ picture: Picture) -> [Double] {
    let colours = picture.coloured()
    return (0..<3).map { channel in
        var sum = 0
        for index in stride(from: channel, to: colours.pixels.count, by: 3) { sum += Int(colours.pixels[index]) }
        return Double(sum) / Double(colours.width * colours.height)
    }
}
