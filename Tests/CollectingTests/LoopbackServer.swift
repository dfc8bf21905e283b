// A mirror for one test: answers paths from a table with whatever bytes the test says, broken ones included.

import FoveaTestSupport

/// Serves paths from a table until it goes.
final class LoopbackServer: Sendable {
    /// What is sent for a path.
    struct Answer {
        var status = "200 OK"
        var body: [UInt8] = []
        /// What the header says; the body's own length if nil. -1 sends no length at all.
        var length: Int?
        /// Bytes that are sent at most for one request, before the connection breaks.
        var breaksAfter: Int?
        /// Whether a request for a part is answered with that part.
        var knowsRanges = false

        /// The first byte of the part that a request asks for; nil for the whole.
        fileprivate func start(_ request: WebServer.Request) -> Int? {
            request.start.flatMap { knowsRanges && $0 < body.count ? $0 : nil }
        }

        fileprivate func answer(_ request: WebServer.Request) -> WebServer.Answer {
            let start = start(request)
            let part = start.map { "Content-Range: bytes \($0)-\(body.count - 1)/\(body.count)" }
            var answer = WebServer.Answer(
                start == nil ? status : "206 Partial Content", ["ETag: \"1\""] + (part.map { [$0] } ?? []),
                body: Array(body.dropFirst(start ?? 0)), breaksAfter: breaksAfter)
            if let length { answer.length = length < 0 ? nil : length }
            return answer
        }
    }

    private let answers: [String: Answer]
    private let server: WebServer
    var address: String { server.address + "/" }

    init(_ answers: [String: Answer]) throws {
        self.answers = answers
        let missing = Answer(status: "404 Not Found", body: Array("not here".utf8))
        server = try WebServer { request in
            (answers[Self.path(request)] ?? missing).answer(request)
        }
    }

    /// Paths asked for, in order.
    var requests: [String] { server.requests.map(Self.path) }

    /// First bytes of the parts that were sent, in order.
    var parts: [Int] { server.requests.compactMap { answers[Self.path($0)]?.start($0) } }

    private static func path(_ request: WebServer.Request) -> String { String(request.target.dropFirst()) }
}
