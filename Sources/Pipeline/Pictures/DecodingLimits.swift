// How large a picture may be before it is refused, and where a person says otherwise: in the environment, as with OpenCV, since
// it is a matter of the machine and not of one command.

import FoveaTensorCore
import Foundation

/// How much a picture may ask for. Held against what the header says, before anything is allocated.
package struct DecodingLimits: Sendable, Equatable {
    /// Columns times rows.
    package var pixels: Int
    /// Columns, and rows.
    package var side: Int
    /// Bytes of the file.
    package var fileBytes: Int

    /// Pillow's bound on pixels (twice its MAX_IMAGE_PIXELS), libpng's on sides, and half a gigabyte of file.
    package init(pixels: Int = 178_956_970, side: Int = 1_000_000, fileBytes: Int = 1 << 29) {
        self.pixels = pixels
        self.side = side
        self.fileBytes = fileBytes
    }

    /// The variables that set other limits.
    package static let (pixelsName, fileBytesName) = ("FOVEA_MAX_PIXELS", "FOVEA_MAX_FILE_BYTES")

    /// The limits that an environment sets. Throws a `Failure` of kind `.usage` if a variable is no number in its range;
    /// three samples a pixel must be counted in 31 bits.
    package init(environment: [String: String]) throws {
        self.init()
        func number(_ name: String, most: Int) throws -> Int? {
            guard let text = environment[name], !text.isEmpty else { return nil }
            guard let number = Int(text), (1...most).contains(number) else {
                throw Failure(.usage, "\(name) is \(text), it must be a whole number from 1 to \(most)")
            }
            return number
        }
        pixels = try number(Self.pixelsName, most: Int(Int32.max) / 3) ?? pixels
        fileBytes = try number(Self.fileBytesName, most: Int(Int32.max)) ?? fileBytes
    }

    /// Those of this process's environment; where that is not to be understood, the usual ones.
    package static let standard =
        (try? DecodingLimits(environment: ProcessInfo.processInfo.environment)) ?? DecodingLimits()
}
