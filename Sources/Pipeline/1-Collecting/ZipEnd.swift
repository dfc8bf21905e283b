// Where a zip file's directory stands: the record at the file's end that points to it, narrow or zip64 (APPNOTE 4.3.14 to
// 4.3.16). Finds the directory and reads none of it.

import FoveaTensorCore

/// The end of a zip file's central directory.
struct ZipEnd {
    /// Where the directory begins in the file.
    let position: Int
    /// Its bytes.
    let size: Int
    /// Its entries.
    let count: Int
    /// Bytes that stand before the archive in the file, as in one that unpacks itself.
    let shift: Int

    /// Finds it. Throws a `Failure` of kind `.data` if there is none.
    init(_ descriptor: Int32, fileSize: Int, _ path: String) throws {
        let tailSize = min(fileSize, 22 + 65_535)
        let tail = try readBytes(descriptor, at: fileSize - tailSize, count: tailSize, path)
        guard let place = Self.signature(in: tail) else {
            throw ZipDirectory.damaged(path, "its end, which holds the directory, is missing")
        }
        let record = tail[place...]
        var numbers = (
            count: record.littleEndian(at: 10, 2), size: record.littleEndian(at: 12, 4),
            offset: record.littleEndian(at: 16, 4)
        )
        let disks = [4, 6].map { record.littleEndian(at: $0, 2) }
        var end = fileSize - tailSize + place
        let locator = try readBytes(descriptor, at: max(0, end - 20), count: min(20, end), path)[...]
        if locator.count == 20, locator.littleEndian(at: 0, 4) == 0x0706_4B50 {
            // The wide record stands in front of its locator, wherever the archive begins in the file.
            let wide = try readBytes(descriptor, at: max(0, end - 76), count: min(56, end), path)[...]
            guard wide.count == 56, wide.littleEndian(at: 0, 4) == 0x0606_4B50 else {
                throw ZipDirectory.damaged(path, "its zip64 record is missing")
            }
            numbers = (
                wide.littleEndian(at: 32, 8), wide.littleEndian(at: 40, 8), wide.littleEndian(at: 48, 8)
            )
            end -= 76
        } else if disks != [0, 0] {
            throw Failure(
                .data, "\(path): one part of a zip file in several",
                advice: "Join the parts: zip -s 0 PART.zip -O ALL.zip")
        }
        guard let size = Int(exactly: numbers.size), let offset = Int(exactly: numbers.offset),
            let count = Int(exactly: numbers.count), size <= end, offset <= end - size, count <= size / 46
        else { throw ZipDirectory.damaged(path, "its directory would lie beyond its end") }
        position = end - size
        shift = position - offset
        self.size = size
        self.count = count
    }

    /// The last place where the end record may begin: its comment reaches to the end of the file.
    private static func signature(in tail: [UInt8]) -> Int? {
        guard tail.count >= 22 else { return nil }
        return (0...tail.count - 22).last { place in
            tail[place] == 0x50 && tail[place...].littleEndian(at: 0, 4) == 0x0605_4B50
                && place + 22 + Int(tail[place...].littleEndian(at: 20, 2)) <= tail.count
        }
    }
}
