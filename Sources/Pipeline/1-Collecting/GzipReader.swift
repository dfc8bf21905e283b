// A file read through zlib from its beginning to its end: IDX files and packed tar archives, gzipped or not. Says what is
// wrong with damaged data; never holds more than it is asked for.

import CZlib
import FoveaTensorCore
import Foundation

/// A file read through zlib, which passes on what is not gzipped as it is.
final class GzipReader {
    private let path: String
    private let file: gzFile
    /// The file's own size in bytes, as it lies on disk.
    let fileSize: Int

    init(_ path: String) throws {
        guard let found = attributes(of: path), isKind(S_IFREG, found), let file = gzopen(path, "rb") else {
            throw Failure(.data, "\(path): the file cannot be opened: \(systemReason())")
        }
        self.path = path
        self.file = file
        fileSize = Int(found.st_size)
        gzbuffer(file, 1 << 17)
    }

    deinit { gzclose(file) }

    /// The next `count` bytes, fewer where the file ends. Throws if the compressed data is damaged.
    func read(_ count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            // `buffer` belongs to the new array and is valid in this closure only.
            filled = 0
            while filled < count {
                let step = UInt32(min(count - filled, 1 << 30))
                let received = gzread(file, buffer.baseAddress.map { $0 + filled }, step)
                if received > 0 {
                    filled += Int(received)
                    continue
                }
                var code: Int32 = 0
                let reason = gzerror(file, &code).map { String(cString: $0) } ?? ""
                if code == Z_BUF_ERROR {
                    throw Failure(
                        .data, "\(path): cut short: the compressed data ends too early", advice: "Fetch the file again."
                    )
                }
                if received < 0 {
                    throw Failure(
                        .data, "\(path): the compressed data is damaged (\(reason))", advice: "Fetch the file again.")
                }
                break
            }
        }
    }
}

extension GzipReader: TarInput {
    /// Inflates and drops.
    func skip(_ count: Int) throws -> Bool {
        var left = count
        while left > 0 {
            let received = try read(min(left, 1 << 20)).count
            if received == 0 { return false }
            left -= received
        }
        return true
    }
}
