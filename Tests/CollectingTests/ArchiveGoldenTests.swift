// Tar, zip and CSV files as Python's own writers make them (Tests/Golden/archives.py): every picture is found, under its
// label, with its content.

import Foundation
import FoveaCollecting
import FoveaTensorCore
import FoveaTestSupport
import Testing

/// What a source holds, as text.
func text(_ source: any Source, _ index: Int) throws -> String {
    guard case .encoded(let bytes) = try source.content(at: index) else { return "pixels" }
    return String(decoding: bytes, as: UTF8.self)
}

/// Pictures of a split as "label name content", without what stands before the last `separator` of the name.
func described(_ data: DataSet, _ split: Split = .training, after prefix: String) throws -> Set<String> {
    guard let source = data.splits[split] else { return [] }
    return Set(
        try source.entries.enumerated().map { index, entry in
            let name = entry.name.hasPrefix(prefix) ? String(entry.name.dropFirst(prefix.count)) : entry.name
            return "\(data.classes[entry.label]) \(name) \(try text(source, index))"
        })
}

@Suite struct ArchiveGoldenTests {
    struct Expected: Decodable {
        let path: String
        let label: String
        let content: String
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Golden/archives").path

    private func expected(_ file: String) throws -> [Expected] {
        let all = try JSONDecoder().decode(
            [String: [Expected]].self, from: Data(try fileBytes(Self.folder + "/expected.json")))
        return try #require(all[file])
    }

    @Test(arguments: ["ustar.tar", "pax.tar", "gnu.tar"])
    func `shards that Python packed are read in place`(file: String) throws {
        let path = Self.folder + "/" + file
        let data = try DataSet.open(path, options: .undivided)
        #expect(data.classes == ["cat", "dog"])
        let wanted = try expected(file).map { "\($0.label) \($0.path) \($0.content)" }
        #expect(try described(data, after: path + ": ") == Set(wanted))
        #expect(data.notes == ["Left out, as they are links or devices: link.jpg."])
    }

    @Test(arguments: ["classes.zip", "wide.zip"])
    func `zip files that Python packed are read in place`(file: String) throws {
        let path = Self.folder + "/" + file
        let data = try DataSet.open(path, options: .undivided)
        let wanted = try expected(file).map { "\($0.label) \($0.path) \($0.content)" }
        #expect(wanted.count == (file == "classes.zip" ? 12 : 6))
        #expect(try described(data, after: path + "/") == Set(wanted))
    }

    @Test(arguments: ["semicolons.csv", "quoted.csv", "tabs.csv"])
    func `tables that Python wrote are read cell by cell`(file: String) throws {
        let rows = try CSVReader(try fileBytes(Self.folder + "/" + file), name: file).rows
        #expect(rows.first?.cells == ["Filename", "Class"])
        #expect(rows.dropFirst().map(\.cells) == (try expected(file).map { [$0.path, $0.label] }))
        #expect(rows.map(\.line) == [1, 2, 3, 4, 6])
    }
}
