// NAME.fovea: a plain safetensors file whose metadata holds the card and two hashes, so that any tool can open it and no
// changed bit goes unseen. Written whole or not at all; read strictly. Data only, never code.

import Crypto
import FoveaTensorCore
import Foundation

/// A model: its card and its weights, in the order in which they are stored.
package struct ModelFile: Sendable {
    /// What the weights are.
    package var card: ModelCard
    /// The weights under their parameters' names.
    package var tensors: [(name: String, tensor: Tensor<Float>)]
    /// The tensors that the file holds in eight bits, and what one step is worth for each index of axis 0.
    package var steps: [String: [Float]]

    package init(card: ModelCard, tensors: [(name: String, tensor: Tensor<Float>)], steps: [String: [Float]] = [:]) {
        self.card = card
        self.tensors = tensors
        self.steps = steps
    }

    /// Keys under `__metadata__`.
    enum Key {
        /// The version of the whole format, a whole number.
        static let version = "fovea.version"
        /// The card, as JSON.
        static let card = "fovea.card"
        /// SHA-256 of everything before the tensors' bytes, with the 64 digits of this very hash taken as zeros.
        static let headerHash = "fovea.sha256.header"
        /// SHA-256 of the tensors' bytes.
        static let tensorHash = "fovea.sha256.tensors"
    }

    private static let noHash = String(repeating: "0", count: 64)

    /// Writes the model to `path`. An older file there stays untouched unless everything succeeds. Absolute paths in the
    /// card are cut down to their last part. Throws a `Failure`.
    package func save(
        to path: String, through write: @escaping FileReplacement.Write = FileReplacement.systemWrite
    ) throws {
        let card = card.withoutPaths
        try card.check(file: path)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = String(decoding: try encoder.encode(card), as: UTF8.self)
        var hasher = SHA256()
        let stored = StoredTensor.all(of: tensors, steps: steps)
        for tensor in stored { tensor.withBytes { hasher.update(bufferPointer: $0) } }
        var header = try SafeTensorsHeader.bytes(
            of: stored,
            metadata: [
                Key.version: String(card.schema), Key.card: json,
                Key.headerHash: Self.noHash, Key.tensorHash: Self.hexadecimal(hasher.finalize()),
            ])
        let placeholder = Array("\"\(Key.headerHash)\":\"\(Self.noHash)".utf8)
        guard let place = Self.firstRange(of: placeholder, in: header) else {
            preconditionFailure("the header that was just written has no place for its hash")
        }
        let digits = Array(Self.hexadecimal(SHA256.hash(data: header)).utf8)
        header.replaceSubrange(place.upperBound - digits.count..<place.upperBound, with: digits)
        try SafeTensors.write(header: header, stored, to: path, through: write)
    }

    /// Reads a model and checks every byte of it. Throws a `Failure` of kind `.model`.
    package static func load(_ path: String) throws -> ModelFile {
        let open = try OpenModelFile(path: path)
        var hasher = SHA256()
        var tensors: [(name: String, tensor: Tensor<Float>)] = []
        for entry in open.file.entries {
            let tensor = try open.tensor(entry) { hasher.update(bufferPointer: $0) }
            if !open.isStep(entry.name) { tensors.append((entry.name, tensor)) }
        }
        guard open.file.metadata[Key.tensorHash] == hexadecimal(hasher.finalize()) else { throw changedWeights(path) }
        return ModelFile(card: open.card, tensors: tensors, steps: open.steps)
    }

    static func changedWeights(_ path: String) -> Failure {
        Failure(
            .model, "\(path): the weights are not those that were saved: their SHA-256 differs",
            advice: SafeTensorsHeader.copyAgain)
    }

    /// Reads the card alone, without the weights; everything before them is checked. Throws a `Failure` of kind `.model`.
    package static func loadCard(_ path: String) throws -> ModelCard { try checkedCard(of: SafeTensors(path: path)) }

    static func checkedCard(of file: SafeTensors) throws -> ModelCard {
        guard let version = file.metadata[Key.version] else {
            throw Failure(
                .model, "\(file.path): holds weights alone, without Fovea's card",
                advice: "Class names and preprocessing are not known; use it as initial weights for fovea train.")
        }
        try checkVersion(Int(version), file: file.path)
        let damaged = Failure(
            .model, "\(file.path): the header is not the one that was saved: its SHA-256 differs",
            advice: SafeTensorsHeader.copyAgain)
        guard let hash = file.metadata[Key.headerHash], hash.utf8.count == noHash.utf8.count,
            let place = firstRange(of: Array("\"\(Key.headerHash)\":\"\(hash)".utf8), in: file.headerBytes)
        else { throw damaged }
        var header = file.headerBytes
        header.replaceSubrange(place.upperBound - hash.utf8.count..<place.upperBound, with: noHash.utf8)
        guard hexadecimal(SHA256.hash(data: header)) == hash, let json = file.metadata[Key.card] else { throw damaged }
        return try decodedCard(Data(json.utf8), file: file.path)
    }

    private static func decodedCard(_ json: Data, file: String) throws -> ModelCard {
        do {
            let value = try json.withUnsafeBytes { bytes throws(StrictJSON.Problem) in try StrictJSON.parse(bytes) }
            if case .object(let members) = value, case .integer(let schema) = members["schema"] {
                try checkVersion(schema, file: file)
            }
            let card = try JSONDecoder().decode(ModelCard.self, from: json)
            try card.check(file: file)
            return card
        } catch let failure as Failure {
            throw failure
        } catch let problem as StrictJSON.Problem {
            throw Failure(
                .model, "\(file): the card is damaged at byte \(problem.offset): \(problem.reason)",
                advice: SafeTensorsHeader.copyAgain)
        } catch {
            throw Failure(
                .model, "\(file): the card cannot be read: \(reason(error))", advice: SafeTensorsHeader.copyAgain)
        }
    }

    private static func checkVersion(_ version: Int?, file: String) throws {
        guard let version, version >= 1 else {
            throw Failure(.model, "\(file): its format version is damaged", advice: SafeTensorsHeader.copyAgain)
        }
        guard version <= ModelCard.currentSchema else {
            throw Failure(
                .model,
                "\(file): written by a newer Fovea: version \(version), this program reads \(ModelCard.currentSchema)",
                advice: "Update Fovea.")
        }
    }

    /// Where in the card decoding stopped, and why.
    private static func reason(_ error: any Error) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.isEmpty
                ? "the card" : path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        }
        switch error {
        case DecodingError.keyNotFound(let key, let context): return "\(place(context.codingPath + [key])) is missing"
        case DecodingError.valueNotFound(_, let context): return "\(place(context.codingPath)) is null"
        case DecodingError.typeMismatch(let type, let context): return "\(place(context.codingPath)) is no \(type)"
        case DecodingError.dataCorrupted(let context):
            return "\(place(context.codingPath)): \(context.debugDescription)"
        default: return String(describing: error)
        }
    }

    static func hexadecimal(_ digest: SHA256.Digest) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func firstRange(of pattern: [UInt8], in bytes: [UInt8]) -> Range<Int>? {
        guard let first = pattern.first, bytes.count >= pattern.count else { return nil }
        for start in 0...(bytes.count - pattern.count)
        where bytes[start] == first && bytes[start..<start + pattern.count].elementsEqual(pattern) {
            return start..<start + pattern.count
        }
        return nil
    }
}
