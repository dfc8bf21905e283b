// A folder of a test's own, gone with the test.

import Foundation

/// The bytes of a file.
package func fileBytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }

/// A new empty folder, deleted when the last reference goes.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        path = FileManager.default.temporaryDirectory.path + "/fovea-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file below the folder, and the folders above it; returns its path.
    @discardableResult
    package func write(_ name: String, _ bytes: [UInt8] = [1, 2, 3]) throws -> String {
        let file = path + "/" + name
        // POSIX calls: Foundation's may change the Unicode form of a name.
        var descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        if descriptor < 0, errno == ENOENT {
            mkdirs(file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/"))
            descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        }
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        defer { close(descriptor) }
        guard Foundation.write(descriptor, bytes, bytes.count) == bytes.count else { throw POSIXError(.EIO) }
        return file
    }

    /// Makes a folder below the folder; returns its path.
    @discardableResult
    package func folder(_ name: String) -> String {
        mkdirs(path + "/" + name)
        return path + "/" + name
    }

    /// `count` different pictures (their bytes differ, they are not real) in a folder.
    package func pictures(_ count: Int, in folder: String, from first: Int = 0) throws {
        for number in first..<first + count { try write("\(folder)/\(number).jpg", Array("\(folder) \(number)".utf8)) }
    }

    private func mkdirs(_ folder: String) {
        var made = ""
        for part in folder.split(separator: "/") {
            made += "/" + part
            mkdir(made, 0o755)
        }
    }
}

/// IDX bytes: header and elements.
package func idx(_ dimensions: [Int], _ elements: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0, 0, 8, UInt8(dimensions.count)]
    for extent in dimensions { bytes += (0..<4).reversed().map { UInt8(truncatingIfNeeded: extent >> (8 * $0)) } }
    return bytes + elements
}
