// The door to all data: what a person types becomes a `DataSet`. Decides what kind of data it is, by content before name,
// and nothing else; how each kind is read stands in its own file.

import FoveaTensorCore
import Foundation

extension DataSet {
    /// What DATA may be, for errors and help.
    package static let kinds = """
        DATA may be a folder of class folders (with or without train, validation and test above them), a folder with \
        metadata.csv or metadata.jsonl, of IDX or CIFAR .bin files or of .tar shards, a .zip or .tar of class folders, \
        shards as train-{000..012}.tar, a manifest (.csv, .tsv, .jsonl), an export of Label Studio or COCO (.json), or a \
        known name: \(KnownDataSet.all.map(\.name).joined(separator: ", ")).
        """

    /// Opens whatever `kinds` says.
    ///
    /// No picture of a given test split is opened: its folders are listed, its IDX and CIFAR files left alone until asked
    /// for. Throws a `Failure` of kind `.data` that says what is wrong where, or of kind `.work` if a download fails.
    package static func open(_ argument: String, options: CollectingOptions = CollectingOptions()) throws -> DataSet {
        if let pattern = options.labels.pattern { try FlatFolder.check(pattern) }
        let path = trimmed(argument)
        guard let found = attributes(of: path) else {
            let (code, reason) = (errno, systemReason())
            if let known = KnownDataSet.named(argument) { return try known.open(options).corrected(options) }
            if ShardPattern.isOne(path) {
                let shards = try ShardPattern.files(path)
                return try TarShards(shards, root: path).listing(options).open(
                    name: folderName(folder(of: path)), options, notes: [])
            }
            throw Failure(
                .data, "\(argument): there is no such file or folder" + (code == ENOENT ? "" : ": " + reason),
                advice: kinds)
        }
        let name = folderName(path)
        if isKind(S_IFDIR, found) {
            var notes: [String] = []
            if KnownDataSet.named(argument) != nil {
                notes.append("The folder \(argument) was taken, not the known data set of that name.")
            }
            return try open(folder: path, name: name, options, notes)
        }
        guard isKind(S_IFREG, found) else {
            throw Failure(.data, "\(argument): neither a file nor a folder", advice: kinds)
        }
        return try listing(file: path, options).open(name: stem(name), options, notes: [])
    }

    private static func open(
        folder path: String, name: String, _ options: CollectingOptions, _ before: [String]
    ) throws -> DataSet {
        var notes = before
        if let pattern = options.labels.pattern {
            let pictures = try FlatFolder(at: path, pattern: pattern).listing { .encoded(try readFile($0)) }
            return try pictures.open(name: name, options, notes: notes)
        }
        if let files = try IDXFolder(at: path) {
            return try files.open(name: name, options, notes: notes).corrected(options)
        }
        if let files = try CIFARFolder(at: path) {
            return try files.open(name: name, options, notes: notes).corrected(options)
        }
        if let described = try ImageFolder(at: path) {
            let (listing, told) = try described.listing(options)
            notes += told
            if let listing { return try listing.open(name: name, options, notes: notes) }
        }
        let shards = try shards(in: path)
        if !shards.isEmpty {
            return try TarShards(shards, root: path).listing(options).open(name: name, options, notes: notes)
        }
        return try ClassFolders(at: path).listing { .encoded(try readFile($0)) }.open(name: name, options, notes: notes)
    }

    /// The tar files in a folder and in its split folders, where no other folder stands beside them.
    private static func shards(in folder: String) throws -> [String] {
        var omissions = Omissions()
        func isShard(_ item: ListedItem) -> Bool { !item.isFolder && item.name.lowercased().hasSuffix(".tar") }
        let items = try list(folder, &omissions)
        let folders = items.filter(\.isFolder)
        guard folders.allSatisfy({ Split(named: $0.name) != nil }) else { return [] }
        return try items.filter(isShard).map(\.path)
            + folders.flatMap { try list($0.path, &omissions).filter(isShard).map(\.path) }
    }

    private static func listing(file path: String, _ options: CollectingOptions) throws -> Listing {
        let start = try firstBytes(path, count: 4096)
        let ending = path.split(separator: "/").last?.split(separator: ".").last.map { $0.lowercased() } ?? ""
        if start.starts(with: [0x50, 0x4B, 3, 4]) || start.starts(with: [0x50, 0x4B, 5, 6]) || ending == "zip" {
            return try ZipArchive(path).listing(options)
        }
        if TarFile.isOne(start) || ending == "tar" { return try TarShards([path], root: path).listing(options) }
        if start.starts(with: [0x1F, 0x8B]) {
            throw Failure(
                .data, "\(path): gzipped, so that no picture in it can be reached without unpacking",
                advice: "gunzip a .tar.gz: the .tar is read as it is.")
        }
        switch ending {
        case "csv", "tsv", "txt": return try Manifest(csv: path, options.labels).listing(options)
        case "jsonl", "ndjson": return try Manifest(jsonLines: path, options.labels).listing(options)
        case "json":
            let bytes = try readFile(path)
            if bytes.first(where: { $0 > 0x20 && $0 < 0x80 }) == UInt8(ascii: "[") {
                return try LabelStudio(bytes, path: path, options.labels).listing(path, options)
            }
            return try COCO(bytes, path: path, options.labels).listing(path, options)
        default:
            throw Failure(
                .data, isPictureName(path) ? "\(path): this is one picture, not a data set" : "\(path): not a data set",
                advice: kinds)
        }
    }
}

/// The path without slashes at its end.
private func trimmed(_ path: String) -> String {
    var path = path
    while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
}

/// A file's name without its ending.
private func stem(_ name: String) -> String {
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return name }
    return String(name[..<dot])
}

/// The last part of a folder's path; that of the real path for `.`, `..` and the like.
private func folderName(_ path: String) -> String {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    guard last == "." || last == ".." || last.isEmpty || last == "/" else { return last }
    return URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
}
