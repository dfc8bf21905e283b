// libFuzzer harnesses for parsers that are written in Swift, one for each -D flag of scripts/fuzz.sh. Their sources are
// compiled into this module, so that they are instrumented and `package` names are seen. Wrong input may throw a
// `Failure`; anything else stops the run.

import Foundation

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    do {
        try parse(bytes)
    } catch {
        precondition(error is Failure, "\(error)")
    }
    return 0
}

#if FUZZ_safetensors
    /// The header's JSON alone, with as many bytes behind it as its last tensor says.
    private func parse(_ bytes: UnsafeRawBufferPointer) throws {
        let digits = bytes.split(separator: UInt8(ascii: ",")).last?.prefix { $0 != UInt8(ascii: "]") } ?? bytes[..<0]
        let size = Int(String(decoding: digits, as: UTF8.self)) ?? 0
        let header = try SafeTensorsHeader(json: bytes, dataByteCount: size, file: "fuzzed")
        let total = header.entries.reduce(0) { $0 + $1.bytes.count }
        precondition(total == size, "\(total) bytes of \(size)")
    }
#elseif FUZZ_exif
    /// The format, and the orientation that each format's reader finds.
    private func parse(_ bytes: UnsafeRawBufferPointer) throws {
        _ = PictureFormat.of(bytes)
        for format in [PictureFormat.jpeg, .png, .webp, .tiff] { _ = Orientation.of(bytes, format: format) }
    }
#endif
