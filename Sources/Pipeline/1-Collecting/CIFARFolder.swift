// CIFAR-10's and CIFAR-100's binary collections: a folder of .bin files under their usual names, or the official .tar.gz as
// it is. The test files are not opened until somebody asks for them.

import FoveaTensorCore
import Foundation

/// The files of a CIFAR collection.
package struct CIFARFolder {
    /// One of the two data sets.
    package enum Kind {
        case ten, hundred

        var labelBytes: Int { self == .ten ? 1 : 2 }
        var namesFile: String { self == .ten ? "batches.meta.txt" : "fine_label_names.txt" }
        var classCount: Int { self == .ten ? 10 : 100 }
    }

    /// CIFAR-10's classes, as its batches.meta.txt has them.
    package static let tenClasses = [
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ]

    private let root: String
    private let kind: Kind
    private let training: [String]
    private let test: [String]

    /// The CIFAR files in `root`, or in the folder that the official archives unpack to; nil if there are none.
    init?(at root: String) throws {
        guard
            let found = try ["", "/cifar-10-batches-bin", "/cifar-100-binary"].lazy.compactMap({
                try Self.files(in: root + $0)
            }).first
        else { return nil }
        (self.root, kind, training, test) = found
    }

    private static func files(in folder: String) throws -> (String, Kind, [String], [String])? {
        guard let found = attributes(of: folder), isKind(S_IFDIR, found) else { return nil }
        var omissions = Omissions()
        let names = try list(folder, &omissions).filter { !$0.isFolder && $0.name.hasSuffix(".bin") }
        let (training, test) = (
            names.filter { $0.name.hasPrefix("data_batch") }, names.filter { $0.name.hasPrefix("test_batch") }
        )
        if !training.isEmpty || !test.isEmpty { return (folder, .ten, training.map(\.path), test.map(\.path)) }
        if attributes(of: folder + "/batches.meta") != nil, attributes(of: folder + "/data_batch_1") != nil {
            throw Failure(
                .data, "\(folder): these are CIFAR-10's Python pickles, which only Python can open",
                advice: "Fetch the binary version, or say cifar10 instead of a folder.")
        }
        let hundred = names.filter { $0.name == "train.bin" || $0.name == "test.bin" }
        guard !hundred.isEmpty, attributes(of: folder + "/fine_label_names.txt") != nil || isHundred(hundred) else {
            return nil
        }
        return (
            folder, .hundred, hundred.filter { $0.name == "train.bin" }.map(\.path),
            hundred.filter { $0.name == "test.bin" }.map(\.path)
        )
    }

    private static func isHundred(_ files: [ListedItem]) -> Bool {
        files.allSatisfy { file in
            attributes(of: file.path).map { $0.st_size > 0 && Int($0.st_size) % (2 + CIFARSource.pictureSize) == 0 }
                == true
        }
    }

    /// The data set of these files; validation is drawn from training by the pictures' pixels.
    func open(name: String, _ options: CollectingOptions, notes: [String]) throws -> DataSet {
        let namesPath = root + "/" + kind.namesFile
        let given = attributes(of: namesPath) == nil ? nil : try lines(of: namesPath).filter { !$0.isEmpty }
        let classes = try Self.classes(given, kind, namesPath)
        let (kind, training, test) = (kind, training, test)
        @Sendable func read(_ paths: [String]) throws -> CIFARSource {
            try CIFARSource(
                paths.map { ($0, try readFile($0)) }, labelBytes: kind.labelBytes, classCount: classes.count)
        }
        return try Self.dataSet(
            name: name, classes: classes, training: training.isEmpty ? nil : try read(training),
            test: test.isEmpty ? nil : DeferredSource(name: test[0]) { try read(test) }, options, notes)
    }

    /// The data set in an official archive, which is inflated in memory.
    static func open(archive path: String, _ kind: Kind, name: String, _ options: CollectingOptions) throws -> DataSet {
        var (training, test): ([(String, [UInt8])], [(String, [UInt8])]) = ([], [])
        var given: [String]?
        var walk = TarWalk(path)
        try walk.run(try GzipReader(path)) { member, bytes in
            let last = member.path.split(separator: "/").last.map(String.init) ?? ""
            guard member.size <= 1 << 28 else { return }
            switch last {
            case kind.namesFile:
                given = String(decoding: try bytes(), as: UTF8.self).split(whereSeparator: \.isNewline).map {
                    $0.trimmingCharacters(in: .whitespaces)
                }.filter { !$0.isEmpty }
            case _ where last.hasPrefix("data_batch") || last == "train.bin": training.append((last, try bytes()))
            case _ where last.hasPrefix("test"): test.append((last, try bytes()))
            default: break
            }
        }
        let classes = try classes(given, kind, path)
        func source(_ files: [(String, [UInt8])]) throws -> CIFARSource? {
            files.isEmpty
                ? nil
                : try CIFARSource(
                    files.sorted { standsBefore($0.0, $1.0) }, labelBytes: kind.labelBytes, classCount: classes.count)
        }
        guard let trained = try source(training) else {
            throw Failure(.data, "\(path): there is no training file in it")
        }
        return try dataSet(
            name: name, classes: classes, training: trained, test: try source(test), options, ["Read from \(path)."])
    }

    private static func classes(_ given: [String]?, _ kind: Kind, _ path: String) throws -> [String] {
        guard let given else { return kind == .ten ? tenClasses : (0..<kind.classCount).map(String.init) }
        guard Set(given).count == given.count, (1...256).contains(given.count) else {
            throw Failure(.data, "\(path): it must name each class once, one a line")
        }
        return given
    }

    private static func dataSet(
        name: String, classes: [String], training: CIFARSource?, test: (any Source)?, _ options: CollectingOptions,
        _ before: [String]
    ) throws -> DataSet {
        var splits: [Split: any Source] = [:]
        var notes = before
        if let training {
            let drawn = try drawSplits(from: training, DrawnParts(validation: options.validationPart, test: 0), options)
            splits[.training] = training
            splits.merge(drawn.splits) { _, drawn in drawn }
            notes += drawn.notes
            for split in [Split.training, .validation] {
                if let source = splits[split] { notes += missing(split, in: source, classes) }
            }
        }
        splits[.test] = test
        return DataSet(name: name, classes: classes, splits: splits, notes: notes)
    }
}
