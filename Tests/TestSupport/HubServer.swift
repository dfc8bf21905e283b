// A hub for one test: answers as huggingface.co does for models, and as the network of its
// contents does, on another port. Breaks, refuses and lies when told to.

import Crypto
import Foundation
import Synchronization

/// A hub with one repository.
package final class HubServer: Sendable {
    package struct State: Sendable {
        package var files: [String: [UInt8]]
        /// Files that lie in the network of contents.
        package var large: Set<String> = ["model.safetensors", "pytorch_model.bin"]
        package var commit = String(repeating: "5", count: 40)
        /// The token that one needs.
        package var token: String?
        /// Answers given instead of the true ones, to the first requests for files.
        package var hubAnswers: [WebServer.Answer] = []
        /// The same for contents.
        package var contentAnswers: [WebServer.Answer] = []
        /// Bytes after which the first requests for contents break.
        package var breaks: [Int] = []
        /// What is sent instead of a content.
        package var swapped: [String: [UInt8]] = [:]
        /// Entity tags that are not the content's.
        package var tags: [String: String] = [:]
    }

    package let repository: String
    package let hub: WebServer
    package let contents: WebServer
    private let box: StateBox

    package init(_ repository: String, files: [String: [UInt8]]) throws {
        self.repository = repository
        let state = StateBox(State(files: files))
        let contents = try WebServer { request in HubServer.content(request, state) }
        self.contents = contents
        let base = contents.address
        hub = try WebServer { request in HubServer.answer(request, repository, base, state) }
        box = state
    }

    /// The size of a file.
    package func byteCount(_ file: String) -> Int { box.state.withLock { $0.files[file]?.count ?? 0 } }

    /// Changes what the hub does.
    package func change(_ body: (inout State) -> Void) { box.state.withLock { body(&$0) } }

    private final class StateBox: Sendable {
        let state: Mutex<State>
        init(_ state: State) { self.state = Mutex(state) }
    }

    /// SHA-256 in hexadecimal.
    package static func sha256(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { String(format: "%02x", Int($0)) }.joined()
    }

    /// git's name of a content.
    package static func git(_ bytes: [UInt8]) -> String {
        Insecure.SHA1.hash(data: Array("blob \(bytes.count)\0".utf8) + bytes).map { String(format: "%02x", Int($0)) }
            .joined()
    }

    private static func answer(
        _ request: WebServer.Request, _ repository: String, _ contents: String, _ box: StateBox
    ) -> WebServer.Answer {
        box.state.withLock { state in
            if !state.hubAnswers.isEmpty { return state.hubAnswers.removeFirst() }
            if let token = state.token, request.headers["authorization"] != "Bearer \(token)" {
                return WebServer.Answer("401 Unauthorized", ["X-Error-Code: RepoNotFound"])
            }
            // A proxy is asked for whole addresses.
            let path =
                request.target.hasPrefix("http://")
                ? "/" + request.target.dropFirst(7).split(separator: "/", maxSplits: 1).dropFirst().joined()
                : request.target
            guard path.hasPrefix("/\(repository)/resolve/") else {
                return WebServer.Answer("401 Unauthorized", ["X-Error-Code: RepoNotFound"])
            }
            let parts = path.dropFirst("/\(repository)/resolve/".count).split(separator: "/", maxSplits: 1)
            guard parts.count == 2, parts[0] == "main" || parts[0] == state.commit else {
                return WebServer.Answer("404 Not Found", ["X-Error-Code: RevisionNotFound"])
            }
            let file = String(parts[1])
            let commit = "X-Repo-Commit: \(state.commit)"
            guard let bytes = state.files[file] else {
                return WebServer.Answer("404 Not Found", ["X-Error-Code: EntryNotFound", commit])
            }
            if state.large.contains(file) {
                let tag = state.tags[file] ?? sha256(bytes)
                return WebServer.Answer(
                    "302 Found",
                    [
                        commit, "X-Linked-Etag: \"\(tag)\"", "X-Linked-Size: \(bytes.count)", "ETag: \"another\"",
                        "Location: \(contents)/\(file)?signature=1",
                    ])
            }
            return WebServer.Answer("200 OK", [commit, "ETag: \"\(state.tags[file] ?? git(bytes))\""], body: bytes)
        }
    }

    private static func content(_ request: WebServer.Request, _ box: StateBox) -> WebServer.Answer {
        box.state.withLock { state in
            if !state.contentAnswers.isEmpty { return state.contentAnswers.removeFirst() }
            // Signed addresses refuse a second way to say who asks.
            guard request.headers["authorization"] == nil else { return WebServer.Answer("400 Bad Request") }
            let file = String(request.target.dropFirst().prefix { $0 != "?" })
            guard let whole = state.swapped[file] ?? state.files[file] else { return WebServer.Answer("404 Not Found") }
            let breaksAfter = state.breaks.isEmpty ? nil : state.breaks.removeFirst()
            guard let start = request.start, start > 0 else {
                return WebServer.Answer("200 OK", body: whole, breaksAfter: breaksAfter)
            }
            guard start < whole.count else {
                return WebServer.Answer("416 Range Not Satisfiable", ["Content-Range: bytes */\(whole.count)"])
            }
            return WebServer.Answer(
                "206 Partial Content", ["Content-Range: bytes \(start)-\(whole.count - 1)/\(whole.count)"],
                body: Array(whole[start...]), breaksAfter: breaksAfter)
        }
    }
}
