// Fetches pictures from addresses into a folder of their own: a few at a time, each within a limit, each under a name made
// of its address, so that a second run finds what the first one has fetched. What cannot be had is told by address.

import Crypto
import FoveaTensorCore
import Foundation
import Synchronization

/// Pictures on their way from the web.
struct PictureFetching: Sendable {
    /// Where they go.
    let folder: String
    /// No file may be larger.
    let limit: Int

    /// Transfers at one time, and attempts after a break.
    private static let width = 4
    private static let attempts = 3

    /// The file of an address.
    static func path(of address: String, in folder: String) -> String {
        folder + "/"
            + SHA256.hash(data: Array(address.utf8)).prefix(16).map { String(format: "%02x", Int($0)) }.joined()
    }

    /// Fetches what is not there yet. Returns why the others could not be had, by address.
    func fetch(_ addresses: [String], _ progress: (@Sendable (CollectingProgress) -> Void)?) -> [String: String] {
        let wanted = Array(Set(addresses)).sorted()
        let state = Mutex<(next: Int, done: Int, reasons: [String: String])>((0, 0, [:]))
        DispatchQueue.concurrentPerform(iterations: min(Self.width, wanted.count)) { _ in
            while true {
                let index = state.withLock { state in
                    state.next += 1
                    return state.next - 1
                }
                guard index < wanted.count else { return }
                let reason = fetch(wanted[index])
                let done = state.withLock { state in
                    state.done += 1
                    if let reason { state.reasons[wanted[index]] = reason }
                    return state.done
                }
                progress?(.downloading(file: "pictures", received: done, total: wanted.count))
            }
        }
        return state.withLock { $0.reasons }
    }

    /// Fetches one; the reason if it cannot be had.
    private func fetch(_ address: String) -> String? {
        let path = Self.path(of: address, in: folder)
        if attributes(of: path) != nil { return nil }
        guard let url = URL(string: address), url.host?.isEmpty == false else { return "this is no address" }
        let part = path + ".part"
        let descriptor = open(part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return "\(part) cannot be written: \(systemReason())" }
        defer {
            close(descriptor)
            unlink(part)  // gone already where it got its name
        }
        var transfer = Transfer(url: url, limit: limit)
        var offset = 0
        var reason = ""
        for _ in 0..<Self.attempts {
            switch transfer.run(into: descriptor, from: offset) {
            case .complete:
                return rename(part, path) == 0 ? nil : "\(path) cannot be written: \(systemReason())"
            case .refused(let text, _): return text
            case .unwritable(let text): return "\(part) cannot be written: \(text)"
            case .cutShort(let text, let validator):
                reason = text
                // Without a mark of its version the rest might belong to another file: from the beginning then.
                var found = stat()
                offset = validator != nil && fstat(descriptor, &found) == 0 ? Int(found.st_size) : 0
                transfer.validator = validator
            }
        }
        return reason
    }
}
