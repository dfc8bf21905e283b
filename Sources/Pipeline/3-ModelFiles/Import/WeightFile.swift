// Weights from a path: what a file is shows in its first bytes, never in its name. Folders hold a weight file and, beside
// it, a configuration. Ends in `StartingWeights`.

import FoveaTensorCore
import Foundation

extension StartingWeights {
    /// Weight files of a folder, the one to take first; the hub's tools prefer them in this order.
    package static let usualFileNames = [
        "model.safetensors", "model" + ShardedWeights.suffix, "pytorch_model.bin", "pytorch_model.pth", "model.pth",
        "model.pt",
        "open_clip_model.safetensors",
    ]
    /// What says, beside a weight file, what it is.
    package static let configurationName = "config.json"
    /// Class names beside a weight file, one a line.
    package static let labelsName = "labels.txt"

    /// The weights of a file, or of a folder with a weight file and config.json.
    /// `name` is what messages call it. Throws a `Failure` of kind `.model`.
    package init(path: String, name: String? = nil, origin: String? = nil) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Failure(
                .model, "\(path): there is no such file or folder", advice: "Is the name right, and may you read it?")
        }
        if isFolder.boolValue {
            try self.init(folder: path, name: name ?? path, origin: origin)
        } else {
            try self.init(file: path, name: name ?? path, hint: name ?? path, size: nil, origin: origin)
        }
    }

    private init(file path: String, name: String, hint: String, size: Int?, origin: String?) throws {
        let opened = try OpenedWeights(path: path)
        guard case .weights(let weights) = opened else {
            try self.init(model: path)
            self.name = name
            return
        }
        let last = path.split(separator: "/").last.map(String.init) ?? path
        // The path's other parts say nothing about the network.
        let hint = hint == path ? last : hint
        try self.init(weights, name: name, hint: hint, size: size, origin: origin ?? last)
    }

    private init(folder: String, name: String, origin: String?) throws {
        let files = Set((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        let others = files.filter { file in ["safetensors", "fovea"].contains { file.hasSuffix("." + $0) } }.sorted()
        guard let file = Self.usualFileNames.first(where: files.contains) ?? (others.count == 1 ? others.first : nil)
        else {
            throw Failure(
                .model, "\(folder): there is no weight file in the folder",
                advice: "It should hold \(Self.usualFileNames[0]) and \(Self.configurationName), or name the file.")
        }
        let configuration =
            files.contains(Self.configurationName)
            ? try ForeignConfiguration(path: folder + "/" + Self.configurationName) : nil
        let last = folder.split(separator: "/").last.map(String.init) ?? folder
        try self.init(
            file: folder + "/" + file, name: name, hint: configuration?.architecture ?? name,
            size: configuration?.size, origin: origin ?? last)
        if let configuration { try apply(configuration) }
        if preprocessing == nil, files.contains(PreprocessorFile.name) {
            let file = try PreprocessorFile(path: folder + "/" + PreprocessorFile.name)
            let (found, note) = file.preprocessing(for: self.configuration)
            preprocessing = found
            if let found { (self.configuration.height, self.configuration.width) = (found.height, found.width) }
            notes += note.map { [$0] } ?? []
        }
        if licence == nil { licence = ModelCardFile(path: folder + "/README.md")?.licence }
        if files.contains(Self.labelsName), classes == nil {
            self = try named(Labels.read(folder + "/" + Self.labelsName), from: Self.labelsName)
        }
    }

    /// What config.json says, over what the weights say.
    private mutating func apply(_ configuration: ForeignConfiguration) throws {
        preprocessing = configuration.preprocessing(for: self.configuration) ?? preprocessing
        if let preprocessing {
            (self.configuration.height, self.configuration.width) = (preprocessing.height, preprocessing.width)
        }
        licence = configuration.licence ?? licence
        if let names = configuration.classNames {
            if names.count == self.configuration.classCount {
                classes = names
            } else {
                notes.append(
                    "\(name): \(Self.configurationName) names \(names.count) classes, the weights have "
                        + "\(self.configuration.classCount): the names are left out")
            }
        }
        notes += configuration.notes
    }
}

/// A file of class names.
package enum Labels {
    /// One name a line, in the order of the outputs; empty lines at the end are nothing. Throws a `Failure`.
    package static func read(_ path: String) throws -> [String] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(.usage, "\(path): cannot be opened", advice: "Is the name right, and may you read it?")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw Failure(.usage, "\(path): is no text in UTF-8", advice: "One class name on each line.")
        }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces.union(.controlCharacters))
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}

/// A file of weights, opened.
enum OpenedWeights {
    /// One of Fovea's own, with a card.
    case model
    /// Weights alone: of safetensors, PyTorch or ONNX.
    case weights(NamedWeights)

    init(path: String) throws {
        if path.hasSuffix(ShardedWeights.suffix) {
            self = .weights(try ShardedWeights.read(path).unwrapped())
            return
        }
        let bytes = try WeightBytes(path: path)
        let first = try bytes.read(0..<min(8, bytes.count))
        if first.starts(with: "PK\u{3}\u{4}".utf8) || first.starts(with: "PK\u{5}\u{6}".utf8) {
            self = .weights(try NamedWeights(TorchFile(bytes, isArchive: true)).unwrapped())
        } else if first.count == 8, [0x80, UInt8(ascii: "c"), UInt8(ascii: "(")].contains(first[0]),
            first.reversed().reduce(UInt64(0), { $0 << 8 | UInt64($1) }) > UInt64(bytes.count)
        {
            // A pickle: read as the length of a safetensors header, its first bytes promise more than the file has.
            self = .weights(try NamedWeights(TorchFile(bytes, isArchive: false)).unwrapped())
        } else if ONNXFile.mayBe(bytes) {
            self = .weights(try ONNXFile(bytes).weights.unwrapped())
        } else {
            let file = try SafeTensors(path: path)
            self = file.metadata[ModelFile.Key.version] != nil ? .model : .weights(NamedWeights(file).unwrapped())
        }
    }
}

extension NamedWeights {
    /// The tensors of a file of weights, whatever wrote it, under their own names. Throws a `Failure` of kind `.model`.
    package init(path: String) throws {
        switch try OpenedWeights(path: path) {
        case .weights(let weights): self = weights
        case .model: self.init(try SafeTensors(path: path))
        }
    }
}

extension ModelFile {
    /// Whether a path names one of Fovea's own files, or one that should be by its name: it is then for the reader of
    /// model files to say what is wrong with it.
    package static func isOne(_ path: String) -> Bool {
        path.hasSuffix(".fovea") || (try? SafeTensors(path: path))?.metadata[Key.version] != nil
    }
}
