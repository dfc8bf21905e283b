// A hub for one test, on the loopback interface: answers as huggingface.co does for models, and as the network of its
// contents does, on another port. Breaks, refuses and lies when told to.

import Crypto
import Foundation
import Synchronization

/// A web server that asks a closure.
package final class WebServer: Sendable {
    package struct Request: Sendable {
        package let method: String
        /// What stands behind the method: a path, or for a proxy an address.
        package let target: String
        /// By their names in small letters.
        package let headers: [String: String]

        /// The first byte asked for.
        package var start: Int? {
            headers["range"].flatMap { $0.hasPrefix("bytes=") ? Int($0.dropFirst(6).prefix { $0 != "-" }) : nil }
        }
    }

    package struct Answer: Sendable {
        package var status: String
        package var headers: [String]
        package var body: [UInt8]
        /// Bytes after which the connection breaks.
        package var breaksAfter: Int?

        package init(_ status: String, _ headers: [String] = [], body: [UInt8] = [], breaksAfter: Int? = nil) {
            (self.status, self.headers, self.body, self.breaksAfter) = (status, headers, body, breaksAfter)
        }
    }

    private let listener: Int32
    private let answer: @Sendable (Request) -> Answer
    private let met = Mutex<[Request]>([])
    private let stopped = Mutex(false)
    /// Without a slash at the end.
    package let address: String

    package init(_ answer: @escaping @Sendable (Request) -> Answer) throws {
        self.answer = answer
        listener = socket(AF_INET, streamSocket, 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        // The address lies on this stack for the three calls.
        let status = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic -> Int32 in
                guard bind(descriptor, generic, size) == 0, listen(descriptor, 8) == 0 else { return -1 }
                return getsockname(descriptor, generic, &size)
            }
        }
        guard status == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
        address = "http://127.0.0.1:\(UInt16(bigEndian: name.sin_port))"
        Thread { [weak self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                self?.serve(connection)
            }
        }.start()
    }

    deinit { stop() }

    /// Answers nobody any more.
    package func stop() {
        // Once: the number may be another file's afterwards.
        let isFirst = stopped.withLock { stopped in
            defer { stopped = true }
            return !stopped
        }
        guard isFirst else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// Requests so far, in order.
    package var requests: [Request] { met.withLock { $0 } }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !text.contains("\r\n\r\n") {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { return }
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
        let lines = text.components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ").map(String.init)
        guard words.count > 1 else { return }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] =
                line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        let request = Request(method: words[0], target: words[1], headers: headers)
        met.withLock { $0.append(request) }
        let answer = answer(request)
        let hasLength = answer.headers.contains { $0.lowercased().hasPrefix("content-length") }
        let head =
            (["HTTP/1.1 \(answer.status)", "Connection: close"]
            + (hasLength ? [] : ["Content-Length: \(answer.body.count)"]) + answer.headers)
            .joined(separator: "\r\n") + "\r\n\r\n"
        let body = request.method == "HEAD" ? [] : Array(answer.body.prefix(answer.breaksAfter ?? .max))
        let bytes = Array(head.utf8) + body
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                send(connection, raw.baseAddress.map { $0 + sent }, bytes.count - sent, noSignal)
            }
            guard count > 0 else { return }
            sent += count
        }
    }
}

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

#if os(Linux)
    private let streamSocket = Int32(SOCK_STREAM.rawValue)
    private let noSignal = Int32(MSG_NOSIGNAL)
#else
    private let streamSocket = SOCK_STREAM
    private let noSignal: Int32 = 0
#endif
