// Pictures in a zip file of class folders, read where they lie: a member is inflated when its content is asked for, in
// memory and no further than its directory entry says. Never unpacks to disk.

import CZlib
import FoveaTensorCore

/// A zip file whose pictures can be read.
struct ZipArchive: Sendable {
    let path: String
    let members: [ZipMember]
    private let others: [String]
    private let notes: [String]

    /// Reads the directory. Throws a `Failure` of kind `.data` if it is damaged.
    init(_ path: String) throws {
        self.path = path
        let directory = try ZipDirectory(path)
        members = directory.members
        others = directory.others
        notes =
            directory.repeated.isEmpty
            ? [] : ["Twice in the zip file, of which the last one counts: \(listed(directory.repeated))."]
    }

    /// The pictures by class folder, or by a pattern over their names.
    func listing(_ options: CollectingOptions) throws -> Listing {
        guard !members.isEmpty else { throw Failure(.data, "\(path): there is no picture in it") }
        let tree = ArchiveTree(root: path, paths: members.map(\.path) + others)
        let places = Dictionary(
            members.compactMap { member in tree.path(of: member.path).map { ($0, member) } },
            uniquingKeysWith: { $1 })
        let archive = self
        let content: @Sendable (String) throws -> PictureContent = { name in
            guard let member = places[name] else { throw Failure(.data, "\(name): not in the zip file") }
            return .encoded(try archive.read(member, name: name))
        }
        var listing =
            try options.labels.pattern.map {
                try FlatFolder(at: tree.top, in: tree, pattern: $0).listing(content: content)
            } ?? ClassFolders(at: tree.top, in: tree).listing(content: content)
        listing.notes += notes
        return listing
    }

    /// The bytes of a member, checked against its checksum.
    private func read(_ member: ZipMember, name: String) throws -> [UInt8] {
        let header = try readBytes(path, at: member.offset, count: 30, for: name)[...]
        guard header.littleEndian(at: 0, 4) == 0x0403_4B50 else {
            throw Failure(.data, "\(name): the zip file is damaged: there is no member where its directory says")
        }
        let start = member.offset + 30 + Int(header.littleEndian(at: 26, 2)) + Int(header.littleEndian(at: 28, 2))
        let stored = try readBytes(path, at: start, count: member.storedSize, for: name)
        let bytes = member.isDeflated ? try inflated(stored, size: member.size, name) : stored
        let sum = bytes.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }
        guard UInt32(truncatingIfNeeded: sum) == member.checksum else {
            throw Failure(.data, "\(name): damaged in the zip file: its checksum is another one")
        }
        return bytes
    }

    private func inflated(_ stored: [UInt8], size: Int, _ name: String) throws -> [UInt8] {
        guard size > 0 else { return [] }
        var input = stored
        return try [UInt8](unsafeUninitializedCapacity: size) { output, filled in
            // Both buffers are valid in this closure only; zlib writes no further than `avail_out`.
            filled = try input.withUnsafeMutableBufferPointer { input in
                var stream = z_stream()
                stream.next_in = input.baseAddress
                stream.avail_in = uInt(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = uInt(size)
                // -15: deflate without zlib's header.
                guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
                    throw Failure(.work, "\(name): no memory to inflate it")
                }
                defer { inflateEnd(&stream) }
                guard inflate(&stream, Z_FINISH) == Z_STREAM_END, stream.avail_out == 0 else {
                    throw Failure(.data, "\(name): damaged in the zip file: it does not inflate to \(size) bytes")
                }
                return size
            }
        }
    }
}
