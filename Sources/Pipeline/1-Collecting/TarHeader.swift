// Headers of tar members as `fovea collect` writes them: plain ustar (POSIX.1-1988), short names, no owner, no time, so that
// equal pictures give equal shards. Reading them is TarWalk's business.

import FoveaTensorCore

/// Writes ustar headers.
enum TarHeader {
    /// The 512 bytes in front of a member. The name has 100 bytes at most and the member less than 8 GB.
    static func bytes(name: String, size: Int) -> [UInt8] {
        precondition(name.utf8.count <= 100 && size < 1 << 33, "\(name), \(size) bytes")
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at place: Int) {
            for (index, byte) in text.utf8.enumerated() { header[place + index] = byte }
        }
        put(name, at: 0)
        put("0000644", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(octal(size, 11), at: 124)
        put("00000000000", at: 136)
        header[156] = UInt8(ascii: "0")
        put("ustar\u{0}00", at: 257)
        for place in 148..<156 { header[place] = 0x20 }
        put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\u{0}", at: 148)
        return header
    }

    /// The zeros between a member of this size and the next header.
    static func padding(_ size: Int) -> [UInt8] { [UInt8](repeating: 0, count: (512 - size % 512) % 512) }

    /// The two empty blocks that end an archive.
    static let end = [UInt8](repeating: 0, count: 1024)

    private static func octal(_ value: Int, _ count: Int) -> String {
        let digits = String(value, radix: 8)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}
