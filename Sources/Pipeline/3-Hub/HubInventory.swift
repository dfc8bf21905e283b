// What of hubs is on this machine: repositories in the cache with their sizes, and torchvision's files. Removes one when
// asked by name; touches nothing that it did not list.

import FoveaTensorCore
import Foundation

/// Weights on this machine.
package struct HubInventory: Sendable {
    /// One set of weights.
    package struct Entry: Sendable, Equatable {
        /// What `--model` takes: `timm/resnet18.a1_in1k`.
        package let reference: String
        /// Where it lies.
        package let path: String
        package let byteCount: Int
        /// The commits that are there, cut to seven digits; of torchvision, the version.
        package let revisions: [String]
    }

    package let settings: HubSettings

    package init(_ settings: HubSettings) { self.settings = settings }

    /// Everything that holds a weight file, in the order of the names.
    package func entries() -> [Entry] {
        (repositories() + torchvision()).sorted { $0.reference < $1.reference }
    }

    private func contents(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    private func size(_ path: String) -> Int {
        ((try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int) ?? 0
    }

    private func repositories() -> [Entry] {
        contents(settings.cache).compactMap { folder in
            let parts = folder.components(separatedBy: "--")
            guard parts.count == 3, parts[0] == "models" else { return nil }
            let path = settings.cache + "/" + folder
            let commits = contents(path + "/snapshots").filter { commit in
                HubDownload.weightFiles.contains {
                    FileManager.default.fileExists(atPath: "\(path)/snapshots/\(commit)/\($0)")
                }
            }
            guard !commits.isEmpty else { return nil }
            let bytes = contents(path + "/blobs").reduce(0) { $0 + size("\(path)/blobs/\($1)") }
            return Entry(
                reference: "\(parts[1])/\(parts[2])", path: path, byteCount: bytes,
                revisions: commits.map { String($0.prefix(7)) })
        }
    }

    private func torchvision() -> [Entry] {
        contents(settings.torchvisionCache).compactMap { file in
            guard let weights = TorchvisionWeights.all.first(where: { $0.file == file }) else { return nil }
            let path = settings.torchvisionCache + "/" + file
            return Entry(
                reference: weights.reference, path: path, byteCount: size(path), revisions: [weights.version])
        }
    }

    /// Removes weights; what was removed. Throws a `Failure` of kind `.usage` if they are not there.
    package func remove(_ reference: String) throws -> Entry {
        let all = entries()
        let plain = reference.hasPrefix("hf:") ? String(reference.dropFirst(3)) : reference
        guard let entry = all.first(where: { $0.reference == plain }) else {
            let near = nearest(to: plain, in: all.map(\.reference))
            throw Failure(
                .usage, "\(reference.printable) is not on this machine",
                advice: near.isEmpty
                    ? "`fovea models list --local` shows what is." : "Did you mean \(near.joined(separator: " or "))?")
        }
        do {
            try FileManager.default.removeItem(atPath: entry.path)
        } catch {
            throw Failure(.work, "\(entry.path): cannot be removed: \(error.localizedDescription)")
        }
        let folder = entry.path.split(separator: "/").last.map(String.init) ?? ""
        if folder.hasPrefix("models--") {
            try? FileManager.default.removeItem(atPath: settings.cache + "/.locks/" + folder)
        }
        return entry
    }
}
