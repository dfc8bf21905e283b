// Pictures that are files on disk, each labelled by the class folder it lies in. Opens a file when its content is asked
// for and at no other time; never decodes, changes or moves one.

import FoveaTensorCore
import Foundation

/// Picture files and their labels.
package struct FolderSource: Source {
    /// Paths and labels, by class and then in natural order of the paths.
    package let entries: [Entry]

    /// A source of these files. An entry's name is its path.
    package init(entries: [Entry]) { self.entries = entries }

    /// The bytes of file `index`.
    package func content(at index: Int) throws -> PictureContent {
        .encoded(try readFile(entries[index].name))
    }
}

/// All bytes of a file. Throws a `Failure` of kind `.data` that names it.
func readFile(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
        throw Failure(.data, "\(path): the file cannot be opened: \(systemReason())")
    }
    defer { close(descriptor) }
    var found = stat()
    guard fstat(descriptor, &found) == 0, isKind(S_IFREG, found) else {
        throw Failure(.data, "\(path): this is not a file any more")
    }
    let size = Int(found.st_size)
    return try [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
        // `buffer` belongs to the new array and is valid in this closure only.
        filled = 0
        while filled < size {
            let count = read(descriptor, buffer.baseAddress.map { $0 + filled }, size - filled)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure(.data, "\(path): the file cannot be read: \(systemReason())")
            }
            filled += count
        }
    }
}
