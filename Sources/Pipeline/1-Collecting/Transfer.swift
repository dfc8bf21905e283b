// One file on its way from an address: bytes go to an open file as they arrive, on from where an earlier attempt broke off
// if the server can. Limits are checked before anything is written. Judges only the size; the rest is for who asked.

import FoveaTensorCore
import Foundation

/// What is asked for.
package struct Transfer: Sendable {
    let url: URL
    /// The file's exact size, where it is known.
    var size: Int?
    /// More bytes are refused.
    var limit: Int
    /// What the file was called when its first part arrived: a resumed one must be the same.
    var validator: String?
    /// Told how many bytes of the file are there.
    package var progress: (@Sendable (_ received: Int, _ total: Int?) -> Void)?
    /// `Authorization` goes to this host, and to no other that it may send us to.
    package var headers: [String: String] = [:]

    /// A transfer of at most `limit` bytes, of exactly `size` if it is known.
    package init(url: URL, size: Int? = nil, limit: Int) {
        self.url = url
        self.size = size
        self.limit = limit
    }

    /// How it ended.
    package enum Outcome: Sendable, Equatable {
        case complete
        /// The connection broke; what arrived may be kept and gone on from.
        case cutShort(String, validator: String?)
        /// This address has nothing for us; with the server's status, if that is why.
        case refused(String, status: Int? = nil)
        /// The file could not be written.
        case unwritable(String)
    }

    /// Fetches into an open file that holds the first `offset` bytes already, and waits.
    package func run(into descriptor: Int32, from offset: Int) -> Outcome {
        var request = WebRequest(url: url)
        request.headers = headers
        if offset > 0 {
            request.headers["Range"] = "bytes=\(offset)-"
            if let validator { request.headers["If-Range"] = validator }
        }
        var receiver = FileReceiver(self, descriptor: descriptor, offset: offset)
        let (head, trouble) = request.get { head, bytes in receiver.take(bytes, of: head) }
        return receiver.outcome(head, trouble)
    }
}

/// Writes what arrives to a file, counts it, and judges it at the end.
private struct FileReceiver {
    private let transfer: Transfer
    private let descriptor: Int32
    private let offset: Int
    /// Bytes of the file that are there.
    private var received: Int
    /// Bytes that there will be, if the server says so.
    private var total: Int?
    private var validator: String?
    private var hasBegun = false
    /// Set when the transfer was given up from here.
    private var verdict: Transfer.Outcome?

    init(_ transfer: Transfer, descriptor: Int32, offset: Int) {
        self.transfer = transfer
        self.descriptor = descriptor
        self.offset = offset
        received = offset
        total = transfer.size
    }

    /// Takes some bytes. False if no more are wanted.
    mutating func take(_ bytes: UnsafeRawBufferPointer, of head: WebRequest.Head) -> Bool {
        begin(head)
        guard verdict == nil else { return false }
        if received + bytes.count > transfer.limit {
            verdict = .refused("more than \(transfer.limit) bytes arrived")
        } else if let reason = write(bytes) {
            verdict = .unwritable(reason)
        } else {
            received += bytes.count
            transfer.progress?(received, total)
        }
        return verdict == nil
    }

    /// Prepares the file for what the server is about to send, once; sets the verdict if that is not wanted.
    private mutating func begin(_ head: WebRequest.Head) {
        guard !hasBegun else { return }
        hasBegun = true
        verdict = prepare(head)
    }

    private mutating func prepare(_ head: WebRequest.Head) -> Transfer.Outcome? {
        let isRest = head.status == 206 && offset > 0
        guard head.status == 200 || isRest else {
            return .refused("the server answers \(head.status)", status: head.status)
        }
        let start = isRest ? offset : 0
        if isRest, head.headers["content-range"]?.hasPrefix("bytes \(offset)-") != true {
            return .refused("the server answers with another part than was asked for")
        }
        let length = head.headers["content-length"].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
        received = start
        if let length { total = start + length }
        validator = head.headers["etag"].flatMap { $0.hasPrefix("W/") ? nil : $0 } ?? head.headers["last-modified"]
        if let length, let size = transfer.size, start + length != size {
            return .refused("the server's file has \(start + length) bytes, it should have \(size)")
        }
        if start + (length ?? 0) > transfer.limit {
            return .refused(
                "the server's file has \(start + (length ?? 0)) bytes, more than the \(transfer.limit) allowed")
        }
        if !isRest, ftruncate(descriptor, 0) != 0 { return .unwritable(systemReason()) }
        if lseek(descriptor, off_t(start), SEEK_SET) < 0 { return .unwritable(systemReason()) }
        return nil
    }

    /// How it ended, once nothing more arrives.
    mutating func outcome(_ head: WebRequest.Head?, _ trouble: WebRequest.Trouble?) -> Transfer.Outcome {
        // An answer without a body has not been looked at yet.
        if trouble == nil, let head { begin(head) }
        if let verdict { return verdict }
        if received > 0, trouble != nil || total.map({ received < $0 }) == true {
            let of = total.map { "\(received) of \($0) bytes arrived" } ?? "\(received) bytes arrived"
            return .cutShort("cut short: \(of)", validator: validator)
        }
        if let trouble { return .refused(trouble.reason) }
        return received > 0 ? .complete : .refused("nothing arrived")
    }

    /// Writes all of it; the system's reason if it cannot.
    private func write(_ bytes: UnsafeRawBufferPointer) -> String? {
        var written = 0
        while written < bytes.count {
            let count = Foundation.write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return systemReason() }
            written += count
        }
        return nil
    }
}
