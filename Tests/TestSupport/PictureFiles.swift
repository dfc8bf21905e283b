// Picture files made by tests: PNG with stored (uncompressed) data and gray JPEG of flat blocks, so that no test needs a
// codec that writes.

import Foundation

/// The bytes of a PNG file of 8-bit samples, (height, width, channels); 1 gray or 3 RGB channels.
package func png(width: Int, height: Int, channels: Int, _ samples: [UInt8]) -> [UInt8] {
    precondition(samples.count == width * height * channels, "\(samples.count) samples")
    var rows: [UInt8] = []
    for row in 0..<height { rows += [0] + samples[row * width * channels..<(row + 1) * width * channels] }
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        + chunk("IHDR", pngHeader(width: width, height: height, channels: channels))
        + chunk("IDAT", stored(rows)) + chunk("IEND", [])
}

/// The first bytes of a PNG file that claims a size, and nothing behind them.
package func pngClaiming(width: Int, height: Int) -> [UInt8] {
    [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        + chunk("IHDR", pngHeader(width: width, height: height, channels: 3)) + chunk("IDAT", stored([0, 0, 0, 0]))
        + chunk("IEND", [])
}

private func bigEndian(_ value: Int) -> [UInt8] {
    (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

private func pngHeader(width: Int, height: Int, channels: Int) -> [UInt8] {
    bigEndian(width) + bigEndian(height) + [8, channels == 1 ? 0 : 2, 0, 0, 0]
}

private func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + content
    return bigEndian(content.count) + body + bigEndian(Int(crc(body)))
}

/// zlib's format with blocks that are not compressed (RFC 1950, RFC 1951 section 3.2.4).
private func stored(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [0x78, 0x01]
    var start = 0
    repeat {
        let end = min(start + 65_535, bytes.count)
        let count = end - start
        result += [end == bytes.count ? 1 : 0, UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255)]
        result += [UInt8((~count >> 8) & 255)] + bytes[start..<end]
        start = end
    } while start < bytes.count
    var (a, b) = (1, 0)
    for byte in bytes {
        a = (a + Int(byte)) % 65_521
        b = (b + a) % 65_521
    }
    return result + bigEndian(b << 16 | a)
}

/// CRC-32 as PNG wants it.
private func crc(_ bytes: [UInt8]) -> UInt32 {
    var value: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        value ^= UInt32(byte)
        for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }
    return ~value
}

/// The bytes of a gray JPEG file of 8 x 8 blocks, each of one shade; `shades` row by row, `columns` blocks a row.
package func grayJPEG(columns: Int, _ shades: [UInt8]) -> [UInt8] {
    let rows = shades.count / columns
    func segment(_ marker: UInt8, _ content: [UInt8]) -> [UInt8] {
        [0xFF, marker, UInt8((content.count + 2) >> 8), UInt8((content.count + 2) & 255)] + content
    }
    let (width, height) = (columns * 8, rows * 8)
    var bytes: [UInt8] = [0xFF, 0xD8]
    bytes += segment(0xDB, [0] + [UInt8](repeating: 8, count: 64))
    bytes += segment(
        0xC0, [8, UInt8(height >> 8), UInt8(height & 255), UInt8(width >> 8), UInt8(width & 255), 1, 1, 0x11, 0])
    // Categories 0 to 8 of four bits each; the end of a block as the only other code.
    bytes += segment(0xC4, [0x00, 0, 0, 0, 9] + [UInt8](repeating: 0, count: 12) + Array(0...8))
    bytes += segment(0xC4, [0x10, 1] + [UInt8](repeating: 0, count: 15) + [0])
    bytes += segment(0xDA, [1, 1, 0x00, 0, 63, 0])
    var bits: [UInt8] = []
    func append(_ value: Int, _ count: Int) {
        for place in (0..<count).reversed() { bits.append(UInt8(value >> place & 1)) }
    }
    var last = 0
    for shade in shades {
        // A flat block of value v has the mean coefficient 8 (v - 128); the quantiser is 8.
        let difference = Int(shade) - 128 - last
        last = Int(shade) - 128
        var category = 0
        while abs(difference) >> category > 0 { category += 1 }
        append(category, 4)
        append(difference >= 0 ? difference : difference + (1 << category) - 1, category)
        append(0, 1)
    }
    while bits.count % 8 != 0 { bits.append(1) }
    for start in stride(from: 0, to: bits.count, by: 8) {
        let byte = bits[start..<start + 8].reduce(0) { $0 << 1 | $1 }
        bytes += byte == 0xFF ? [0xFF, 0] : [byte]
    }
    return bytes + [0xFF, 0xD9]
}
