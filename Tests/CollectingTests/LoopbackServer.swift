// A web server for one test: answers on the loopback interface with whatever bytes the test says, broken ones included.

import Foundation
import Synchronization

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
    }

    private let listener: Int32
    private let answers: [String: Answer]
    private let asked = Mutex<[String]>([])
    private let ranges = Mutex<[Int]>([])
    let address: String

    init(_ answers: [String: Answer]) throws {
        self.answers = answers
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
        address = "http://127.0.0.1:\(UInt16(bigEndian: name.sin_port))/"
        let thread = Thread { [weak self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                self?.serve(connection)
            }
        }
        thread.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// Paths asked for, in order.
    var requests: [String] { asked.withLock { $0 } }

    /// First bytes of the parts that were sent, in order.
    var parts: [Int] { ranges.withLock { $0 } }

    /// The first byte that a request asks for; nil if it asks for all.
    private static func start(of request: [UInt8]) -> Int? {
        let lines = String(decoding: request, as: UTF8.self).split(separator: "\r\n")
        let line = lines.first { $0.lowercased().hasPrefix("range: bytes=") }
        return line.flatMap { Int($0.dropFirst(13).prefix { $0 != "-" }) }
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        var request: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !String(decoding: request, as: UTF8.self).contains("\r\n\r\n") {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { return }
            request += buffer[..<count]
        }
        let words = String(decoding: request, as: UTF8.self).split(separator: " ")
        let path = words.count > 1 ? String(words[1].dropFirst()) : ""
        asked.withLock { $0.append(path) }
        let answer = answers[path] ?? Answer(status: "404 Not Found", body: Array("not here".utf8))
        var (body, status, part) = (answer.body, answer.status, "")
        if answer.knowsRanges, let start = Self.start(of: request), start < body.count {
            part = "Content-Range: bytes \(start)-\(body.count - 1)/\(body.count)\r\n"
            (body, status) = (Array(body.dropFirst(start)), "206 Partial Content")
            ranges.withLock { $0.append(start) }
        }
        let length = answer.length ?? body.count
        let header =
            "HTTP/1.1 \(status)\r\nConnection: close\r\nETag: \"1\"\r\n\(part)"
            + (length < 0 ? "" : "Content-Length: \(length)\r\n") + "\r\n"
        let bytes = Array(header.utf8) + body.prefix(answer.breaksAfter ?? body.count)
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

#if os(Linux)
    private let streamSocket = Int32(SOCK_STREAM.rawValue)
    private let noSignal = Int32(MSG_NOSIGNAL)
#else
    private let streamSocket = SOCK_STREAM
    private let noSignal: Int32 = 0
#endif
