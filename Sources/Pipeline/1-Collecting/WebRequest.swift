// One request over HTTP and its answer, by the system's libcurl: proxies, certificates and redirects are handled as with
// every other program there. Says what was answered; what that means is for who asked.

import CTransfer
import FoveaTensorCore
import Foundation

/// A request that waits for its answer on the calling thread.
package struct WebRequest: Sendable {
    package let url: URL
    /// `Authorization` goes to the url's own host, and to none that it sends us to.
    package var headers: [String: String] = [:]
    /// Given up after so many seconds without a byte.
    package var patience = 60

    package init(url: URL) { self.url = url }

    /// The beginning of an answer.
    package struct Head: Sendable, Equatable {
        package var status: Int
        /// By their names in small letters.
        package var headers: [String: String]
    }

    /// Why there is no answer, in a few words.
    package struct Trouble: Error, Equatable {
        package let reason: String
    }

    /// Asks for the head alone; a redirect is an answer.
    package func head() -> Result<Head, Trouble> {
        let receiver = Receiver { _, _ in true }
        if let trouble = send(to: receiver, onlyHeaders: true) { return .failure(trouble) }
        return receiver.head.map { .success($0) } ?? .failure(Trouble(reason: "nobody answers"))
    }

    /// Fetches, redirects followed. `take` is shown the bytes as they arrive, with the head of the answer that they belong
    /// to; it returns false to end the transfer. Returns the head, if one came, and what broke the transfer, if anything did.
    func get(_ take: (Head, UnsafeRawBufferPointer) -> Bool) -> (head: Head?, trouble: Trouble?) {
        withoutActuallyEscaping(take) { take in
            let receiver = Receiver(take: take)
            let trouble = send(to: receiver, onlyHeaders: false)
            return (receiver.head, trouble)
        }
    }

    private func send(to receiver: Receiver, onlyHeaders: Bool) -> Trouble? {
        // The bytes as they lie there: a .gz must not be unpacked on the way.
        let all = ["Accept-Encoding": "identity", "User-Agent": "fovea"].merging(headers) { $1 }
        guard !all.contains(where: { ($0 + $1).utf8.contains { $0 < 32 } }) else {
            return Trouble(reason: "a header has a control character in it")
        }
        let lines = all.map { strdup("\($0): \($1)") }
        defer { lines.forEach { free($0) } }
        var reason = [CChar](repeating: 0, count: 256)
        let status = url.absoluteString.withCString { url in
            lines.map { UnsafePointer($0) }.withUnsafeBufferPointer { lines in
                var request = fovea_transfer_request()
                request.url = url
                request.headers = lines.baseAddress
                request.header_count = lines.count
                request.only_headers = onlyHeaders ? 1 : 0
                request.patience = Int32(patience)
                request.context = Unmanaged.passUnretained(receiver).toOpaque()
                request.line = { context, text, length in
                    guard let receiver = Receiver.behind(context), let text else { return }
                    receiver.read(
                        line: String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self))
                }
                request.bytes = { context, bytes, length in
                    guard let receiver = Receiver.behind(context), let head = receiver.head else { return 1 }
                    return receiver.take(head, UnsafeRawBufferPointer(start: bytes, count: length)) ? 0 : 1
                }
                return withExtendedLifetime(receiver) { fovea_transfer(&request, &reason) }
            }
        }
        switch status {
        case FOVEA_TRANSFER_DONE, FOVEA_TRANSFER_ENDED: return nil
        case FOVEA_TRANSFER_NO_LIBRARY:
            return Trouble(reason: "libcurl, which fetches files, is not installed (Debian: libcurl4)")
        default:
            let text = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return Trouble(reason: text.prefix(1).lowercased() + text.dropFirst())
        }
    }
}

/// What libcurl calls back to, on the thread that sent the request.
private final class Receiver {
    private(set) var head: WebRequest.Head?
    let take: (WebRequest.Head, UnsafeRawBufferPointer) -> Bool

    init(take: @escaping (WebRequest.Head, UnsafeRawBufferPointer) -> Bool) { self.take = take }

    static func behind(_ context: UnsafeMutableRawPointer?) -> Receiver? {
        context.map { Unmanaged<Receiver>.fromOpaque($0).takeUnretainedValue() }
    }

    /// `HTTP/1.1 200 OK` begins an answer, `Name: value` belongs to the last one.
    func read(line: String) {
        if line.hasPrefix("HTTP/") {
            let words = line.split(separator: " ", maxSplits: 2)
            head = WebRequest.Head(status: words.count > 1 ? Int(words[1]) ?? 0 : 0, headers: [:])
        } else if let colon = line.firstIndex(of: ":") {
            head?.headers[line[..<colon].lowercased()] =
                line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
    }
}
