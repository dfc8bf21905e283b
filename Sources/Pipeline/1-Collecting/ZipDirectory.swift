// The table of contents of a zip file: its central directory, read strictly (PKWARE's APPNOTE 6.3.10, sections 4.3 and
// 4.5). Refuses by name what cannot be read in place: encryption, parts, other compression than deflate, and members
// that overlap or claim more than their bytes can hold, as bombs do. Reads no member.

import FoveaTensorCore
import Foundation

/// A member of a zip file.
package struct ZipMember: Sendable, Equatable {
    /// Its path within the archive.
    package let path: String
    /// Where its local header stands in the file.
    package let offset: Int
    /// Bytes as they lie in the file.
    package let storedSize: Int
    /// Bytes once inflated.
    package let size: Int
    let checksum: UInt32
    package let isDeflated: Bool
}

/// The members of a zip file, in the directory's order.
package struct ZipDirectory {
    /// Members that are wanted.
    package private(set) var members: [ZipMember] = []
    /// Paths of files that are not.
    private(set) var others: [String] = []
    /// Paths that stand in the directory more than once.
    private(set) var repeated: [String] = []

    /// No picture file is larger.
    package static let largestPicture = 1 << 29
    private static let largestRatio = 1040  // deflate shrinks nothing further (zlib's technical notes: 1032 to 1)
    private let path: String
    private let isWanted: (String) -> Bool
    private let largestMember: Int

    /// Reads the directory; members that `isWanted` says true to are checked, pictures if nothing else is said.
    /// Throws a `Failure` of kind `.data` that says what is wrong.
    package init(
        _ path: String, wanted isWanted: @escaping (String) -> Bool = isPictureName, largestMember: Int = largestPicture
    ) throws {
        self.path = path
        self.isWanted = isWanted
        self.largestMember = largestMember
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(.data, "\(path): the file cannot be opened: \(systemReason())") }
        defer { close(descriptor) }
        var found = stat()
        guard fstat(descriptor, &found) == 0 else { throw Failure(.data, "\(path): \(systemReason())") }
        let fileSize = Int(found.st_size)
        let end = try ZipEnd(descriptor, fileSize: fileSize, path)
        let bytes = try readBytes(descriptor, at: end.position, count: end.size, path)
        guard bytes.count == end.size else { throw Self.damaged(path, "its directory is cut short") }
        try read(bytes, count: end.count, shift: end.shift, limit: end.position)
        try refuseOverlaps()
    }

    static func damaged(_ path: String, _ reason: String) -> Failure {
        Failure(.data, "\(path): not a whole zip file: \(reason)", advice: "Fetch or pack the file again.")
    }

    private mutating func read(_ bytes: [UInt8], count: Int, shift: Int, limit: Int) throws {
        var position = 0
        var places: [String: Int] = [:]
        for number in 0..<count {
            guard bytes.count - position >= 46, bytes[position...].littleEndian(at: 0, 4) == 0x0201_4B50 else {
                throw Self.damaged(path, "its directory has \(number) of \(count) entries")
            }
            let header = bytes[position...]
            let lengths = [28, 30, 32].map { Int(header.littleEndian(at: $0, 2)) }
            let length = 46 + lengths.reduce(0, +)
            guard bytes.count - position >= length else { throw Self.damaged(path, "its directory is cut short") }
            let name = header.dropFirst(46).prefix(lengths[0])
            let extra = header.dropFirst(46 + lengths[0]).prefix(lengths[1])
            position += length
            guard let member = try member(header, name: name, extra: extra, shift: shift, limit: limit) else {
                continue
            }
            if let place = places[member.path] {
                repeated.append(member.path)
                members[place] = member  // the last one counts, as for every unpacker
            } else {
                places[member.path] = members.count
                members.append(member)
            }
        }
    }

    /// A member that is a file; nil for folders and litter.
    private mutating func member(
        _ header: ArraySlice<UInt8>, name: ArraySlice<UInt8>, extra: ArraySlice<UInt8>, shift: Int, limit: Int
    ) throws -> ZipMember? {
        let flags = header.littleEndian(at: 8, 2)
        let method = Int(header.littleEndian(at: 10, 2))
        let path = Self.text(name, isUTF8: flags & 0x800 != 0)
        guard path.utf8.last != UInt8(ascii: "/") else { return nil }
        guard isWanted(path) else {
            others.append(path)
            return nil
        }
        if flags & 1 != 0 {
            throw Failure(
                .data, "\(self.path): \(path.printable) is encrypted",
                advice: "Unpack the file with its password, and give the folder.")
        }
        guard method == 0 || method == 8 else {
            throw Failure(
                .data, "\(self.path): \(path.printable) is compressed by \(Self.method(method)), not by deflate",
                advice: "Unpack the file, and give the folder.")
        }
        var values = [24, 20, 42].map { header.littleEndian(at: $0, 4) }  // size, stored size, offset
        try widen(&values, extra, path)
        guard let size = Int(exactly: values[0]), let stored = Int(exactly: values[1]),
            let offset = Int(exactly: values[2]), stored <= limit, offset <= limit - stored
        else { throw Self.damaged(self.path, "\(path.printable) lies beyond its end") }
        guard size <= largestMember, stored <= largestMember, size / Self.largestRatio <= stored + 1,
            method == 8 || size == stored
        else {
            throw Failure(
                .data, "\(self.path): \(path.printable) claims \(size) bytes in \(stored): none does honestly",
                advice: "The file is damaged or made to fill disks; do not unpack it.")
        }
        return ZipMember(
            path: path, offset: offset + shift, storedSize: stored, size: size,
            checksum: UInt32(header.littleEndian(at: 16, 4)), isDeflated: method == 8)
    }

    /// Puts zip64's wide numbers (extra field 1) where the narrow ones are full.
    private func widen(_ values: inout [UInt64], _ extra: ArraySlice<UInt8>, _ name: String) throws {
        guard values.contains(0xFFFF_FFFF) else { return }
        var rest = extra
        while rest.count >= 4 {
            let (kind, length) = (rest.littleEndian(at: 0, 2), Int(rest.littleEndian(at: 2, 2)))
            guard rest.count >= 4 + length else { break }
            var field = rest.dropFirst(4).prefix(length)
            rest = rest.dropFirst(4 + length)
            guard kind == 1 else { continue }
            for index in values.indices where values[index] == 0xFFFF_FFFF {
                guard field.count >= 8 else { break }
                values[index] = field.littleEndian(at: 0, 8)
                field = field.dropFirst(8)
            }
            return
        }
        throw Self.damaged(path, "\(name.printable) has no zip64 sizes")
    }

    private func refuseOverlaps() throws {
        var end = 0
        for member in members.sorted(by: { $0.offset < $1.offset }) {
            guard member.offset >= end else {
                throw Failure(
                    .data, "\(path): \(member.path.printable) shares bytes with another member: made to fill disks",
                    advice: "Do not unpack it; ask whoever made it for another.")
            }
            end = member.offset + 30 + member.storedSize
        }
    }

    /// UTF-8 where the flag or the bytes say so, else the IBM PC's letters. Backslashes of old Windows programs are slashes.
    private static func text(_ bytes: ArraySlice<UInt8>, isUTF8: Bool) -> String {
        let text =
            String(validating: bytes, as: UTF8.self)
            ?? String(
                String.UnicodeScalarView(bytes.map { $0 < 128 ? Unicode.Scalar($0) : codePage437[Int($0) - 128] }))
        return text.contains("/") ? text : text.replacingOccurrences(of: "\\", with: "/")
    }

    private static func method(_ number: Int) -> String {
        let known = [9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 99: "AES encryption"]
        return known[number] ?? "method \(number)"
    }
}

/// The characters 128 to 255 of IBM code page 437, which zip names are written in unless a flag says UTF-8.
private let codePage437 = Array(
    ("ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀"
        + "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}").unicodeScalars)
