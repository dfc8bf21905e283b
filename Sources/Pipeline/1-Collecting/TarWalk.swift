// Goes through a tar archive once, header by header: ustar, the older v7, pax (POSIX.1-2001) and GNU's long names and
// large sizes. Damage and truncation are errors that say where; links, devices and folders are counted and passed over.

import FoveaTensorCore
import Foundation

/// Something that is read from its beginning to its end.
protocol TarInput: AnyObject {
    /// The next bytes, fewer where it ends.
    func read(_ count: Int) throws -> [UInt8]
    /// Passes over bytes; false if it ends before them.
    func skip(_ count: Int) throws -> Bool
}

/// A file of a tar archive.
struct TarMember: Sendable, Equatable {
    let path: String
    /// Where its bytes begin in the archive.
    let offset: Int
    let size: Int
}

/// One pass over a tar archive.
struct TarWalk {
    private static let block = 512
    /// Names and attributes of one member, at most.
    private static let largestHeader = 1 << 20
    private let name: String
    private var position = 0
    /// Members that are links or devices.
    private(set) var passedOver: [String] = []
    /// False if the two empty blocks are missing that end an archive.
    private(set) var hasEnd = false

    /// `name` stands in front of messages.
    init(_ name: String) { self.name = name }

    /// Calls `visit` for every file, with a function that gives its bytes; those that it does not ask for are skipped.
    mutating func run(
        _ input: any TarInput, visit: (TarMember, _ bytes: () throws -> [UInt8]) throws -> Void
    ) throws {
        var next = Attributes()
        while true {
            let header = try input.read(Self.block)
            if header.isEmpty { return }
            guard header.count == Self.block else {
                throw cutShort("\(header.count) bytes of a header stand at its end")
            }
            position += Self.block
            if header.allSatisfy({ $0 == 0 }) {
                hasEnd = true
                return
            }
            try check(header)
            let type = header[156]
            let own = try number(header, 124, 12, "size")
            // An extended header speaks of the member behind it, not of another extended header.
            let isExtended = [UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K")].contains(type)
            let size = isExtended ? own : next.size ?? own
            let path = next.path ?? Self.path(header)
            switch type {
            case UInt8(ascii: "x"), UInt8(ascii: "L"):
                let bytes = try content(input, size, header: path, limit: Self.largestHeader)
                if type == UInt8(ascii: "L") {
                    next.path = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                } else {
                    try next.add(pax: bytes, name)
                }
                continue
            case UInt8(ascii: "g"), UInt8(ascii: "K"):
                _ = try content(input, size, header: path, limit: Self.largestHeader)
                continue
            case 0, UInt8(ascii: "0"), UInt8(ascii: "7"):
                // Old archives mark folders by a slash at the end only.
                if path.utf8.last == UInt8(ascii: "/") {
                    try skip(input, size, path)
                } else {
                    try hand(TarMember(path: path, offset: position, size: size), of: input, to: visit)
                }
            case UInt8(ascii: "S"):
                throw Failure(
                    .data, "\(name): \(path.printable) is stored with holes (GNU sparse), which is not read here",
                    advice: "Pack it again without --sparse.")
            case UInt8(ascii: "5"): try skip(input, size, path)
            default:
                passedOver.append(path)
                // Links say the size of what they lead to, and hold nothing.
                try skip(input, type == UInt8(ascii: "1") || type == UInt8(ascii: "2") ? 0 : size, path)
            }
            next = Attributes()
        }
    }

    private mutating func hand(
        _ member: TarMember, of input: any TarInput, to visit: (TarMember, _ bytes: () throws -> [UInt8]) throws -> Void
    ) throws {
        var bytes: [UInt8]?
        try visit(member) {
            if let bytes { return bytes }
            let read = try input.read(member.size)
            bytes = read
            return read
        }
        if let bytes {
            guard bytes.count == member.size, try input.skip(padding(member.size)) else {
                throw ends(before: member.path, member.size)
            }
            position += member.size + padding(member.size)
        } else {
            try skip(input, member.size, member.path)
        }
    }

    private mutating func content(_ input: any TarInput, _ size: Int, header path: String, limit: Int) throws -> [UInt8]
    {
        guard size <= limit else { throw damaged("a name of \(size) bytes stands in front of \(path.printable)") }
        let bytes = try input.read(size)
        guard bytes.count == size, try input.skip(padding(size)) else { throw ends(before: path, size) }
        position += size + padding(size)
        return bytes
    }

    private mutating func skip(_ input: any TarInput, _ size: Int, _ path: String) throws {
        guard try input.skip(size + padding(size)) else { throw ends(before: path, size) }
        position += size + padding(size)
    }

    private func padding(_ size: Int) -> Int { (Self.block - size % Self.block) % Self.block }

    private func check(_ header: [UInt8]) throws {
        let stated = try number(header, 148, 8, "checksum")
        // The checksum's own field counts as spaces; old programs added the bytes as signed numbers.
        let bytes = header.indices.map { (148..<156).contains($0) ? UInt8(ascii: " ") : header[$0] }
        let unsigned = bytes.reduce(0) { $0 + Int($1) }
        let signed = bytes.reduce(0) { $0 + Int(Int8(bitPattern: $1)) }
        guard stated == unsigned || stated == signed else {
            throw damaged(
                position == Self.block
                    ? "it does not begin with a header" : "there is no header at byte \(position - Self.block)")
        }
    }

    /// An octal number, or a binary one where the first bit is set (GNU, for sizes from 8 GB on).
    private func number(_ header: [UInt8], _ start: Int, _ count: Int, _ what: String) throws -> Int {
        let field = header[start..<start + count]
        if header[start] & 0x80 != 0 {
            let value = field.dropFirst().reduce(UInt64(header[start] & 0x7F)) {
                $0 > UInt64.max >> 8 ? UInt64.max : $0 << 8 | UInt64($1)
            }
            guard let value = Int(exactly: value), value < 1 << 56 else {
                throw damaged("a member's \(what) cannot be")
            }
            return value
        }
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
        if digits.isEmpty { return 0 }
        guard let value = Int(String(decoding: digits, as: UTF8.self), radix: 8), value >= 0 else {
            throw damaged(
                position == Self.block
                    ? "it does not begin with a header"
                    : "a member's \(what) at byte \(position - Self.block) is no number")
        }
        return value
    }

    private static func path(_ header: [UInt8]) -> String {
        func text(_ range: Range<Int>) -> String {
            String(decoding: header[range].prefix { $0 != 0 }, as: UTF8.self)
        }
        // "ustar" and a zero: POSIX, whose long paths have a prefix; GNU writes spaces there and other things behind.
        let prefix = header[257..<263].elementsEqual(Array("ustar\0".utf8)) ? text(345..<500) : ""
        return prefix.isEmpty ? text(0..<100) : prefix + "/" + text(0..<100)
    }

    private func damaged(_ reason: String) -> Failure {
        Failure(.data, "\(name): not a whole tar archive: \(reason)", advice: "Fetch or pack the file again.")
    }

    private func cutShort(_ reason: String) -> Failure {
        Failure(.data, "\(name): cut short: \(reason)", advice: "Fetch or pack the file again.")
    }

    private func ends(before path: String, _ size: Int) -> Failure {
        cutShort("it ends within the \(size) bytes of \(path.printable)")
    }
}

/// What extended headers say of the member behind them.
private struct Attributes {
    var path: String?
    var size: Int?

    /// Records "LENGTH KEYWORD=VALUE\n", the length counting itself (POSIX.1-2001, pax Interchange Format).
    mutating func add(pax bytes: [UInt8], _ name: String) throws {
        var rest = bytes[...]
        while let first = rest.first, first != 0 {
            let digits = rest.prefix { $0 != 0x20 }
            guard let length = Int(String(decoding: digits, as: UTF8.self)), length > digits.count + 1,
                length <= rest.count
            else { throw Failure(.data, "\(name): not a whole tar archive: a pax header is damaged") }
            let record = rest.prefix(length).dropFirst(digits.count + 1).dropLast()
            rest = rest.dropFirst(length)
            guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let value = String(decoding: record[record.index(after: equals)...], as: UTF8.self)
            switch String(decoding: record[..<equals], as: UTF8.self) {
            case "path": path = value
            case "size": size = Int(value).flatMap { $0 >= 0 && $0 < 1 << 56 ? $0 : nil }
            default: break
            }
        }
    }
}
