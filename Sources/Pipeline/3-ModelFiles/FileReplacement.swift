// Writes a file so that it is there in full or not at all: a temporary file beside the target, synced, renamed over it,
// and the folder synced. Whatever fails on the way, an older file of that name is untouched and nothing partial is left.

import FoveaTensorCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file in the making. Owns the open descriptor until it is finished or given up.
package final class FileReplacement {
    /// `write(2)`: descriptor, bytes, their number; returns how many were written, or -1 and sets `errno`. Tests pass
    /// one that fails.
    package typealias Write = @Sendable (Int32, UnsafeRawPointer, Int) -> Int

    /// The operating system's own.
    package static let systemWrite: Write = { descriptor, bytes, count in
        #if canImport(Glibc)
            Glibc.write(descriptor, bytes, count)
        #else
            Darwin.write(descriptor, bytes, count)
        #endif
    }

    private let path: String
    private let temporary: String
    private let descriptor: Int32
    private let write: Write
    private var written = 0

    /// Replaces the file at `path` (or what a link there points to) by what `body` appends.
    /// Throws a `Failure` that names the path and the system's reason.
    package static func replace(
        _ path: String, through write: @escaping Write = systemWrite, body: (FileReplacement) throws -> Void
    ) throws {
        let file = try FileReplacement(path: path, write: write)
        do {
            try body(file)
            try file.finish()
        } catch {
            file.giveUp()
            throw error
        }
    }

    /// Throws the `Failure` that `replace` would, if nothing can be written there. Leaves nothing behind.
    package static func check(_ path: String) throws { try FileReplacement(path: path, write: systemWrite).giveUp() }

    private init(path: String, write: @escaping Write) throws {
        guard !path.isEmpty, path.last != "/" else {
            throw Failure(.usage, "\"\(path)\" is no file to write to", advice: "Name a file, such as flowers.fovea.")
        }
        var target = path
        var information = stat()
        if lstat(path, &information) == 0 {
            if information.st_mode & S_IFMT == S_IFLNK, let resolved = realpath(path, nil) {
                target = String(cString: resolved)
                free(resolved)
            }
            if stat(target, &information) == 0, information.st_mode & S_IFMT != S_IFREG {
                throw Failure(
                    .usage, "\(path): there is a folder or a device of that name",
                    advice: "Name a file, such as flowers.fovea.")
            }
        }
        let name = target.split(separator: "/").last.map(String.init) ?? target
        let folder = target.dropLast(name.count)
        let tag = String(UInt64.random(in: .min ... .max), radix: 36)
        temporary = "\(folder).\(name.prefix(100)).\(tag).partial"
        self.path = target
        self.write = write
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        if descriptor < 0 {
            let code = errno
            throw Failure(
                .work, "\(path): cannot be written: \(Self.reason(code))",
                advice: "Is there such a folder, and may you write there?")
        }
    }

    /// Adds bytes at the end.
    package func append(_ bytes: UnsafeRawBufferPointer) throws {
        guard let base = bytes.baseAddress else { return }
        var done = 0
        while done < bytes.count {
            let count = write(descriptor, base + done, min(bytes.count - done, 1 << 30))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(count == 0 ? ENOSPC : errno) }
            done += count
            written += count
        }
    }

    private func finish() throws {
        guard fsync(descriptor) == 0 else { throw failure(errno) }
        guard rename(temporary, path) == 0 else { throw failure(errno) }
        let name = path.split(separator: "/").last?.count ?? 0
        let folder = String(path.dropLast(name))
        let handle = open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC)
        if handle >= 0 {
            // Some file systems cannot sync a folder; the file itself is safe by now.
            _ = fsync(handle)
            close(handle)
        }
        close(descriptor)
    }

    private func giveUp() {
        close(descriptor)
        unlink(temporary)
    }

    private func failure(_ code: Int32) -> Failure {
        Failure(
            .work, "\(path): cannot be written: \(Self.reason(code)), after \(written) bytes",
            advice: "Nothing was left there, and an older file of that name is untouched. "
                + (code == ENOSPC || code == EDQUOT
                    ? "Free some space, or choose another place with -o." : "Is the folder still there?"))
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
