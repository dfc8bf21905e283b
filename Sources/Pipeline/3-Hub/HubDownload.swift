// Brings weights from a hub into the cache, or finds them there: configuration first, then the weight file that is best to
// read. Without a connection what was fetched before serves, and that is said.

import FoveaTensorCore
import Foundation

/// What was brought or found.
package struct HubFiles: Sendable {
    /// A folder with a weight file and, where there is one, config.json; or a weight file.
    package let path: String
    /// Where it comes from: `timm/resnet18.a1_in1k of huggingface.co, revision 491b427`.
    package let origin: String
    /// What a person should know.
    package let notes: [String]
}

/// Fetches from hubs.
package struct HubDownload: Sendable {
    package let settings: HubSettings
    private let progress: HubProgress?
    private let client: HubClient

    /// `progress` is told of what arrives; `waits` are the seconds between attempts.
    package init(_ settings: HubSettings, waits: [Double]? = nil, progress: HubProgress? = nil) {
        self.settings = settings
        self.progress = progress
        var client = HubClient(settings)
        if let waits { client.waits = waits }
        self.client = client
    }

    /// Files that say what weights are; a repository may have none of them.
    private static let descriptions = ["config.json"]
    /// Weight files, the best first: the order of timm and huggingface_hub's other users.
    package static let weightFiles = ["model.safetensors", "pytorch_model.bin", "pytorch_model.pth", "model.pth"]

    /// The weights of a reference. Throws a `Failure`: of kind `.usage` if there is no such thing, of `.work` if it cannot
    /// be fetched.
    package func files(of reference: HubReference) throws -> HubFiles {
        switch reference {
        case .repository(let repository): try files(of: repository)
        case .torchvision(let name, let version): try files(of: TorchvisionWeights(named: name, version: version))
        }
    }

    private func files(of repository: HubRepository) throws -> HubFiles {
        let cache = HubCache(root: settings.cache, repository: repository)
        if settings.isOffline {
            return try cached(cache, because: "HF_HUB_OFFLINE is set", note: nil)
        }
        // A commit never changes: what is there is right.
        if HubClient.isCommit(repository.revision), let found = Self.complete(cache, commit: repository.revision) {
            return found
        }
        do {
            var commit: String?
            for file in Self.descriptions {
                do { commit = try fetch(file, of: repository, cache) } catch HubTrouble.noFile { continue }
            }
            for file in Self.weightFiles {
                do {
                    let found = try fetch(file, of: repository, cache)
                    // A push between two files: begin again with what is newest.
                    guard commit == nil || commit == found else { return try files(of: repository) }
                    return HubFiles(path: cache.snapshot(found), origin: origin(repository, found), notes: [])
                } catch HubTrouble.noFile { continue }
            }
            throw Failure(
                .usage, "\(repository.identifier): there are no weights of a known form in it",
                advice: "Looked for: \(Self.weightFiles.joined(separator: ", ")).")
        } catch HubTrouble.unreachable(let reason) {
            return try cached(
                cache, because: reason,
                note: "\(settings.endpoint) cannot be reached (\(reason)); what was fetched before is used")
        } catch HubTrouble.refused(let reason, let advice) {
            throw Failure(.usage, reason, advice: advice)
        }
    }

    /// Brings one file into the cache; the commit that it is of.
    private func fetch(_ file: String, of repository: HubRepository, _ cache: HubCache) throws -> String {
        let known = try client.file(file, of: repository)
        try cache.remember(known.commit)
        if cache.path(file, commit: known.commit) != nil { return known.commit }
        var isFirst = true
        try CheckedDownload(
            name: "\(repository.identifier)/\(file)", path: cache.blob(known.etag), lock: cache.lock(known.etag),
            check: ContentCheck(etag: known.etag), size: known.size, waits: client.waits, progress: progress
        ).run {
            // Addresses of content are signed for a while only.
            let current = isFirst ? known : try client.file(file, of: repository)
            isFirst = false
            guard current.etag == known.etag else {
                throw HubTrouble.unreachable("\(file) was replaced on the hub meanwhile")
            }
            return (current.location, settings.headers(for: current.location))
        }
        try cache.link(file, commit: known.commit, etag: known.etag)
        return known.commit
    }

    /// What was fetched before.
    private func cached(_ cache: HubCache, because reason: String, note: String?) throws -> HubFiles {
        if let commit = cache.commit(), let found = Self.complete(cache, commit: commit) {
            return HubFiles(path: found.path, origin: found.origin, notes: note.map { [$0] } ?? [])
        }
        throw Failure(
            .work, "\(cache.repository.identifier) is not in \(cache.root), and nothing can be fetched: \(reason)",
            advice: "Fetch it once with a connection: fovea models pull \(cache.repository.identifier).")
    }

    private static func complete(_ cache: HubCache, commit: String) -> HubFiles? {
        guard weightFiles.contains(where: { cache.path($0, commit: commit) != nil }) else { return nil }
        return HubFiles(path: cache.snapshot(commit), origin: origin(cache.repository, commit, "the hub"), notes: [])
    }

    private func origin(_ repository: HubRepository, _ commit: String) -> String {
        Self.origin(repository, commit, URL(string: settings.endpoint)?.host ?? "the hub")
    }

    private static func origin(_ repository: HubRepository, _ commit: String, _ host: String) -> String {
        "\(repository.identifier) of \(host), revision \(commit.prefix(7))"
    }

    private func files(of weights: TorchvisionWeights) throws -> HubFiles {
        let path = settings.torchvisionCache + "/" + weights.file
        let origin = "torchvision's \(weights.name) (\(weights.version)), \(weights.file)"
        let found = HubFiles(path: path, origin: origin, notes: [])
        if FileManager.default.fileExists(atPath: path) { return found }
        guard !settings.isOffline else {
            throw Failure(
                .work, "\(path) is not there, and HF_HUB_OFFLINE is set",
                advice: "Fetch it once with a connection: fovea models pull torchvision/\(weights.name).")
        }
        guard let url = URL(string: settings.torchvisionEndpoint + "/" + weights.file) else {
            throw Failure(.usage, "\(settings.torchvisionEndpoint) is no address")
        }
        do {
            try CheckedDownload(
                name: weights.file, path: path, lock: path + ".lock", check: .sha256Prefix(weights.hash), size: nil,
                waits: client.waits, progress: progress
            ).run { (url, [:]) }
            unlink(path + ".lock")
        } catch HubTrouble.unreachable(let reason) {
            throw Failure(
                .work, "\(url.absoluteString) cannot be fetched: \(reason)",
                advice: "Try again; what arrived is kept and gone on from.")
        } catch HubTrouble.refused(let reason, let advice) {
            throw Failure(.work, reason, advice: advice)
        }
        return found
    }
}
