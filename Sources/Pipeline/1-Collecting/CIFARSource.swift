// Pictures of CIFAR's binary files: records of one or two label bytes and 3,072 bytes of a 32 x 32 picture in red, green
// and blue planes (Krizhevsky 2009). A collection may be truncated after any record, never within one.

import FoveaPictures
import FoveaTensorCore

/// The pictures of some CIFAR files.
package struct CIFARSource: Source {
    package let entries: [Entry]
    /// Whole records, one after the other.
    private let records: [UInt8]
    private let recordSize: Int

    static let side = 32
    static let pictureSize = 3 * side * side

    /// The records of several files under their names. `labelBytes` is 1 for CIFAR-10, 2 for CIFAR-100, whose second byte
    /// is the fine label. Throws a `Failure` of kind `.data` if a file ends within a record, or a label is none.
    init(_ files: [(name: String, bytes: [UInt8])], labelBytes: Int, classCount: Int) throws {
        let size = labelBytes + Self.pictureSize
        var entries: [Entry] = []
        for (path, bytes) in files {
            guard !bytes.isEmpty, bytes.count.isMultiple(of: size) else {
                throw Failure(
                    .data,
                    "\(path): \(bytes.count) bytes are no whole number of records of \(size) bytes "
                        + "(\(labelBytes == 1 ? "a label" : "two labels") and \(Self.pictureSize) of a picture)",
                    advice: "Fetch the file again.")
            }
            let last = path.split(separator: "/").last.map(String.init) ?? path
            let stem = last.hasSuffix(".bin") ? String(last.dropLast(4)) : last
            for number in 0..<bytes.count / size {
                let label = Int(bytes[number * size + labelBytes - 1])
                guard label < classCount else {
                    throw Failure(
                        .data,
                        "\(path): the label of record \(number) is \(label), but there are \(classCount) classes",
                        advice: "The file belongs to another data set, or is damaged; fetch it again.")
                }
                entries.append(Entry(name: "\(stem)[\(number)]", label: label))
            }
        }
        self.entries = entries
        recordSize = size
        records = files.count == 1 ? files[0].bytes : Array(files.map(\.bytes).joined())
    }

    /// The pixels of picture `index`, channels interleaved.
    package func content(at index: Int) throws -> PictureContent {
        let plane = Self.side * Self.side
        let start = (index + 1) * recordSize - Self.pictureSize
        // (C, H, W) to (H, W, C)
        let pixels = [UInt8](unsafeUninitializedCapacity: Self.pictureSize) { buffer, count in
            for place in 0..<plane {
                for channel in 0..<3 { buffer[place * 3 + channel] = records[start + channel * plane + place] }
            }
            count = Self.pictureSize
        }
        return .raw(Picture(width: Self.side, height: Self.side, channels: 3, pixels: pixels))
    }
}
