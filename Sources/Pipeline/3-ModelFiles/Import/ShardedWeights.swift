// Weights that were cut into several safetensors files, with a table that says which file holds which tensor
// (model.safetensors.index.json). Ends in the same value as one file; a table and files that disagree are refused.
// Format: huggingface.co/docs/transformers/big_models, "Sharded checkpoints".

import FoveaTensorCore
import Foundation

/// Weights in several files.
enum ShardedWeights {
    /// What the name of a table ends with.
    static let suffix = ".safetensors.index.json"
    /// Longer tables, and more files, are no weights of a network.
    private static let (byteLimit, shardLimit) = (16 << 20, 256)

    /// The tensors of all files. Throws a `Failure` of kind `.model`.
    static func read(_ path: String) throws -> NamedWeights {
        let map = try table(path)
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        var entries: [NamedWeights.Entry] = []
        var found: [String: String] = [:]
        for shard in Set(map.values).sorted() {
            let file = try SafeTensors(path: folder.isEmpty ? shard : folder + "/" + shard)
            for entry in NamedWeights(file).entries {
                found[entry.name] = shard
                guard map[entry.name] == shard else {
                    throw disagreement(path, "\(shard) holds \(entry.name.printable), which it does not say")
                }
                entries.append(entry)
            }
        }
        if let missing = map.keys.sorted().first(where: { found[$0] == nil }) {
            throw disagreement(path, "\(map[missing] ?? "") does not hold \(missing.printable)")
        }
        return NamedWeights(file: path, entries: entries)
    }

    private static func disagreement(_ path: String, _ what: String) -> Failure {
        Failure(.model, "\(path): \(what)", advice: "Its files are not all of one checkpoint; fetch them again.")
    }

    /// File names by names of tensors.
    private static func table(_ path: String) throws -> [String: String] {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let size = (try? FileManager.default.attributesOfItem(atPath: target)[.size] as? Int) ?? byteLimit
        guard size < byteLimit, let data = FileManager.default.contents(atPath: path) else {
            throw Failure(.model, "\(path): cannot be read, or is too long for a table of files")
        }
        let value: JSONValue
        do {
            value = try data.withUnsafeBytes { bytes throws(StrictJSON.Problem) in try StrictJSON.parse(bytes) }
        } catch let error as StrictJSON.Problem {
            throw Failure(.model, "\(path): is damaged at byte \(error.offset): \(error.reason)")
        }
        guard let members = value.object?["weight_map"]?.object, !members.isEmpty else {
            throw Failure(
                .model, "\(path): does not say which file holds which tensor",
                advice: "It should have a map called weight_map.")
        }
        let map = members.compactMapValues(\.string)
        guard map.count == members.count, map.values.allSatisfy(isPlain), Set(map.values).count <= shardLimit else {
            throw Failure(.model, "\(path): names files that are not beside it, or too many")
        }
        return map
    }

    /// A safetensors file of the same folder.
    private static func isPlain(_ name: String) -> Bool {
        name.hasSuffix(".safetensors") && name.first != "." && !name.contains("/") && !name.contains("\0")
    }
}
