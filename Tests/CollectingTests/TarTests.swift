// Tar shards: labels in all their forms, several shards as one data set, and every way to be damaged or hostile.

import Foundation
import FoveaCollecting
import FoveaTensorCore
import FoveaTestSupport
import Testing

/// One member of a tar archive: a ustar header and its content.
func tarMember(
    _ name: String, _ content: [UInt8], type: Character = "0", size: String? = nil, spoil: Bool = false
) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at place: Int) {
        for (index, byte) in text.utf8.enumerated() { header[place + index] = byte }
    }
    func octal(_ value: Int, _ digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
    put(String(decoding: Array(name.utf8.prefix(100)), as: UTF8.self), at: 0)
    put(octal(0o644, 7), at: 100)
    put(size ?? octal(content.count, 11), at: 124)
    header[156] = type.asciiValue ?? 0
    put("ustar\0" + "00", at: 257)
    for place in 148..<156 { header[place] = 0x20 }
    put(octal(header.reduce(0) { $0 + Int($1) } + (spoil ? 1 : 0), 6) + "\0", at: 148)
    return header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
}

let tarEnd = [UInt8](repeating: 0, count: 1024)

/// A damaged archive, and what is said of it.
struct DamagedTar: Sendable, CustomTestStringConvertible {
    let bytes: [UInt8]
    let words: String
    var testDescription: String { words }
}

private func damage(_ members: [[UInt8]], _ words: String) -> DamagedTar {
    DamagedTar(bytes: Array(members.joined()), words: words)
}

private let one = tarMember("1.jpg", [1])

private let damaged: [DamagedTar] = [
    damage([tarMember("1.jpg", [1], size: "77777777777")], "cut short: it ends within the 8589934591 bytes of 1.jpg"),
    damage([tarMember("1.jpg", [1], size: "abc")], "not a whole tar archive: it does not begin with a header"),
    damage([tarMember("1.jpg", [1], spoil: true)], "not a whole tar archive: it does not begin with a header"),
    damage(
        [one, [UInt8](repeating: 65, count: 512)],
        "not a whole tar archive: a member's checksum at byte 1024 is no number"),
    damage([one, tarMember("2.jpg", [1], spoil: true)], "not a whole tar archive: there is no header at byte 1024"),
    damage([tarMember("x", Array("99 path=a\n".utf8), type: "x")], "not a whole tar archive: a pax header is damaged"),
    damage(
        [tarMember("x", [], type: "L", size: "00010000000")],
        "not a whole tar archive: a name of 2097152 bytes stands in front of x"),
    damage([tarMember("1.jpg", [1], type: "S")], "1.jpg is stored with holes (GNU sparse), which is not read here"),
    damage([one, tarMember("1.jpg", [2]), tarMember("1.cls", [65]), tarEnd], "1.jpg stands in it twice"),
    damage([one, tarMember("1.json", Array("[]".utf8)), tarEnd], "1.json is no JSON object"),
]

