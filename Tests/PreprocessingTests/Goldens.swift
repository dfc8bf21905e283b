// Where the tests of this target find goldens.

import Foundation
import FoveaPictures

/// Tests/Golden/pictures.
let goldens = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Golden/pictures")

func bytes(of file: URL) throws -> [UInt8] { try [UInt8](Data(contentsOf: file)) }

func golden(_ name: String) throws -> Picture {
    try PictureDecoder.decode(try bytes(of: goldens.appending(path: name)))
}

/// Raw little-endian floats.
func tensor(_ name: String) throws -> [Float] {
    let bytes = try bytes(of: goldens.appending(path: name))
    return stride(from: 0, to: bytes.count, by: 4).map { offset in
        Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) })
    }
}
