// IDX, the file format of MNIST: two zero bytes, a type, the number of dimensions, the dimensions as big-endian 32-bit
// numbers, then the elements; often gzipped. Read strictly: header and length must agree to the byte.

import FoveaTensorCore
import Foundation

/// An array of bytes read from an IDX file.
struct IDXFile {
    /// The extents, outermost first.
    let dimensions: [Int]
    /// The elements, row-major.
    let bytes: [UInt8]

    /// No side of a picture is longer.
    static let longestSide = 4096
    /// Deflate shrinks nothing further than this (zlib's technical notes: 1032 to 1).
    private static let largestRatio = 1040

    /// Reads the file, gzipped or not. Throws a `Failure` of kind `.data` if it is not `rank`-dimensional bytes, or
    /// is shorter or longer than its header says.
    init(reading path: String, rank: Int) throws {
        let stream = try GzipReader(path)
        let header = try stream.read(4 + 4 * rank)
        let magic: [UInt8] = [0, 0, 8, UInt8(rank)]
        guard header.count >= 4, Array(header.prefix(4)) == magic else {
            let start = header.prefix(4).map { String(format: "%02x", Int($0)) }.joined(separator: " ")
            throw Failure(
                .data,
                "\(path): not an IDX file of \(rank)-dimensional bytes: it should start with 00 00 08 0\(rank), "
                    + (start.isEmpty ? "but it is empty" : "but starts with \(start)"),
                advice: "Fetch the file again, and check that it was not replaced by a web page or an archive.")
        }
        guard header.count == 4 + 4 * rank else { throw Self.cutShort(path, wanted: 4 + 4 * rank, header.count) }
        dimensions = (0..<rank).map { axis in
            header[4 + 4 * axis..<8 + 4 * axis].reduce(0) { $0 << 8 | Int($1) }
        }
        let shape = dimensions.map(String.init).joined(separator: " x ")
        guard dimensions.allSatisfy({ $0 > 0 }), dimensions.dropFirst().allSatisfy({ $0 <= Self.longestSide }) else {
            throw Failure(.data, "\(path): the header says \(shape), which cannot be")
        }
        let wanted = dimensions.reduce(1, *)  // below 2^31 * 2^12 * 2^12: cannot overflow
        guard wanted / Self.largestRatio <= stream.fileSize else {
            throw Self.cutShort(path, wanted: header.count + wanted, nil)
        }
        bytes = try stream.read(wanted)
        guard bytes.count == wanted else {
            throw Self.cutShort(path, wanted: header.count + wanted, header.count + bytes.count)
        }
        guard try stream.read(1).isEmpty else {
            throw Failure(
                .data, "\(path): the file goes on after the \(shape) bytes that its header says",
                advice: "Fetch the file again.")
        }
    }

    private static func cutShort(_ path: String, wanted: Int, _ found: Int?) -> Failure {
        Failure(
            .data,
            "\(path): cut short: its header says \(wanted) bytes in all, "
                + (found.map { "but there are \($0)" } ?? "far more than the file can hold"),
            advice: "Fetch the file again.")
    }
}
