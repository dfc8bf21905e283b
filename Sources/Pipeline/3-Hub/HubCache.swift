// The hub's cache on disk, in huggingface_hub's own layout, which its programs find and go on with: contents under
// blobs/ETAG, snapshots/COMMIT/FILE that link there, refs/REVISION with a commit. Knows paths; fetches nothing.
// Layout: huggingface.co/docs/huggingface_hub/guides/manage-cache.

import FoveaTensorCore
import Foundation

/// The cached part of a repository.
struct HubCache: Sendable {
    /// The folder that holds all repositories.
    let root: String
    let repository: HubRepository

    /// `models--OWNER--NAME`.
    var folderName: String { "models--\(repository.owner)--\(repository.name)" }
    var folder: String { root + "/" + folderName }

    func blob(_ etag: String) -> String { "\(folder)/blobs/\(etag)" }
    func snapshot(_ commit: String) -> String { "\(folder)/snapshots/\(commit)" }
    /// The lock that huggingface_hub takes too.
    func lock(_ etag: String) -> String { "\(root)/.locks/\(folderName)/\(etag).lock" }
    private func reference(_ revision: String) -> String { "\(folder)/refs/\(revision)" }

    /// The commit that a revision was when it was last asked for; a commit is itself.
    func commit() -> String? {
        if HubClient.isCommit(repository.revision) { return repository.revision }
        guard let data = FileManager.default.contents(atPath: reference(repository.revision)) else { return nil }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return HubClient.isCommit(text) ? text : nil
    }

    /// A file of a commit, if it is there whole.
    func path(_ file: String, commit: String) -> String? {
        let path = snapshot(commit) + "/" + file
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    /// Notes which commit the revision is.
    func remember(_ commit: String) throws {
        guard repository.revision != commit else { return }
        let path = reference(repository.revision)
        guard self.commit() != commit else { return }
        try Self.makeFolder(of: path)
        do {
            try Data(commit.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch { throw Self.unwritable(path, error.localizedDescription) }
    }

    /// Puts a file of a commit into the snapshot: a link to its content, or a copy where there are no links.
    func link(_ file: String, commit: String, etag: String) throws {
        let path = snapshot(commit) + "/" + file
        try Self.makeFolder(of: path)
        let depth = file.split(separator: "/").count + 1
        let target = String(repeating: "../", count: depth) + "blobs/" + etag
        // Made aside and renamed, so that nobody ever finds it missing.
        let aside = path + ".\(getpid()).link"
        unlink(aside)
        if symlink(target, aside) == 0 {
            guard rename(aside, path) == 0 else { throw Self.unwritable(path, String(cString: strerror(errno))) }
            return
        }
        do {
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.copyItem(atPath: blob(etag), toPath: path)
        } catch { throw Self.unwritable(path, error.localizedDescription) }
    }

    static func makeFolder(of path: String) throws {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch { throw unwritable(folder, error.localizedDescription) }
    }

    static func unwritable(_ path: String, _ reason: String) -> Failure {
        Failure(
            .work, "\(path): cannot be written: \(reason)",
            advice: "HF_HUB_CACHE names another folder for the cache of the hub.")
    }
}
