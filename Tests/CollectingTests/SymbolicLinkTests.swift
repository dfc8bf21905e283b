// Symbolic links: real targets are followed, dead ends and circles are skipped and counted.

import Foundation
import FoveaCollecting
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct SymbolicLinkTests {
    @Test func `links to files and folders are followed`() throws {
        let folder = try TemporaryFolder()
        let store = try TemporaryFolder()
        try store.pictures(3, in: "dogs")
        try folder.pictures(2, in: "cat")
        symlink(store.path + "/dogs", folder.path + "/dog")
        symlink(store.path + "/dogs/1.jpg", folder.path + "/cat/linked.jpg")
        let data = try DataSet.open(folder.path, options: .undivided)
        let source = try #require(data.splits[.training])
        #expect(data.classes == ["cat", "dog"])
        #expect(source.entries.count == 6)
        for index in 0..<6 { _ = try source.content(at: index) }
        #expect(data.notes.isEmpty)
    }

    @Test func `dangling and circular links are skipped and counted`() throws {
        let folder = try TemporaryFolder()
        try folder.pictures(2, in: "cat/deep")
        try folder.pictures(2, in: "dog")
        symlink("nowhere.jpg", folder.path + "/cat/dangling.jpg")
        symlink("self.jpg", folder.path + "/cat/self.jpg")
        symlink("..", folder.path + "/cat/deep/up")
        symlink("../../dog", folder.path + "/cat/deep/aside")
        let data = try DataSet.open(folder.path, options: .undivided)
        #expect(data.splits[.training]?.entries.count == 6)
        #expect(
            data.notes == [
                "Left out: 1 symbolic link leads nowhere: \(folder.path)/cat/dangling.jpg.",
                "Left out: 2 symbolic links lead back to a folder already seen: \(folder.path)/cat/self.jpg, "
                    + "\(folder.path)/cat/deep/up.",
            ])
    }

    @Test func `a named pipe among the pictures is left out`() throws {
        let folder = try TemporaryFolder()
        try folder.pictures(2, in: "cat")
        try folder.pictures(2, in: "dog")
        mkfifo(folder.path + "/dog/pipe.jpg", 0o644)
        let data = try DataSet.open(folder.path)
        #expect(data.notes.contains("Left out: 1 file is a pipe, socket or device: \(folder.path)/dog/pipe.jpg."))
    }
}
