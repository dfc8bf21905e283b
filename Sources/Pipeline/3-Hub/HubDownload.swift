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

    /// What says which network it is; a repository may have none.
    private static let configuration = "config.json"
    /// How transformers prepares pictures, and the model card, whose first lines state the licence.
    private static let (preprocessing, card) = ("preprocessor_config.json", "README.md")
    /// Weight files, the best first: the order of timm and huggingface_hub's other users.
    package static let weightFiles = [
        "model.safetensors", WeightIndex.name, "pytorch_model.bin", "pytorch_model.pth", "model.pth",
    ]

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
            var fetched = Fetched(repository, cache)
            try fetch(Self.configuration, into: &fetched)
            // A commit never changes: if its weights are here, so is what was wanted beside them.
            if let commit = fetched.commit, let found = Self.complete(cache, commit: commit) {
                return HubFiles(path: found.path, origin: origin(repository, commit), notes: [])
            }
            try fetch(Self.preprocessing, into: &fetched)
            try fetchCard(into: &fetched)
            for file in Self.weightFiles where try fetch(file, into: &fetched) {
                guard let commit = fetched.commit else { continue }
                if file == WeightIndex.name {
                    for shard in try WeightIndex(path: cache.snapshot(commit) + "/" + file).shards {
                        guard try fetch(shard, into: &fetched) else {
                            throw HubTrouble.refused(
                                "\(repository.identifier): \(WeightIndex.name) names \(shard), which is not there",
                                advice: nil)
                        }
                    }
                }
                // A push between two files: begin again with what is newest.
                guard !fetched.isMixed else { return try files(of: repository) }
                return HubFiles(path: cache.snapshot(commit), origin: origin(repository, commit), notes: [])
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

    /// What a repository has given so far.
    private struct Fetched {
        let repository: HubRepository
        let cache: HubCache
        /// That of the first file.
        var commit: String?
        /// True if a later file was of another commit.
        var isMixed = false

        init(_ repository: HubRepository, _ cache: HubCache) { (self.repository, self.cache) = (repository, cache) }
    }

    /// The model card says nothing that numbers depend on: a repository without one, or that does not give it, will do.
    private func fetchCard(into fetched: inout Fetched) throws {
        do { try fetch(Self.card, into: &fetched) } catch HubTrouble.refused { return }
    }

    /// Brings one file into the cache; false if the repository has none of this name.
    @discardableResult
    private func fetch(_ file: String, into fetched: inout Fetched) throws -> Bool {
        let (repository, cache) = (fetched.repository, fetched.cache)
        guard let known = try known(file, of: repository) else { return false }
        fetched.isMixed = fetched.isMixed || (fetched.commit ?? known.commit) != known.commit
        fetched.commit = fetched.commit ?? known.commit
        try cache.remember(known.commit)
        if cache.path(file, commit: known.commit) != nil { return true }
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
        return true
    }

    /// What the hub says about a file; nil if the repository has none of this name.
    private func known(_ file: String, of repository: HubRepository) throws -> HubFile? {
        // A catch of one case makes Swift 6.3's compiler crash here.
        switch Result(catching: { () throws(HubTrouble) in try client.file(file, of: repository) }) {
        case .success(let known): return known
        case .failure(.noFile): return nil
        case .failure(let trouble): throw trouble
        }
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
        guard weightFiles.contains(where: { isComplete($0, cache, commit) }) else { return nil }
        return HubFiles(path: cache.snapshot(commit), origin: origin(cache.repository, commit, "the hub"), notes: [])
    }

    /// True if a weight file is there with all its parts.
    private static func isComplete(_ file: String, _ cache: HubCache, _ commit: String) -> Bool {
        guard let path = cache.path(file, commit: commit) else { return false }
        guard file == WeightIndex.name else { return true }
        return (try? WeightIndex(path: path).shards.allSatisfy { cache.path($0, commit: commit) != nil }) ?? false
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
