// IDX files: Fashion-MNIST as it is, small ones made here, and every way to be broken.

import CZlib
import Foundation
import FoveaCollecting
import FoveaPictures
import FoveaTensorCore
import FoveaTestSupport
import Testing

let packagedFashion = "/usr/share/datasets/fashion-mnist"
let hasFashion = access(packagedFashion + "/train-images-idx3-ubyte.gz", R_OK) == 0

/// Writes a pair of IDX files of `count` 2 x 3 pictures whose labels go round `classes`.
func writePair(_ folder: TemporaryFolder, _ prefix: String, count: Int, classes: Int, ending: String = "") throws {
    let pixels = (0..<count * 6).map { UInt8(truncatingIfNeeded: $0 / 6 * 31 + $0 * 7) }
    try folder.write("\(prefix)-images-idx3-ubyte\(ending)", idx([count, 2, 3], pixels))
    try folder.write("\(prefix)-labels-idx1-ubyte\(ending)", idx([count], (0..<count).map { UInt8($0 % classes) }))
}

@Suite struct IDXTests {
    @Test(.enabled(if: hasFashion, "Debian's dataset-fashion-mnist is not installed"))
    func `Fashion-MNIST is opened from its folder`() throws {
        let data = try DataSet.open(packagedFashion)
        #expect(data.classes.first == "T-shirt/top" && data.classes.last == "Ankle boot" && data.classes.count == 10)
        let training = try #require(data.splits[.training])
        let validation = try #require(data.splits[.validation])
        let test = try #require(data.splits[.test] as? DeferredSource)
        #expect(training.entries.count + validation.entries.count == 60_000)
        #expect((5_800...6_200).contains(validation.entries.count))
        #expect(!test.isOpened)
        #expect(test.entries.count == 10_000)
        #expect(test.entries[0] == Entry(name: "t10k-images[0]", label: 9))
        guard case .raw(let picture) = try test.content(at: 0) else { return }
        #expect(picture.width == 28 && picture.height == 28 && picture.channels == 1)
        #expect(picture.pixels.reduce(0) { $0 + Int($1) } == 33_456)
    }

