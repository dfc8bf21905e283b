// A web server for one test, on the loopback interface: reads a request's first lines, asks a closure, sends what it says,
// broken answers included. What a hub or a mirror would say is their own files' business.

import Foundation
import Synchronization

/// True or false, for two threads.
private final class Flag: Sendable {
    private let value = Mutex(false)
    var isSet: Bool { value.withLock { $0 } }

    /// Sets it and calls `first` unless it was set.
    func set(_ first: () -> Void) -> Bool {
        value.withLock { value in
            if value { return false }
            value = true
            first()
            return true
        }
    }
}

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
        /// What the header says of the body's length; nil to say nothing.
        package var length: Int?

        package init(_ status: String, _ headers: [String] = [], body: [UInt8] = [], breaksAfter: Int? = nil) {
            (self.status, self.headers, self.body, self.breaksAfter) = (status, headers, body, breaksAfter)
            length = body.count
        }
    }

    private let listener: Int32
    private let answer: @Sendable (Request) -> Answer
    private let met = Mutex<[Request]>([])
    /// True from the first wish to end on.
    private let stopping = Flag()
    private let stopped = DispatchSemaphore(value: 0)
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
        // The descriptor belongs to this thread, which alone closes it: another server may have the number afterwards.
        Thread { [weak self, stopping, stopped] in
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            while !stopping.isSet {
                // In turns, since not every system wakes a thread whose listener is shut down.
                guard poll(&waiting, 1, 50) > 0 else { continue }
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { break }
                if let self { self.serve(connection) } else { close(connection) }
            }
            close(descriptor)
            stopped.signal()
        }.start()
    }

    deinit { end() }

    /// Answers nobody any more.
    package func stop() {
        guard end() else { return }
        _ = stopped.wait(timeout: .now() + 2)
    }

    /// True the first time.
    @discardableResult
    private func end() -> Bool {
        stopping.set { shutdown(listener, Int32(SHUT_RDWR)) }
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
        let asked = text.components(separatedBy: "\r\n")
        let words = asked[0].split(separator: " ").map(String.init)
        guard words.count > 1 else { return }
        var headers: [String: String] = [:]
        for line in asked.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] =
                line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        let request = Request(method: words[0], target: words[1], headers: headers)
        met.withLock { $0.append(request) }
        let answer = answer(request)
        let length = answer.length.map { ["Content-Length: \($0)"] } ?? []
        let lines = ["HTTP/1.1 \(answer.status)", "Connection: close"] + length + answer.headers
        let head = lines.joined(separator: "\r\n") + "\r\n\r\n"
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

#if os(Linux)
    private let streamSocket = Int32(SOCK_STREAM.rawValue)
    private let noSignal = Int32(MSG_NOSIGNAL)
#else
    private let streamSocket = SOCK_STREAM
    private let noSignal: Int32 = 0
#endif
