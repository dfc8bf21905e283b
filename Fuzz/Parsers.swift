// libFuzzer harnesses for parsers that are written in Swift: one binary under several names, and its name says which one
// it is. scripts/fuzz.sh compiles their sources into this module, so that they are instrumented and `package` names are
// seen. Wrong input may throw a `Failure`; anything else stops the run. What is chosen follows from the bytes alone, so
// that a file found once fails again.

import Foundation

private let parsers: [String: @Sendable (UnsafeRawBufferPointer) throws -> Void] = [
    "safetensors": parseSafeTensors, "exif": parseOrientation, "idx": parseIDX, "cifar": parseCIFAR, "tar": parseTar,
    "zip": parseZip, "csv": parseCSV, "jsonl": parseJSONLines, "coco": parseCOCO, "labelstudio": parseLabelStudio,
    "corrections": parseCorrections, "pickle": parsePickle, "checkpoint": parseCheckpoint, "onnx": parseONNX,
]

private let harness = CommandLine.arguments[0].split(separator: "/").last.map(String.init) ?? ""

/// What libFuzzer calls with every input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let parse = parsers[harness] else { preconditionFailure("no harness is called \(harness)") }
    do {
        try parse(UnsafeRawBufferPointer(start: start, count: count))
    } catch {
        precondition(error is Failure, "\(error)")
    }
    return 0
}

// MARK: Parsers of bytes

/// The header's JSON alone, with as many bytes behind it as its last tensor says.
@Sendable private func parseSafeTensors(_ bytes: UnsafeRawBufferPointer) throws {
    let digits = bytes.split(separator: UInt8(ascii: ",")).last?.prefix { $0 != UInt8(ascii: "]") } ?? bytes[..<0]
    let size = Int(String(decoding: digits, as: UTF8.self)) ?? 0
    let header = try SafeTensorsHeader(json: bytes, dataByteCount: size, file: "fuzzed")
    let total = header.entries.reduce(0) { $0 + $1.bytes.count }
    precondition(total == size, "\(total) bytes of \(size)")
}

/// The format, and the orientation that each format's reader finds.
@Sendable private func parseOrientation(_ bytes: UnsafeRawBufferPointer) throws {
    _ = PictureFormat.of(bytes)
    for format in [PictureFormat.jpeg, .png, .webp, .tiff] { _ = Orientation.of(bytes, format: format) }
}

/// Records of the kind that their number of bytes says, else of CIFAR-10.
@Sendable private func parseCIFAR(_ bytes: UnsafeRawBufferPointer) throws {
    let isHundred = bytes.count % (2 + CIFARSource.pictureSize) == 0
    let source = try CIFARSource(
        [("fuzzed.bin", Array(bytes))], labelBytes: isHundred ? 2 : 1, classCount: isHundred ? 100 : 10)
    try read(source, classes: isHundred ? 100 : 10)
}

@Sendable private func parseCOCO(_ bytes: UnsafeRawBufferPointer) throws {
    var options = CollectingOptions.undivided
    options.labels.takesLargest = bytes.count % 2 == 1
    let path = try Scratch.folder.path + "/annotations_here.json"
    try open(try COCO(Array(bytes), path: path, options.labels).listing(path, options), options)
}

@Sendable private func parseLabelStudio(_ bytes: UnsafeRawBufferPointer) throws {
    let options = CollectingOptions.undivided
    let path = try Scratch.folder.path + "/export.json"
    try open(try LabelStudio(Array(bytes), path: path, options.labels).listing(path, options), options)
}

// MARK: Parsers of files

/// An array of bytes of one and of three dimensions.
@Sendable private func parseIDX(_ bytes: UnsafeRawBufferPointer) throws {
    let path = try Scratch.folder.file("fuzzed", bytes)
    for rank in [3, 1] {
        guard let file = try? IDXFile(reading: path, rank: rank) else { continue }
        precondition(file.dimensions.reduce(1, *) == file.bytes.count, "\(file.dimensions)")
    }
    try read(try IDXSource(images: path, labels: path, name: "fuzzed"), classes: 256)
}

/// A shard or packed class folders, most often with the checksums that its headers should have.
@Sendable private func parseTar(_ bytes: UnsafeRawBufferPointer) throws {
    let path = try Scratch.folder.file("fuzzed.tar", isChosen(bytes, oneIn: 4) ? Array(bytes) : summed(bytes))
    let shards = try TarShards([path], root: path)
    let options = CollectingOptions.undivided
    try open(try shards.listing(options), options)
    var walk = TarWalk(path)
    try walk.run(try GzipReader(path)) { member, bytes in
        if member.size < 1 << 16 { _ = try bytes() }
    }
}

@Sendable private func parseZip(_ bytes: UnsafeRawBufferPointer) throws {
    let path = try Scratch.folder.file("fuzzed.zip", bytes)
    let options = CollectingOptions.undivided
    try open(try ZipArchive(path).listing(options), options)
}

@Sendable private func parseCSV(_ bytes: UnsafeRawBufferPointer) throws {
    let path = try Scratch.folder.file("fuzzed.csv", bytes)
    let options = CollectingOptions.undivided
    try open(try Manifest(csv: path, options.labels).listing(options), options)
}

@Sendable private func parseJSONLines(_ bytes: UnsafeRawBufferPointer) throws {
    let path = try Scratch.folder.file("fuzzed.jsonl", bytes)
    let options = CollectingOptions.undivided
    try open(try Manifest(jsonLines: path, options.labels).listing(options), options)
}