    @Test func `a small pair is read, plain or gzipped`() throws {
        let folder = try TemporaryFolder()
        try writePair(folder, "train", count: 5, classes: 3)
        let data = try DataSet.open(folder.path, options: .undivided)
        let source = try #require(data.splits[.training])
        #expect(data.classes == ["0", "1", "2"])
        #expect(source.entries.map(\.label) == [0, 1, 2, 0, 1])
        #expect(source.entries[4].name == "train-images[4]")
        let zipped = try TemporaryFolder()
        for name in ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"] {
            let bytes = try fileBytes(folder.path + "/" + name)
            let file = gzopen(zipped.path + "/" + name + ".gz", "wb")
            gzwrite(file, bytes, UInt32(bytes.count))
            gzclose(file)
        }
        let same = try #require(try DataSet.open(zipped.path, options: .undivided).splits[.training])
        for index in 0..<5 {
            guard case .raw(let one) = try source.content(at: index), case .raw(let other) = try same.content(at: index)
            else { continue }
            #expect(one == other)
            #expect(one.width == 3 && one.height == 2)
        }
    }

    /// The message that a folder with these training files ends in, without the path.
    private func message(images: [UInt8], labels: [UInt8] = idx([2], [0, 1]), ending: String = "") throws -> String {
        let folder = try TemporaryFolder()
        try folder.write("train-images-idx3-ubyte\(ending)", images)
        try folder.write("train-labels-idx1-ubyte", labels)
        let error = failure(folder.path)
        #expect(error?.kind == .data)
        return (error?.message ?? "").replacingOccurrences(of: folder.path + "/", with: "")
    }

    @Test func `broken files are refused with the reason`() throws {
        let images = "train-images-idx3-ubyte"
        let good = idx([2, 2, 3], [UInt8](repeating: 9, count: 12))
        #expect(
            try message(images: Array("<!DOCTYPE html>".utf8))
                == "\(images): not an IDX file of 3-dimensional bytes: it should start with 00 00 08 03, but starts "
                + "with 3c 21 44 4f")
        #expect(try message(images: []).hasSuffix("00 00 08 03, but it is empty"))
        #expect(
            try message(images: Array(good.dropLast()))
                == "\(images): cut short: its header says 28 bytes in all, but there are 27")
        #expect(
            try message(images: Array(good.prefix(10)))
                == "\(images): cut short: its header says 16 bytes in all, but there are 10")
        #expect(
            try message(images: good + [0])
                == "\(images): the file goes on after the 2 x 2 x 3 bytes that its header says")
        #expect(try message(images: idx([2, 0, 3], [])) == "\(images): the header says 2 x 0 x 3, which cannot be")
        #expect(try message(images: idx([2, 5000, 3], [])).hasSuffix("says 2 x 5000 x 3, which cannot be"))
        #expect(
            try message(images: idx([4_000_000_000, 4096, 4096], [1, 2, 3])).hasSuffix(
                "far more than the file can hold"))
        #expect(try message(images: good, labels: idx([2], [0, 0])).contains("all labels are 0"))
        #expect(
            try message(images: good, labels: good).hasPrefix(
                "train-labels-idx1-ubyte: not an IDX file of 1-dimensional bytes"))
    }

    @Test func `counts that differ are an error`() throws {
        let folder = try TemporaryFolder()
        let images = try folder.write("train-images-idx3-ubyte", idx([3, 1, 1], [1, 2, 3]))
        let labels = try folder.write("train-labels-idx1-ubyte", idx([2], [0, 1]))
        #expect(
            failure(folder.path)?.description == """
                \(images) holds 3 pictures, but \(labels) holds 2 labels
                The two files belong to different data sets; fetch both again.
                """)
    }

    @Test func `a cut-short or damaged gzip file is an error`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/whole.gz"
        let bytes = idx([100, 4, 4], (0..<1600).map { UInt8(truncatingIfNeeded: $0 &* $0 / 7) })
        let file = gzopen(path, "wb")
        gzwrite(file, bytes, UInt32(bytes.count))
        gzclose(file)
        let whole = try fileBytes(path)
        let labels = idx([100], (0..<100).map { UInt8($0 % 10) })
        #expect(
            try message(images: Array(whole.prefix(whole.count / 2)), labels: labels, ending: ".gz").contains(
                "cut short"))
        var damaged = whole
        for index in whole.count / 2..<whole.count / 2 + 20 { damaged[index] ^= 0x5a }
        #expect(try message(images: damaged, labels: labels, ending: ".gz").contains("compressed data is damaged"))
        var checksum = whole
        checksum[whole.count - 6] ^= 1
        #expect(try message(images: checksum, labels: labels, ending: ".gz").contains("incorrect data check"))
        #expect(
            try message(images: Array(whole.dropLast(4)), labels: labels, ending: ".gz").contains("cut short"))
    }

    @Test func `half a pair is an error`() throws {
        let folder = try TemporaryFolder()
        let labels = try folder.write("t10k-labels-idx1-ubyte", idx([2], [0, 1]))
        #expect(
            failure(folder.path)?.description == """
                \(labels) is there, but its other half t10k-images-idx3-ubyte (or .gz) is not
                Put both files into the folder.
                """)
    }

    @Test func `a test label beyond the classes is an error when the test split is asked for`() throws {
        let folder = try TemporaryFolder()
        try writePair(folder, "train", count: 30, classes: 3)
        try writePair(folder, "t10k", count: 8, classes: 4)
        let test = try #require(try DataSet.open(folder.path).splits[.test])
        let error = #expect(throws: Failure.self) { try test.prepare() }
        #expect(
            error?.description == """
                \(folder.path)/t10k-labels-idx1-ubyte: label 3 is 3, but there are 3 classes, 0 to 2
                The file belongs to another data set, or is damaged; fetch it again.
                """)
        #expect(test.entries == [Entry(name: folder.path + "/t10k-images-idx3-ubyte", label: 0)])
        #expect(throws: Failure.self) { try test.content(at: 0) }
    }

    @Test func `a test pair alone can be measured on`() throws {
        let folder = try TemporaryFolder()
        try writePair(folder, "t10k", count: 8, classes: 4)
        let data = try DataSet.open(folder.path)
        #expect(data.classes == ["0", "1", "2", "3"])
        #expect(data.splits[.test]?.entries.count == 8)
    }
}