@Suite struct TarTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func sample(_ key: String, _ label: String, _ ending: String = "cls") -> [UInt8] {
        tarMember(key + ".jpg", Array("picture \(key)".utf8)) + tarMember("\(key).\(ending)", Array(label.utf8))
    }

    private func open(_ name: String) throws -> DataSet {
        try DataSet.open(folder.path + "/" + name, options: .undivided)
    }

    @Test(arguments: ["s/train-{000..002}.tar", "s/*.tar", "s", "s/train-0*.tar"])
    func `several shards are one data set, in natural order`(argument: String) throws {
        for number in 0..<3 {
            let content = sample("\(number)a", number == 0 ? "cat\n" : "dog") + sample("\(number)b", " cat ")
            try folder.write("s/train-00\(number).tar", content + tarEnd)
        }
        let data = try open(argument)
        let start = folder.path + "/s/train-00"
        #expect(
            data.splits[.training]?.entries.map(\.name)
                == [
                    "0.tar: 0a.jpg", "0.tar: 0b.jpg", "1.tar: 1b.jpg", "2.tar: 2b.jpg", "1.tar: 1a.jpg",
                    "2.tar: 2a.jpg",
                ].map { start + $0 })
        #expect(data.notes == [])
    }

    @Test func `shards say their split by name or by folder`() throws {
        for (name, key) in [("train-0", "a"), ("train-1", "b"), ("val-0", "c"), ("test-0", "d")] {
            try folder.write("s/\(name).tar", sample(key, "cat") + sample(key + "2", "dog") + tarEnd)
            let split = name.prefix { $0 != "-" }
            try folder.write(
                "f/\(split)/\(name.last ?? "0").tar", sample(key, "cat") + sample(key + "2", "dog") + tarEnd)
        }
        for name in ["s", "f"] {
            #expect(try open(name).splits.mapValues(\.entries.count) == [.training: 4, .validation: 2, .test: 2])
        }
    }

    @Test func `a class list that names two classes alike is refused where labels are numbers`() throws {
        try folder.write("s/a.tar", sample("a", "0") + sample("b", "1") + tarEnd)
        try folder.write("s/classes.txt", Array("cat\ncat\n".utf8))
        let error = #expect(throws: Failure.self) { try open("s/*.tar") }
        #expect(error?.message.contains("classes.txt names cat twice") == true)
        try folder.write("s/a.tar", sample("a", "cat") + sample("b", "dog") + tarEnd)
        try folder.write("s/classes.txt", Array("dog\ndog\ncat\n".utf8))
        #expect(try open("s/*.tar").classes == ["cat", "dog"])
    }

    @Test func `a number that no class can have is a name`() throws {
        try folder.write("s.tar", sample("a", "9223372036854775807") + sample("b", "1") + tarEnd)
        #expect(try open("s.tar").classes == ["1", "9223372036854775807"])
    }

    @Test func `braces expand as a shell's do`() throws {
        #expect(try ShardPattern.expanded("a{08..10}b{x,y}") == ["a08bx", "a08by", "a09bx", "a09by", "a10bx", "a10by"])
        #expect(try ShardPattern.expanded("a{8..10}") == ["a8", "a9", "a10"])
        #expect(throws: Failure.self) { try ShardPattern.expanded("a{0..999999}") }
        #expect(throws: Failure.self) { try ShardPattern.expanded("{0..9999}{0..9999}") }
        let error = failure(folder.path + "/s-{0..1}.tar")
        #expect(
            error?.message.hasSuffix("there is no file called \(folder.path)/s-0.tar, \(folder.path)/s-1.tar") == true)
    }

    @Test func `numbers are classes by number, with names where a list lies beside them`() throws {
        let path = try folder.write("n/a.tar", sample("1", "10") + sample("2", "2") + sample("3", "0") + tarEnd)
        #expect(try DataSet.open(path, options: .undivided).classes == ["0", "2", "10"])
        try folder.write("n/classes.txt", Array((0...10).map { "name \($0)\n" }.joined().utf8))
        let data = try DataSet.open(path, options: .undivided)
        #expect(data.classes == (0...10).map { "name \($0)" })
        #expect(data.splits[.training]?.entries.map(\.label) == [0, 2, 10])
        let text = try folder.write("n/t.tar", sample("1", "name 7") + sample("2", "name 3") + tarEnd)
        #expect(try DataSet.open(text, options: .undivided).classes == data.classes)
        try folder.write("n/classes.txt", Array("a\nb\n".utf8))
        #expect(
            failure(path)?.message == "\(folder.path)/n/classes.txt has 2 names, but there are labels up to 10")
    }

    @Test func `a JSON record may say weight, group and split`() throws {
        let path = try folder.write(
            "j.tar",
            sample("1", "{\"label\": \"cat\", \"weight\": 2, \"group\": \"g\"}", "json")
                + sample("2", "{\"class_name\": \"dog\", \"label\": 7, \"split\": \"val\"}", "json")
                + sample("3", "{\"label\": \"dog\"}", "json") + tarEnd)
        let data = try DataSet.open(path, options: .undivided)
        let training = try #require(data.splits[.training]).entries
        #expect(training.map(\.weight) == [2, 1] && training.first?.group == "g")
        #expect(data.splits[.validation]?.entries.map(\.label) == [1])
    }

    @Test func `samples without a label are named and left out`() throws {
        let path = try folder.write(
            "u.tar",
            sample("1", "a") + sample("2", "b") + tarMember("3.jpg", [1]) + tarMember("x/.hidden.jpg", [1])
                + tarMember("4.txt", [65]) + tarEnd)
        let data = try DataSet.open(path, options: .undivided)
        #expect(data.splits[.training]?.entries.count == 2)
        #expect(data.notes == ["Left out, as they have no label: \(path): 3.jpg."])
    }

    @Test func `a tar of class folders is read like the folders`() throws {
        var bytes: [UInt8] = []
        for (label, names) in [("cat", ["1", "2"]), ("dog", ["1"])] {
            for name in names { bytes += tarMember("./pets/\(label)/\(name).jpg", Array("\(label)\(name)".utf8)) }
        }
        let path = try folder.write("pets.tar", bytes + tarEnd)
        #expect(
            try described(try DataSet.open(path, options: .undivided), after: path + "/pets/") == [
                "cat cat/1.jpg cat1", "cat cat/2.jpg cat2", "dog dog/1.jpg dog1",
            ])
    }

    @Test func `names that lead out of the archive are left out and told`() throws {
        let path = try folder.write(
            "evil.tar",
            tarMember("a/1.jpg", [1]) + tarMember("b/1.jpg", [2]) + tarMember("../a/2.jpg", [3])
                + tarMember("/a/3.jpg", [4]) + tarMember("a/../../4.jpg", [5]) + tarEnd)
        let data = try DataSet.open(path, options: .undivided)
        #expect(data.splits[.training]?.entries.map(\.name) == [path + "/a/1.jpg", path + "/b/1.jpg"])
        #expect(data.notes == ["Left out: 3 names lead out of the archive: ../a/2.jpg, /a/3.jpg, a/../../4.jpg."])
    }

    @Test func `a truncated archive is an error at every length`() throws {
        let whole = sample("1", "cat") + sample("2", "dog") + tarEnd
        for length in stride(from: 1, to: whole.count - 1024, by: 37) where length % 1024 != 0 {
            let path = try folder.write("cut.tar", Array(whole.prefix(length)))
            let error = #expect(throws: Failure.self) { try DataSet.open(path, options: .undivided) }
            #expect(error?.kind == .data)
            #expect(error?.message.contains("cut short") == true, "\(length): \(error?.message ?? "")")
        }
        let path = try folder.write("cut.tar", Array(whole.dropLast(1024)))
        #expect(
            try DataSet.open(path, options: .undivided).notes == [
                "\(path) has no mark at its end: it may have been cut short between two members."
            ])
    }

    @Test(arguments: damaged)
    func `damage is told with its place`(damaged: DamagedTar) throws {
        let path = try folder.write("bad.tar", damaged.bytes)
        #expect(failure(path)?.message == "\(path): \(damaged.words)")
    }

    @Test func `a shard that shrinks after its index is a failure of the picture`() throws {
        let path = try folder.write("s.tar", sample("1", "cat") + sample("2", "dog") + tarEnd)
        let source = try #require(try DataSet.open(path, options: .undivided).splits[.training])
        truncate(path, 600)
        _ = try text(source, 0)
        let error = #expect(throws: Failure.self) { try source.content(at: 1) }
        #expect(error?.message == "\(path): 2.jpg: the file ends too early; was it changed meanwhile?")
    }

    @Test func `no flipped byte does more than an error`() throws {
        let whole = sample("1", "cat") + sample("2", "{\"label\": \"dog\", \"weight\": 1}", "json") + tarEnd
        for place in whole.indices where place % 512 < 160 || (250..<270).contains(place % 512) {
            var bytes = whole
            bytes[place] ^= UInt8(1 << (place % 8))
            let path = try folder.write("a.tar", bytes)
            do {
                let data = try DataSet.open(path, options: .undivided)
                for source in data.splits.values {
                    for index in source.entries.indices { _ = try? source.content(at: index) }
                }
            } catch {
                #expect((error as? Failure)?.kind == .data, "\(place): \(error)")
            }
        }
    }
}
