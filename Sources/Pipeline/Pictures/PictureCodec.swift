// The seam for file formats: one value per format that can be read. Adding one is a file like this, its C behind
// CImageCodecs, and a line in `PictureDecoder.codecs`.

import CImageCodecs
import FoveaTensorCore

/// What a file says of itself before its pixels are touched.
package struct PictureHeader: Sendable, Equatable {
    /// Columns as stored, before any turning.
    package let width: Int
    /// Rows as stored.
    package let height: Int
    /// 1 gray, 3 colour.
    package let channels: Int
    /// Whether some pixel may be transparent.
    package let hasAlpha: Bool
    /// Bits a sample in the file.
    package let depth: Int
}

/// Reads one file format.
protocol PictureCodec: Sendable {
    /// The format that it reads.
    var format: PictureFormat { get }
    /// The size and kind of pixels; allocates next to nothing.
    func header(_ bytes: UnsafeRawBufferPointer) throws -> PictureHeader
    /// Writes (header.height, header.width, channels) samples to `pixels`, transparent ones laid over `background`.
    /// `channels` is 1, for gray files only, or 3.
    func decode(
        _ bytes: UnsafeRawBufferPointer, header: PictureHeader, channels: Int, background: [UInt8],
        into pixels: UnsafeMutablePointer<UInt8>) throws
}

/// A codec whose two functions are C, in CImageCodecs.
struct CPictureCodec: PictureCodec {
    typealias Bytes = UnsafePointer<UInt8>
    typealias ReadHeader =
        @Sendable (Bytes?, Int, UnsafeMutablePointer<fovea_codec_header>?, UnsafeMutablePointer<fovea_codec_error>?) ->
        fovea_codec_status
    typealias Decode =
        @Sendable (
            Bytes?, Int, UnsafePointer<fovea_codec_header>?, Int32, Bytes?, UnsafeMutablePointer<UInt8>?,
            UnsafeMutablePointer<fovea_codec_error>?
        ) -> fovea_codec_status

    let format: PictureFormat
    let readHeader: ReadHeader
    let decodePixels: Decode

    func header(_ bytes: UnsafeRawBufferPointer) throws -> PictureHeader {
        var header = fovea_codec_header()
        var error = fovea_codec_error()
        guard readHeader(bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &header, &error) == FOVEA_CODEC_OK
        else { throw failure(error) }
        return PictureHeader(
            width: Int(header.width), height: Int(header.height), channels: Int(header.channels),
            hasAlpha: header.alpha != 0, depth: Int(header.depth))
    }

    func decode(
        _ bytes: UnsafeRawBufferPointer, header: PictureHeader, channels: Int, background: [UInt8],
        into pixels: UnsafeMutablePointer<UInt8>
    ) throws {
        var expected = fovea_codec_header(
            width: Int64(header.width), height: Int64(header.height), channels: Int32(header.channels),
            alpha: header.hasAlpha ? 1 : 0, depth: Int32(header.depth))
        var error = fovea_codec_error()
        let status = decodePixels(
            bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &expected, Int32(channels), background, pixels,
            &error)
        guard status == FOVEA_CODEC_OK else { throw failure(error) }
    }

    private func failure(_ error: fovea_codec_error) -> Failure {
        let text = withUnsafeBytes(of: error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        switch error.status {
        case FOVEA_CODEC_TRUNCATED:
            return Failure(.data, "the \(format.rawValue) file is truncated: \(text)", advice: "Fetch it again.")
        case FOVEA_CODEC_UNSUPPORTED:
            return Failure(.data, "a \(format.rawValue) file of a kind that Fovea does not read: \(text)")
        case FOVEA_CODEC_NO_MEMORY:
            return Failure(.work, "no memory left to decode a \(format.rawValue) file: \(text)")
        default:
            return Failure(.data, "the \(format.rawValue) file is damaged: \(text)")
        }
    }
}
