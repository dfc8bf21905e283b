// One file on its way from an address: bytes go to an open file as they arrive, on from where an earlier attempt broke off
// if the server can. Limits are checked before anything is written. Judges only the size; the rest is for who asked.

import FoveaTensorCore
import Foundation
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

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
    /// Headers for this host, and for no other that it may send us to.
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
        let receiver = Receiver(self, descriptor: descriptor, offset: offset)
        var request = URLRequest(url: url, timeoutInterval: 60)
        // The bytes as they lie there: a .gz must not be unpacked on the way.
        request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
        request.setValue("fovea", forHTTPHeaderField: "User-Agent")
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        if offset > 0 {
            request.setValue("bytes=\(offset)-", forHTTPHeaderField: "Range")
            if let validator { request.setValue(validator, forHTTPHeaderField: "If-Range") }
        }
        let session = URLSession(configuration: .ephemeral, delegate: receiver, delegateQueue: nil)
        session.dataTask(with: request).resume()
        let outcome = receiver.wait()
        session.invalidateAndCancel()
        return outcome
    }
}

/// Writes what arrives to a file, counts it, and judges it at the end.
private final class Receiver: NSObject, URLSessionDataDelegate, Sendable {
    private struct State {
        /// Bytes of the file that are there.
        var received: Int
        /// Bytes that there will be, if the server says so.
        var total: Int?
        var validator: String?
        /// Set when the transfer was given up from here.
        var verdict: Transfer.Outcome?
        var outcome: Transfer.Outcome?
    }

    private let transfer: Transfer
    private let descriptor: Int32
    private let offset: Int
    private let state: Mutex<State>
    private let done = DispatchSemaphore(value: 0)

    init(_ transfer: Transfer, descriptor: Int32, offset: Int) {
        self.transfer = transfer
        self.descriptor = descriptor
        self.offset = offset
        state = Mutex(State(received: offset, total: transfer.size))
    }

    /// Waits for the end of the transfer.
    func wait() -> Transfer.Outcome {
        done.wait()
        return state.withLock { $0.outcome } ?? .refused("nothing arrived")
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        let verdict = begin(response as? HTTPURLResponse, length: Int(response.expectedContentLength))
        if let verdict { state.withLock { $0.verdict = verdict } }
        completionHandler(verdict == nil ? .allow : .cancel)
    }

    /// Prepares the file for what the server is about to send; a verdict if that is not wanted.
    private func begin(_ response: HTTPURLResponse?, length: Int) -> Transfer.Outcome? {
        let code = response?.statusCode ?? 0
        let isRest = code == 206 && offset > 0
        guard code == 200 || isRest else { return .refused("the server answers \(code)", status: code) }
        let start = isRest ? offset : 0
        if isRest, response?.value(forHTTPHeaderField: "Content-Range")?.hasPrefix("bytes \(offset)-") != true {
            return .refused("the server answers with another part than was asked for")
        }
        state.withLock { state in
            state.received = start
            if length >= 0 { state.total = start + length }
            state.validator =
                response?.value(forHTTPHeaderField: "ETag").flatMap { $0.hasPrefix("W/") ? nil : $0 }
                ?? response?.value(forHTTPHeaderField: "Last-Modified")
        }
        if length >= 0, let size = transfer.size, start + length != size {
            return .refused("the server's file has \(start + length) bytes, it should have \(size)")
        }
        if start + max(0, length) > transfer.limit {
            return .refused("the server's file has \(start + length) bytes, more than the \(transfer.limit) allowed")
        }
        if !isRest, ftruncate(descriptor, 0) != 0 { return .unwritable(systemReason()) }
        if lseek(descriptor, off_t(start), SEEK_SET) < 0 { return .unwritable(systemReason()) }
        return nil
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        var request = request
        let (own, next) = (transfer.url, request.url)
        if own.host != next?.host || own.port != next?.port || own.scheme != next?.scheme {
            for name in transfer.headers.keys { request.setValue(nil, forHTTPHeaderField: name) }
        }
        completionHandler(request)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let arrived = state.withLock { state -> (Int, Int?)? in
            guard state.verdict == nil else { return nil }
            if state.received + data.count > transfer.limit {
                state.verdict = .refused("more than \(transfer.limit) bytes arrived")
            } else if let reason = write(data) {
                state.verdict = .unwritable(reason)
            } else {
                state.received += data.count
                return (state.received, state.total)
            }
            return nil
        }
        guard let arrived else {
            dataTask.cancel()
            return
        }
        transfer.progress?(arrived.0, arrived.1)
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        state.withLock { state in state.outcome = judge(state, error) }
        done.signal()
    }

    private func judge(_ state: State, _ error: (any Error)?) -> Transfer.Outcome {
        if let verdict = state.verdict { return verdict }
        if state.received > 0, error != nil || state.total.map({ state.received < $0 }) == true {
            let of = state.total.map { "\(state.received) of \($0) bytes arrived" } ?? "\(state.received) bytes arrived"
            return .cutShort("cut short: \(of)", validator: state.validator)
        }
        if let error { return .refused(error.localizedDescription) }
        return state.received > 0 ? .complete : .refused("nothing arrived")
    }

    /// Writes all of it; the system's reason if it cannot.
    private func write(_ data: Data) -> String? {
        data.withUnsafeBytes { bytes in
            // `bytes` belongs to `data` and is valid in this closure only.
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
}
