// The test split is never read while training: its files are traps here that would hang, fail or tell on whoever opens
// them.

import Foundation
import FoveaCollecting
import FoveaTensorCore
import FoveaTestSupport
import Testing

/// What the kernel counts as opened or read below some folders (inotify); Linux only.
#if os(Linux)
    final class OpenWatch {
        private let descriptor = inotify_init1(Int32(O_NONBLOCK | O_CLOEXEC))

        /// Watches the folder's own files, not those in folders below.
        func add(_ folder: String) { inotify_add_watch(descriptor, folder, UInt32(IN_OPEN | IN_ACCESS)) }

        /// Names of files opened since the last question; listing the folder itself has no name and does not count.
        func openedFiles() -> Set<String> {
            var names: Set<String> = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                guard count > 0 else { return names }
                var offset = 0
                while offset < count {
                    // struct inotify_event: wd, mask, cookie, len: 32 bits each; then the name, padded with zeros.
                    let mask = buffer[offset + 4..<offset + 8].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                    let length = buffer[offset + 12..<offset + 16].reversed().reduce(0) { $0 << 8 | Int($1) }
                    let name = buffer[offset + 16..<offset + 16 + length].prefix { $0 != 0 }
                    let isFolder = mask & UInt32(IN_ISDIR) != 0
                    if !name.isEmpty, !isFolder { names.insert(String(decoding: name, as: UTF8.self)) }
                    offset += 16 + length
                }
            }
        }

        deinit { close(descriptor) }
    }
#endif

@Suite struct ClosedTestSplitTests {
    /// Reads every training and validation picture, as a training does.
    private func train(_ data: DataSet) throws {
        for split in [Split.training, .validation] {
            let source = try #require(data.splits[split])
            for index in source.entries.indices { _ = try source.content(at: index) }
        }
    }

    #if os(Linux)
        @Test func `opening a folder and training from it opens no file of the test split`() throws {
            let folder = try TemporaryFolder()
            for name in ["train/cat", "train/dog", "test/cat", "test/dog"] { try folder.pictures(50, in: name) }
            let watch = OpenWatch()
            for name in ["test", "test/cat", "test/dog"] { watch.add(folder.path + "/" + name) }
            let data = try DataSet.open(folder.path)
            try train(data)
            let test = try #require(data.splits[.test])
            #expect(test.entries.count == 100)
            #expect(watch.openedFiles().isEmpty)
            _ = try test.content(at: 3)
            #expect(watch.openedFiles() == ["3.jpg"])
        }

        @Test func `opening IDX files and training from them opens no t10k file`() throws {
            let folder = try TemporaryFolder()
            try writePair(folder, "train", count: 300, classes: 3)
            try writePair(folder, "t10k", count: 20, classes: 3)
            let watch = OpenWatch()
            watch.add(folder.path)
            let data = try DataSet.open(folder.path)
            try train(data)
            #expect(watch.openedFiles() == ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
            #expect(data.splits[.test]?.entries.count == 20)
            #expect(watch.openedFiles() == ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
        }

        @Test(.enabled(if: hasFashion, "Debian's dataset-fashion-mnist is not installed"))
        func `opening fashion-mnist by name opens no t10k file`() throws {
            let home = try TemporaryFolder()
            let folder = home.folder("datasets/fashion-mnist")
            for name in KnownDataSet.fashionMNIST.files.map(\.name) {
                try FileManager.default.copyItem(atPath: packagedFashion + "/" + name, toPath: folder + "/" + name)
            }
            let watch = OpenWatch()
            watch.add(folder)
            var options = CollectingOptions()
            options.environment = ["FOVEA_HOME": home.path]
            let data = try DataSet.open("fashion-mnist", options: options)
            try train(data)
            #expect(watch.openedFiles() == ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"])
        }
    #endif

    @Test func `a broken t10k file does not disturb training`() throws {
        let folder = try TemporaryFolder()
        try writePair(folder, "train", count: 300, classes: 3)
        try folder.write("t10k-images-idx3-ubyte", [1, 2, 3])
        try folder.write("t10k-labels-idx1-ubyte", [])
        let data = try DataSet.open(folder.path)
        try train(data)
        #expect(throws: Failure.self) { try data.splits[.test]?.prepare() }
    }

    @Test(.enabled(if: geteuid() != 0, "root may read everything"))
    func `test pictures that may not be read do not disturb training`() throws {
        let folder = try TemporaryFolder()
        for name in ["train/cat", "train/dog", "test/cat", "test/dog"] { try folder.pictures(50, in: name) }
        for number in 0..<50 { chmod("\(folder.path)/test/cat/\(number).jpg", 0) }
        let data = try DataSet.open(folder.path)
        try train(data)
        #expect(throws: Failure.self) { try data.splits[.test]?.content(at: 0) }
    }
}
