// Fetches the files of a known data set. A file gets its name only once its size and SHA-256 are right: until then it has
// a temporary one, and whatever is wrong with it, it is removed and the next address is tried.

import Crypto
import FoveaTensorCore
import Foundation
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Fetches a file into `folder` from the first address that has it. Throws a `Failure` of kind `.work` that lists what
/// went wrong at each.
func download(
    _ file: KnownFile, from addresses: [String], into folder: String, _ options: CollectingOptions
) throws {
    var reasons: [String] = []
    for address in addresses {
        let location = address.hasSuffix("/") ? address + file.name : address + "/" + file.name
        do {
            try download(file, from: location, into: folder, options)
            return
        } catch let reason as RefusedDownload {
            reasons.append("\n  \(location): \(reason.text)")
        }
    }
    throw Failure(.work, "\(file.name) could not be fetched:" + reasons.joined())
}

/// Why one address did not serve.
private struct RefusedDownload: Error {
    let text: String
}

private func download(
    _ file: KnownFile, from location: String, into folder: String, _ options: CollectingOptions
) throws {
    guard let url = URL(string: location) else { throw RefusedDownload(text: "this is no address") }
    let temporary = "\(folder)/.\(file.name).\(getpid()).part"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
        throw Failure(.work, "\(temporary): the file cannot be written: \(systemReason())")
    }
    defer {
        close(descriptor)
        unlink(temporary)  // gone already where it got its name
    }
    let receiver = DownloadReceiver(file: file, descriptor: descriptor, progress: options.progress)
    var request = URLRequest(url: url, timeoutInterval: 60)
    // The bytes as they lie there: a .gz must not be unpacked on the way.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    let session = URLSession(configuration: .ephemeral, delegate: receiver, delegateQueue: nil)
    session.dataTask(with: request).resume()
    let result = receiver.wait()
    session.invalidateAndCancel()
    switch result {
    case .refused(let text): throw RefusedDownload(text: text)
    case .unwritable(let reason): throw Failure(.work, "\(temporary): the file cannot be written: \(reason)")
    case .complete: break
    }
    guard fsync(descriptor) == 0, rename(temporary, folder + "/" + file.name) == 0 else {
        throw Failure(.work, "\(folder)/\(file.name): the file cannot be written: \(systemReason())")
    }
}

/// Writes what arrives to a file, counts and hashes it, and judges it at the end.
private final class DownloadReceiver: NSObject, URLSessionDataDelegate, Sendable {
    enum Result: Sendable {
        case complete
        case refused(String)
        case unwritable(String)
    }

    private struct State {
        var received = 0
        var hash = SHA256()
        /// Set when the transfer was given up from here.
        var verdict: Result?
        var result: Result?
    }

    private let file: KnownFile
    private let descriptor: Int32
    private let progress: (@Sendable (CollectingProgress) -> Void)?
    private let state = Mutex(State())
    private let done = DispatchSemaphore(value: 0)

    init(file: KnownFile, descriptor: Int32, progress: (@Sendable (CollectingProgress) -> Void)?) {
        self.file = file
        self.descriptor = descriptor
        self.progress = progress
    }

    /// Waits for the end of the transfer.
    func wait() -> Result {
        done.wait()
        return state.withLock { $0.result } ?? .refused("nothing arrived")
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        let code = (response as? HTTPURLResponse)?.statusCode ?? 0
        let length = Int(response.expectedContentLength)
        if code != 200 {
            giveUp(.refused("the server answers \(code)"))
        } else if length >= 0, length != file.byteCount {
            giveUp(.refused("the server's file has \(length) bytes, it should have \(file.byteCount)"))
        }
        completionHandler(state.withLock { $0.verdict } == nil ? .allow : .cancel)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let received = state.withLock { state -> Int? in
            guard state.verdict == nil else { return nil }
            state.received += data.count
            if state.received > file.byteCount {
                state.verdict = .refused("more than \(file.byteCount) bytes arrived")
            } else if let reason = write(data) {
                state.verdict = .unwritable(reason)
            } else {
                state.hash.update(data: data)
                return state.received
            }
            return nil
        }
        guard let received else {
            dataTask.cancel()
            return
        }
        progress?(.downloading(file: file.name, received: received, total: file.byteCount))
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        state.withLock { state in state.result = judge(state, error) }
        done.signal()
    }

    private func judge(_ state: State, _ error: (any Error)?) -> Result {
        if let verdict = state.verdict { return verdict }
        if state.received > 0, state.received < file.byteCount {
            return .refused("cut short: \(state.received) of \(file.byteCount) bytes arrived")
        }
        if let error { return .refused(error.localizedDescription) }
        guard state.received == file.byteCount else { return .refused("nothing arrived") }
        let digest = state.hash.finalize().map { String(format: "%02x", Int($0)) }.joined()
        guard digest == file.sha256 else {
            return .refused("the file is another one: its SHA-256 is \(digest), it should be \(file.sha256)")
        }
        return .complete
    }

    private func giveUp(_ verdict: Result) { state.withLock { $0.verdict = verdict } }

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
