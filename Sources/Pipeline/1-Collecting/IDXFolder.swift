// A folder of IDX files under the names MNIST gave them. The test pair (t10k) is not opened until somebody asks for it.

import Crypto
import FoveaTensorCore
import Foundation

/// The IDX files of a folder.
package struct IDXFolder {
    /// One file of pictures and one of labels.
    struct Pair {
        let images: String
        let labels: String
        /// What the pictures are called in messages: `train-images`.
        let name: String
    }

    private let root: String
    private let training: Pair?
    private let test: Pair?

    /// Fashion-MNIST's classes, in the order of its README.
    package static let fashionClasses = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ]

    /// SHA-256 of Fashion-MNIST's labels (training, test): how it is known, whatever its folder is called. Computed
    /// from the files of Debian's dataset-fashion-mnist, whose compressed data is that of the official files.
    private static let fashionLabels: Set<String> = [
        "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
        "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
    ]

    /// The IDX files in `root`; nil if there are none. Throws if one of a pair is missing.
    init?(at root: String) throws {
        self.root = root
        training = try Self.pair("train", in: root)
        test = try Self.pair("t10k", in: root)
        if training == nil, test == nil { return nil }
    }

    private static func pair(_ prefix: String, in root: String) throws -> Pair? {
        let images = file("\(prefix)-images", "idx3-ubyte", in: root)
        let labels = file("\(prefix)-labels", "idx1-ubyte", in: root)
        switch (images, labels) {
        case (nil, nil): return nil
        case (let images?, let labels?): return Pair(images: images, labels: labels, name: "\(prefix)-images")
        case (let images?, nil): throw lonely(images, "\(prefix)-labels-idx1-ubyte")
        case (nil, let labels?): throw lonely(labels, "\(prefix)-images-idx3-ubyte")
        }
    }

    /// The file under one of the four names in use.
    private static func file(_ stem: String, _ kind: String, in root: String) -> String? {
        ["-\(kind)", ".\(kind)", "-\(kind).gz", ".\(kind).gz"].map { "\(root)/\(stem)\($0)" }.first {
            attributes(of: $0).map { isKind(S_IFREG, $0) } ?? false
        }
    }

    private static func lonely(_ found: String, _ wanted: String) -> Failure {
        Failure(
            .data, "\(found) is there, but its other half \(wanted) (or .gz) is not",
            advice: "Put both files into the folder.")
    }

    /// The data set of these files; validation is drawn from training by the pictures' pixels.
    func open(
        name: String, classes known: [String]? = nil, _ options: CollectingOptions, notes before: [String]
    ) throws -> DataSet {
        guard let training else { return try openTestOnly(name: name, classes: known, options, notes: before) }
        let source = try IDXSource(images: training.images, labels: training.labels, name: training.name)
        let classes = try classList(known, source, training, options)
        let drawn = try drawSplits(from: source, DrawnParts(validation: options.validationPart, test: 0), options)
        var splits: [Split: any Source] = [.training: source]
        splits.merge(drawn.splits) { _, drawn in drawn }
        var notes = before + drawn.notes
        for split in [Split.training, .validation] {
            if let source = splits[split] { notes += missing(split, in: source, classes) }
        }
        if let test {
            let count = classes.count
            splits[.test] = DeferredSource(name: test.images) {
                let source = try IDXSource(images: test.images, labels: test.labels, name: test.name)
                try checkLabels(source, below: count, test.labels)
                return source
            }
        }
        return DataSet(name: name, classes: classes, splits: splits, notes: notes)
    }

    /// A folder with nothing but a test pair: to measure a model on, not to train from.
    private func openTestOnly(
        name: String, classes known: [String]?, _ options: CollectingOptions, notes: [String]
    ) throws -> DataSet {
        guard let test else { preconditionFailure("an IDX folder without files") }
        let source = try IDXSource(images: test.images, labels: test.labels, name: test.name)
        let classes = try classList(known, source, test, options)
        return DataSet(name: name, classes: classes, splits: [.test: source], notes: notes)
    }

    /// Known names, Fashion-MNIST's where the labels are its labels, else the numbers as names.
    private func classList(
        _ known: [String]?, _ source: IDXSource, _ pair: Pair, _ options: CollectingOptions
    ) throws -> [String] {
        let highest = Int(source.labels.max() ?? 0)
        if let known {
            try checkLabels(source, below: known.count, pair.labels)
            return known
        }
        let digest = SHA256.hash(data: source.labels).map { String(format: "%02x", Int($0)) }.joined()
        if Self.fashionLabels.contains(digest) { return Self.fashionClasses }
        guard highest + 1 >= options.minimumClasses else {
            throw Failure(
                .data, "\(pair.labels): all labels are 0, so there is only one class; a classifier needs two or more")
        }
        return (0...highest).map(String.init)
    }
}

/// Throws if a label is not the number of a class.
private func checkLabels(_ source: IDXSource, below count: Int, _ path: String) throws {
    guard let index = source.labels.firstIndex(where: { Int($0) >= count }) else { return }
    throw Failure(
        .data, "\(path): label \(index) is \(source.labels[index]), but there are \(count) classes, 0 to \(count - 1)",
        advice: "The file belongs to another data set, or is damaged; fetch it again.")
}
