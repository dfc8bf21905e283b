// Pictures for the tests of inspection: shapes at random places in random colours, no two alike, and the changes that make
// a near duplicate of one.

import FoveaPictures
import FoveaTestSupport
import Foundation

/// Made pictures with edges and surfaces, as photographs have them.
enum InspectedPictures {
    /// Picture `number`; the same for the same number.
    static func picture(_ number: Int, width: Int = 160, height: Int = 120) -> Picture {
        var state = UInt64(number + 1) &* 0x9E37_79B9_7F4A_7C15 | 1
        func draw(_ below: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state >> 33) % below
        }
        let ground = (0..<3).map { _ in 60 + draw(100) }
        var pixels: [UInt8] = []
        for row in 0..<height {
            for column in 0..<width {
                for channel in 0..<3 { pixels.append(UInt8(ground[channel] + row * 40 / height + column * 30 / width)) }
            }
        }
        for _ in 0..<14 {
            let (x, y) = (draw(width), draw(height))
            let (halfWidth, halfHeight) = (8 + draw(width / 4), 8 + draw(height / 4))
            let isRound = draw(2) == 0
            let colour = (0..<3).map { _ in UInt8(draw(256)) }
            for row in max(0, y - halfHeight)..<min(height, y + halfHeight) {
                for column in max(0, x - halfWidth)..<min(width, x + halfWidth) {
                    let across = Double(column - x) / Double(halfWidth)
                    let down = Double(row - y) / Double(halfHeight)
                    guard !isRound || across * across + down * down < 1 else { continue }
                    for channel in 0..<3 { pixels[(row * width + column) * 3 + channel] = colour[channel] }
                }
            }
        }
        return Picture(width: width, height: height, channels: 3, pixels: pixels)
    }

    /// One of four near duplicates: with the noise of another encoding, smaller, cut, mirrored.
    static func changed(_ picture: Picture, _ kind: Int) -> Picture {
        switch kind % 4 {
        case 0:
            var noisy = picture
            for index in noisy.pixels.indices {
                noisy.pixels[index] = UInt8(clamping: Int(picture.pixels[index]) / 4 * 4 + (index * 7919 >> 3) % 5)
            }
            return noisy
        case 1: return picture.resized(width: 120, height: 90, .bicubic)
        case 2: return picture.cropped(x: 6, y: 2, width: picture.width - 10, height: picture.height - 7)
        default: return picture.mirrored()
        }
    }

    static func file(_ picture: Picture) throws -> [UInt8] { try picture.png() }

    /// Paths, contents and times of all files below a folder, as one text.
    static func tree(_ folder: String) throws -> String {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
        return try paths.map { path in
            let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/" + path)
            let content = FileManager.default.contents(atPath: folder + "/" + path)?.base64EncodedString() ?? "folder"
            return "\(path) \(attributes[.modificationDate] ?? "") \(attributes[.posixPermissions] ?? "") \(content)"
        }.joined(separator: "\n")
    }
}
