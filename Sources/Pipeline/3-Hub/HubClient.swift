// Asks the hub what a file is, before it is fetched: which commit, what its content is called, where it lies. One HEAD
// request, whose redirects to other hosts are read and not followed: what they say about the file stands in their headers.
// Protocol: huggingface_hub, file_download.py, `get_hf_file_metadata`.

import FoveaCollecting
import FoveaTensorCore
import Foundation

/// What the hub says about a file.
struct HubFile: Sendable, Equatable {
    /// 40 hexadecimal digits.
    let commit: String
    /// The content's name: its SHA-256 for large files, git's SHA-1 of it for small ones.
    let etag: String
    let size: Int?
    /// Where the bytes lie.
    let location: URL
}

/// Why the hub has no answer.
enum HubTrouble: Error, Equatable {
    /// The repository is there, the file is not.
    case noFile
    /// There is nothing of that name, or it may not be seen: the sentence says which.
    case refused(String, advice: String?)
    /// Nobody answers; it may work later.
    case unreachable(String)
}

/// A hub to ask.
struct HubClient: Sendable {
    let settings: HubSettings
    /// Waits between attempts, in seconds; as many attempts more as there are waits.
    var waits: [Double] = [0.5, 1, 2, 4]
    /// Redirects within the hub, of repositories that have moved.
    private static let redirectLimit = 5

    init(_ settings: HubSettings) { self.settings = settings }

    /// The address of a file.
    func address(_ repository: HubRepository, _ file: String) -> URL? {
        func escaped(_ text: String, _ others: String = "-_.") -> String? {
            text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: others)))
        }
        guard let revision = escaped(repository.revision), let file = escaped(file, "-_./") else { return nil }
        return URL(string: "\(settings.endpoint)/\(repository.identifier)/resolve/\(revision)/\(file)")
    }

    /// What the hub says about a file. Throws a `HubTrouble`.
    func file(_ file: String, of repository: HubRepository) throws(HubTrouble) -> HubFile {
        guard let address = address(repository, file) else { throw .refused("this is no address", advice: nil) }
        var answer = try head(address)
        var location = address
        for _ in 0..<Self.redirectLimit where (300..<400).contains(answer.status) {
            // A move within the hub has a relative address; another host has the content, and its name is known here.
            guard let target = answer.headers["location"], let url = URL(string: target, relativeTo: location) else {
                break
            }
            if answer.headers["x-linked-etag"] != nil || url.host != location.host || url.port != location.port {
                location = url.absoluteURL
                break
            }
            location = url.absoluteURL
            answer = try head(location)
        }
        try Self.judge(answer, repository: repository, hasToken: settings.token != nil)
        guard let commit = answer.headers["x-repo-commit"], Self.isCommit(commit) else {
            throw .refused(
                "the server's answer names no commit",
                advice: "Is \(settings.endpoint) a hub? A proxy or a login page may have answered.")
        }
        guard let tag = answer.headers["x-linked-etag"] ?? answer.headers["etag"], let etag = Self.name(tag) else {
            throw .refused("the server's answer does not name the content", advice: nil)
        }
        let size = (answer.headers["x-linked-size"] ?? answer.headers["content-length"]).flatMap { Int($0) }
        return HubFile(commit: commit, etag: etag, size: size, location: location)
    }

    static func isCommit(_ text: String) -> Bool {
        text.utf8.count == 40 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    /// An entity tag as a file's name: without quotes, and nothing in it that leads to another folder.
    static func name(_ tag: String) -> String? {
        let bare = (tag.hasPrefix("W/") ? tag.dropFirst(2) : tag[...]).trimmingCharacters(in: ["\""])
        guard (8...128).contains(bare.utf8.count), bare.first != ".",
            bare.utf8.allSatisfy({ HubReference.isLetterOrDigit($0) || [45, 46, 95].contains($0) })
        else { return nil }
        return bare
    }

    /// What a status means.
    private static func judge(_ answer: WebRequest.Head, repository: HubRepository, hasToken: Bool) throws(HubTrouble) {
        let code = answer.headers["x-error-code"] ?? ""
        switch (answer.status, code) {
        case (200..<400, _): return
        case (404, "EntryNotFound"): throw .noFile
        case (404, "RevisionNotFound"):
            throw .refused("\(repository.identifier) has no revision \(repository.revision)", advice: nil)
        case (_, "GatedRepo"):
            throw .refused(
                "\(repository.identifier) is given only to those who accept its conditions",
                advice: "Accept them on its page, and set HF_TOKEN to your token.")
        case (401, _), (403, _), (404, "RepoNotFound"):
            throw .refused(
                "the hub has no \(repository.identifier), or shows it only to some (\(answer.status))",
                advice: hasToken
                    ? "Is the name right, and may the owner of HF_TOKEN see it?"
                    : "Is the name right? For a private one set HF_TOKEN to a token that may read it.")
        case (404, _): throw .noFile
        case (429, _): throw .unreachable("the server answers 429: too many requests")
        case (500..., _): throw .unreachable("the server answers \(answer.status)")
        default: throw .refused("the server answers \(answer.status)", advice: nil)
        }
    }

    /// Asks, and asks again where the server is busy or the network fails.
    private func head(_ url: URL) throws(HubTrouble) -> WebRequest.Head {
        var last = "nobody answers"
        var request = WebRequest(url: url)
        request.headers = settings.headers(for: url)
        request.patience = 30
        for attempt in 0...waits.count {
            switch request.head() {
            case .success(let answer) where answer.status == 429 || answer.status >= 500:
                last =
                    answer.status == 429
                    ? "the server answers 429: too many requests" : "the server answers \(answer.status)"
                let asked = answer.headers["retry-after"].flatMap { Double($0) } ?? 0
                if attempt < waits.count { Thread.sleep(forTimeInterval: max(waits[attempt], min(asked, 60))) }
            case .success(let answer): return answer
            case .failure(let trouble):
                last = trouble.reason
                // A name that is not known or a closed door stays so for a second or two.
                if attempt >= 1 { throw .unreachable(last) }
                Thread.sleep(forTimeInterval: waits.first ?? 0)
            }
        }
        throw .unreachable(last)
    }
}
