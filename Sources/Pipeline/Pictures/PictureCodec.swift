// The seam for file formats: one value per format that can be read. Adding one is its C behind CImageCodecs and a line in
// `PictureDecoder.codecs`.

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

/// What is wanted of the pixels of one file.
struct CodecRequest {
    /// 1, for gray files only, or 3.
    var channels: Int
    /// RGB; transparent pixels are laid over it.
    var background: [UInt8]
    /// 1, or where the codec can: 2, 4 or 8, by which the picture is made smaller while decoding.
    var denominator: Int
    /// In stored pixels of the picture so made smaller; the whole, where the codec does not read regions.
    var region: PixelRegion
    /// For the conversion to sRGB; nil leaves samples as they are stored.
    var colours: OpaquePointer?
}

/// Reads one file format.
protocol PictureCodec: Sendable {
    /// The format that it reads.
    var format: PictureFormat { get }
    /// Whether it can decode a part of the picture, and a smaller picture, for less than the whole costs.
    var readsRegions: Bool { get }
    /// The size and kind of pixels; allocates next to nothing.
    func header(_ bytes: UnsafeRawBufferPointer) throws -> PictureHeader
    /// Writes (region.height, region.width, channels) samples to `pixels`.
    func decode(
        _ bytes: UnsafeRawBufferPointer, header: PictureHeader, request: CodecRequest,
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
            Bytes?, Int, UnsafePointer<fovea_codec_header>?, UnsafePointer<fovea_codec_request>?,
            UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<fovea_codec_error>?
        ) -> fovea_codec_status

    let format: PictureFormat
    var readsRegions = false
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
        _ bytes: UnsafeRawBufferPointer, header: PictureHeader, request: CodecRequest,
        into pixels: UnsafeMutablePointer<UInt8>
    ) throws {
        var expected = fovea_codec_header(
            width: Int64(header.width), height: Int64(header.height), channels: Int32(header.channels),
            alpha: header.hasAlpha ? 1 : 0, depth: Int32(header.depth))
        let background = request.background
        var wanted = fovea_codec_request(
            channels: Int32(request.channels), background: (background[0], background[1], background[2]),
            denominator: Int32(request.denominator), x: Int64(request.region.x), y: Int64(request.region.y),
            width: Int64(request.region.width), height: Int64(request.region.height), colours: request.colours)
        var error = fovea_codec_error()
        let status = decodePixels(
            bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &expected, &wanted, pixels, &error)
        guard status == FOVEA_CODEC_OK else { throw failure(error) }
    }

    private func failure(_ error: fovea_codec_error) -> Failure {
        let text = withUnsafeBytes(of: error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return PictureRefusal.failure(error.status, text, format)
    }
}
