// Pictures of an IDX pair: one file of pictures, one of labels. The bytes are held once, however many parts refer to them.

import FoveaPictures
import FoveaTensorCore

/// The pictures of one IDX pair, grayscale.
package struct IDXSource: Source {
    /// `train-images[17]` and its label.
    package let entries: [Entry]
    /// Rows of each picture.
    package let height: Int
    /// Columns of each picture.
    package let width: Int
    /// (N, H, W), 0...255.
    private let pixels: [UInt8]
    /// The labels as the file holds them.
    let labels: [UInt8]

    /// Reads a pair. Throws if a file is damaged, or the two hold different numbers of items.
    init(images: String, labels labelPath: String, name: String) throws {
        let labels = try IDXFile(reading: labelPath, rank: 1)
        let images = try (path: images, file: IDXFile(reading: images, rank: 3))
        guard labels.dimensions[0] == images.file.dimensions[0] else {
            throw Failure(
                .data,
                "\(images.path) holds \(images.file.dimensions[0]) pictures, but \(labelPath) holds "
                    + "\(labels.dimensions[0]) labels",
                advice: "The two files belong to different data sets; fetch both again.")
        }
        entries = labels.bytes.enumerated().map { Entry(name: "\(name)[\($0)]", label: Int($1)) }
        height = images.file.dimensions[1]
        width = images.file.dimensions[2]
        pixels = images.file.bytes
        self.labels = labels.bytes
    }

    /// The pixels of picture `index`.
    package func content(at index: Int) throws -> PictureContent {
        let size = height * width
        let picture = pixels[index * size..<(index + 1) * size]
        return .raw(Picture(width: width, height: height, channels: 1, pixels: Array(picture)))
    }
}
