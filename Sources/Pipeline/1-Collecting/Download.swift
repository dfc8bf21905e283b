// Fetches the files of a known data set. A file gets its name only once its size and SHA-256 are right: until then it is a
// hidden part, which a broken transfer leaves for the next attempt to go on from. A wrong file is removed.

import Crypto
import FoveaTensorCore
import Foundation

/// Fetches a file into `folder` from the first address that has it. Throws a `Failure` of kind `.work` that lists what
/// went wrong at each.
func download(
    _ file: KnownFile, from addresses: [String], into folder: String, _ options: CollectingOptions
) throws {
    let part = "\(folder)/.\(file.name).part"
    let descriptor = open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Failure(.work, "\(part): the file cannot be written: \(systemReason())") }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        throw Failure(.work, "\(file.name) is being fetched by another fovea", advice: "Wait until it is done.")
    }
    var reasons: [String] = []
    for address in addresses {
        let location = address.hasSuffix("/") ? address + file.name : address + "/" + file.name
        do {
            try download(file, from: location, descriptor, part, options)
            guard fsync(descriptor) == 0, rename(part, folder + "/" + file.name) == 0 else {
                throw Failure(.work, "\(folder)/\(file.name): the file cannot be written: \(systemReason())")
            }
            return
        } catch let reason as RefusedDownload {
            reasons.append("\n  \(location): \(reason.text)")
        }
    }
    if size(of: descriptor) == 0 { unlink(part) }
    throw Failure(.work, "\(file.name) could not be fetched:" + reasons.joined())
}

/// Why one address did not serve.
private struct RefusedDownload: Error {
    let text: String
}

private func size(of descriptor: Int32) -> Int {
    var found = stat()
    return fstat(descriptor, &found) == 0 ? Int(found.st_size) : 0
}

/// Fetches from one address, going on after each break as long as something new arrives.
private func download(
    _ file: KnownFile, from location: String, _ descriptor: Int32, _ part: String, _ options: CollectingOptions
) throws {
    guard let url = URL(string: location) else { throw RefusedDownload(text: "this is no address") }
    var transfer = Transfer(url: url, size: file.byteCount, limit: file.byteCount)
    transfer.progress = { received, _ in
        options.progress?(.downloading(file: file.name, received: received, total: file.byteCount))
    }
    while true {
        let before = size(of: descriptor)
        let offset = before < file.byteCount ? before : 0
        switch transfer.run(into: descriptor, from: offset) {
        case .refused(let text, _): throw RefusedDownload(text: text)
        case .unwritable(let reason): throw Failure(.work, "\(part): the file cannot be written: \(reason)")
        case .cutShort(let text, _):
            if size(of: descriptor) <= before { throw RefusedDownload(text: text) }
        case .complete:
            let found = size(of: descriptor)
            guard found == file.byteCount else {
                if found > before { continue }
                throw RefusedDownload(text: "cut short: \(found) of \(file.byteCount) bytes arrived")
            }
            let digest = try hash(descriptor, part)
            if digest == file.sha256 { return }
            ftruncate(descriptor, 0)
            // A part of another file may have stood there: once more from the beginning.
            if offset > 0 { continue }
            throw RefusedDownload(
                text: "the file is another one: its SHA-256 is \(digest), it should be \(file.sha256)")
        }
    }
}

/// The SHA-256 of an open file, in hexadecimal.
private func hash(_ descriptor: Int32, _ path: String) throws -> String {
    var hash = SHA256()
    var offset = 0
    while true {
        let bytes = try readBytes(descriptor, at: offset, count: 1 << 20, path)
        if bytes.isEmpty { break }
        hash.update(data: bytes)
        offset += bytes.count
    }
    return hash.finalize().map { String(format: "%02x", Int($0)) }.joined()
}
