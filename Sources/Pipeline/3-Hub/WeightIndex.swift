// The table of contents of weights that were cut into several files: model.safetensors.index.json names, for each tensor, the
// file that holds it. Says which files there are; reads no weights.
// Format: huggingface.co/docs/transformers/big_models, "Sharded checkpoints".

import FoveaTensorCore
import Foundation

/// Which files a set of weights consists of.
package struct WeightIndex: Sendable, Equatable {
    /// The name of the table.
    package static let name = "model.safetensors.index.json"
    /// The files, in the order of their names.
    package let shards: [String]

    /// Longer tables, and more files, are no weights of a network.
    private static let (byteLimit, shardLimit) = (16 << 20, 256)

    /// Reads a table. Throws a `Failure` of kind `.model` if it is none, or names files that lie elsewhere.
    package init(path: String) throws {
        let size = (try? FileManager.default.attributesOfItem(atPath: Self.target(path))[.size] as? Int) ?? 0
        guard size <= Self.byteLimit, let data = FileManager.default.contents(atPath: path) else {
            throw Failure(.model, "\(path): cannot be read, or is too long for a table of files")
        }
        try self.init(json: data, file: path)
    }

    init(json: Data, file: String) throws {
        struct Table: Decodable { let weight_map: [String: String] }
        guard let table = try? JSONDecoder().decode(Table.self, from: json), !table.weight_map.isEmpty else {
            throw Failure(
                .model, "\(file): does not say which file holds which tensor",
                advice: "Download it again: it should have a map called weight_map.")
        }
        shards = Set(table.weight_map.values).sorted()
        guard shards.count <= Self.shardLimit else {
            throw Failure(.model, "\(file): names \(shards.count) files, at most \(Self.shardLimit) are read")
        }
        for shard in shards where !Self.isPlain(shard) {
            throw Failure(.model, "\(file): \(shard.printable) is no safetensors file beside it")
        }
    }

    /// A name that leads to no other folder.
    private static func isPlain(_ name: String) -> Bool {
        name.hasSuffix(".safetensors") && name.first != "." && name.utf8.count <= 255
            && name.utf8.allSatisfy { HubReference.isLetterOrDigit($0) || [45, 46, 95].contains($0) }
    }

    /// In the cache names are links to contents.
    private static func target(_ path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
}
