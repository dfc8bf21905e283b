// The folders that an archive's paths tell: no more of them than a data set has.

import FoveaCollecting
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct ArchiveTreeTests {
    @Test func `a member below thousands of folders is left out, in little memory, and is said`() throws {
        let folder = try TemporaryFolder()
        let deep = String(repeating: "a/", count: 30_000) + "1.png"
        let path = try folder.write(
            "a.zip", zipFile([ZipPart(name: "cat/1.png"), ZipPart(name: deep), ZipPart(name: "dog/1.png")]))
        let data = try DataSet.open(path, options: .undivided)
        #expect(data.splits[.training]?.entries.map(\.name) == [path + "/cat/1.png", path + "/dog/1.png"])
        let note = try #require(data.notes.first { $0.contains("through too many folders") })
        #expect(note.hasPrefix("Left out: 1 name leads") && note.count < 200)
    }
}