/// Corrections, held to a manifest and to a source whose classes cannot grow.
@Sendable private func parseCorrections(_ bytes: UnsafeRawBufferPointer) throws {
    let corrections = try Corrections(try Scratch.folder.file("fuzzed.csv", bytes))
    var options = CollectingOptions.undivided
    options.corrections = corrections
    let pictures = ["a.png", "b.png", "c.png"].map {
        NamedPicture(place: $0, where: $0, label: $0 == "c.png" ? "dog" : "cat")
    }
    var named = NamedPictures(root: "m.csv", pictures: pictures)
    named.folders = [try Scratch.folder.path]
    try open(try named.listing(options), options)
    let record = [UInt8](repeating: 0, count: 1 + CIFARSource.pictureSize)
    let source = try CIFARSource([("a.bin", record + record)], labelBytes: 1, classCount: 10)
    let data = DataSet(name: "a", classes: CIFARFolder.tenClasses, splits: [.training: source], notes: [])
    for source in try data.corrected(options).splits.values { try read(source, classes: 10) }
}

/// A pickle alone, and the older form of a checkpoint.
@Sendable private func parsePickle(_ bytes: UnsafeRawBufferPointer) throws {
    let file = try WeightBytes(path: try Scratch.folder.file("fuzzed.pth", bytes))
    var cursor = ByteCursor(file, 0..<file.count)
    let heap = PickleHeap()
    do {
        _ = try Unpickler.read(&cursor, into: heap)
    } catch is Failure {}
    try read(NamedWeights(TorchFile(file, isArchive: false)).unwrapped())
}

/// The newer form: a zip archive.
@Sendable private func parseCheckpoint(_ bytes: UnsafeRawBufferPointer) throws {
    let file = try WeightBytes(path: try Scratch.folder.file("fuzzed.pth", bytes))
    try read(NamedWeights(TorchFile(file, isArchive: true)).unwrapped())
}

@Sendable private func parseONNX(_ bytes: UnsafeRawBufferPointer) throws {
    let file = try WeightBytes(path: try Scratch.folder.file("fuzzed.onnx", bytes))
    guard ONNXFile.mayBe(file) else { return }
    try read(ONNXFile(file).weights.unwrapped())
}

// MARK: What is held of all of them

/// Reads the first tensors.
private func read(_ weights: NamedWeights) throws {
    for entry in weights.entries.prefix(16) {
        do {
            let tensor = try weights.tensor(entry.name)
            precondition(tensor.shape == entry.shape && tensor.elements.count == entry.shape.count, "\(entry.name)")
        } catch let failure as Failure {
            precondition(failure.kind == .model, "\(failure)")
        }
    }
}

/// Opens a listing and reads its first pictures.
private func open(_ listing: Listing, _ options: CollectingOptions) throws {
    let data = try listing.open(name: "fuzzed", options, notes: [])
    precondition(data.splits.values.reduce(0) { $0 + $1.entries.count } <= listing.pictures.count)
    for source in data.splits.values { try read(source, classes: data.classes.count) }
}

private func read(_ source: any Source, classes: Int) throws {
    for (index, entry) in source.entries.enumerated() {
        precondition((0..<classes).contains(entry.label) && entry.weight > 0 && entry.weight.isFinite, "\(entry)")
        if index < 16 { _ = try source.content(at: index) }
    }
}

/// FNV-1a of the bytes, for one choice in some.
private func isChosen(_ bytes: UnsafeRawBufferPointer, oneIn count: UInt32) -> Bool {
    bytes.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 } >> 8 % count == 0
}

/// A tar archive whose headers have the checksums that they should have, as far as headers can be told.
private func summed(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var result = Array(bytes)
    var start = 0
    while start + 512 <= result.count, result[start..<start + 512].contains(where: { $0 != 0 }) {
        for place in start + 148..<start + 156 { result[place] = UInt8(ascii: " ") }
        let sum = result[start..<start + 512].reduce(0) { $0 + Int($1) }
        for (place, digit) in String(format: "%06o", sum).utf8.enumerated() { result[start + 148 + place] = digit }
        result[start + 154] = 0
        let digits = result[start + 124..<start + 136].drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
        let size = Int(String(decoding: digits, as: UTF8.self), radix: 8) ?? 0
        start += 512 + (max(0, min(size, result.count)) + 511) / 512 * 512
    }
    return result
}

/// A folder of this run with a few pictures in it, below TMPDIR, which the script removes.
private final class Scratch: Sendable {
    let path: String

    private static let made = Result { try Scratch() }
    static var folder: Scratch { get throws { try made.get() } }

    private init() throws {
        path = NSTemporaryDirectory() + "fovea-fuzz-\(getpid())"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for name in ["a.png", "b.png", "c.png"] { _ = try file(name, [1, 2, 3]) }
    }

    /// Writes a file in place of the one before. Not over it: ext4 would send every one to the disk.
    func file(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let place = path + "/" + name
        unlink(place)
        guard let file = fopen(place, "wb") else { throw Failure(.work, "\(place) cannot be written") }
        defer { fclose(file) }
        let all = Array(bytes)
        fwrite(all, 1, all.count, file)
        return place
    }
}

/// Stands in for Crypto's: a harness needs a hash, not that one.
struct SHA256 {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func update(data: some Sequence<UInt8>) {
        for byte in data { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    mutating func update(bufferPointer: UnsafeRawBufferPointer) { update(data: bufferPointer) }

    func finalize() -> [UInt8] {
        (0..<4).flatMap { round in
            withUnsafeBytes(of: (state &+ UInt64(round)) &* 0x9E37_79B9_7F4A_7C15) { Array($0) }
        }
    }
}
