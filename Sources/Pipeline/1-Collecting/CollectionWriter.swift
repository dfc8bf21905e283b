// Writes a collection's pictures: copies or links in class folders, or tar shards in WebDataset's convention. Originals are
// opened for reading and for nothing else; a picture that is not what it was when it was looked at is not written.

import FoveaPictures
import FoveaTensorCore
import Foundation
import Synchronization

/// The state of one writing.
package final class CollectionWriter: Sendable {
    private let collection: Collection
    private let names: CollectionNames
    private let staging: Staging
    private let progress: (@Sendable (CollectingProgress) -> Void)?
    private let state = Mutex(State())

    private struct State {
        var result = CollectionResult()
        var done = 0
        /// What ended the writing.
        var failure: Failure?
    }

    package init(
        _ collection: Collection, _ names: CollectionNames, _ staging: Staging,
        _ progress: (@Sendable (CollectingProgress) -> Void)?
    ) {
        self.collection = collection
        self.names = names
        self.staging = staging
        self.progress = progress
    }

    var result: CollectionResult { state.withLock { $0.result } }

    // MARK: class folders

    /// Writes every picture under its name, on all cores.
    package func folders(linked: Bool) throws {
        let used = Set(names.paths.map { folder(of: $0) })
        for path in used.sorted() { try staging.makeFolder(path) }
        let chunk = 16
        let count = collection.pictures.count
        DispatchQueue.concurrentPerform(iterations: (count + chunk - 1) / chunk) { number in
            for index in number * chunk..<min((number + 1) * chunk, count) {
                guard state.withLock({ $0.failure == nil }) else { return }
                do {
                    try place(index, linked: linked)
                } catch {
                    let failure = (error as? Failure) ?? Failure(.work, "\(error)")
                    state.withLock { $0.failure = $0.failure ?? failure }
                }
            }
        }
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    private func place(_ index: Int, linked: Bool) throws {
        let path = names.paths[index]
        defer { step() }
        if staging.holds(path) {
            state.withLock { $0.result.resumed += 1 }
            return
        }
        guard let bytes = bytes(index) else { return }
        if linked, let original = original(index) {
            try staging.link(path, to: original)
            state.withLock { $0.result.linked += 1 }
            return
        }
        try staging.write(path) { append in try append(bytes) }
        state.withLock { state in
            state.result.copied += 1
            state.result.bytes += bytes.count
        }
    }

    /// The file that a picture is, as an absolute path; nil if it lies in an archive or came from the web.
    private func original(_ index: Int) -> String? {
        let name = collection.pictures[index].name
        guard attributes(of: name).map({ isKind(S_IFREG, $0) }) == true, let resolved = realpath(name, nil) else {
            return nil
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The bytes of a picture's file, checked; nil, and a failure in the result, if it is not what it was.
    private func bytes(_ index: Int) -> [UInt8]? {
        let picture = collection.pictures[index]
        do {
            let content = try Collection.content(
                picture.name, collection.sources[picture.source], picture.index, staging.downloads)
            guard ContentHash(content) == picture.hash else {
                throw Failure(.data, "the file was changed while it was being collected")
            }
            switch content {
            case .encoded(let bytes): return bytes
            case .raw(let pixels): return try pixels.png()
            }
        } catch {
            let reason = (error as? Failure)?.message ?? "\(error)"
            state.withLock { $0.result.failed.append((picture.name, reason)) }
            return nil
        }
    }

    private func step() {
        let done = state.withLock { state in
            state.done += 1
            return state.done
        }
        progress?(.writing(done: done, total: collection.pictures.count))
    }

    /// Weights and groups, which folders cannot say, as Hugging Face's metadata.csv; nothing if there are none.
    func metadata() throws {
        let pictures = collection.pictures
        guard pictures.contains(where: { $0.weight != 1 || $0.group != nil }) else { return }
        func quoted(_ text: String) -> String { "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\"" }
        var lines = ["file_name,label,weight,group"]
        for (picture, path) in zip(pictures, names.paths) where staging.holds(path) {
            lines.append(
                [
                    quoted(path), quoted(collection.classes[picture.label]), "\(picture.weight)",
                    picture.group.map(quoted) ?? "",
                ].joined(separator: ","))
        }
        try staging.write("metadata.csv") { append in try append(Array((lines.joined(separator: "\n") + "\n").utf8)) }
    }

    // MARK: shards

    /// Writes the pictures of a split into `count` tar files, mixed, as readers that go through them in sequence want it.
    func shards(_ split: Split?, count: Int, seed: UInt64) throws {
        let own = collection.pictures.indices.filter { collection.pictures[$0].split == split }
        let mixed = mixed(own, seed)
        let name = split?.folderName ?? "pictures"
        let width = max(6, String(count - 1).count)
        for number in 0..<min(count, mixed.count) {
            let digits = String(number)
            let path = "\(name)-\(String(repeating: "0", count: width - digits.count) + digits).tar"
            let part = stride(from: number, to: mixed.count, by: count).map { mixed[$0] }
            if staging.holds(path) {
                for _ in part { step() }
                state.withLock { $0.result.resumed += part.count }
            } else {
                try pack(part, to: path)
            }
        }
    }

    /// Writes pictures of all splits into one tar file.
    func shard(_ indices: [Int], to path: String, seed: UInt64) throws { try pack(mixed(indices, seed), to: path) }

    /// In an order that depends on content and seed alone.
    private func mixed(_ indices: [Int], _ seed: UInt64) -> [Int] {
        let places = indices.map { (collection.pictures[$0].hash.fraction(seed: seed), $0) }
        return places.sorted { $0 < $1 }.map(\.1)
    }

    private struct Record: Encodable {
        let label: String
        let split: String?
        let weight: Float?
        let group: String?
    }

    private func pack(_ indices: [Int], to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try staging.write(path) { append in
            for (number, index) in indices.enumerated() {
                defer { step() }
                guard let bytes = bytes(index) else { continue }
                let picture = collection.pictures[index]
                let digits = String(number)
                let key = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
                let record = Record(
                    label: collection.classes[picture.label], split: picture.split?.folderName,
                    weight: picture.weight == 1 ? nil : picture.weight, group: picture.group)
                try append(TarHeader.bytes(name: "\(key).\(picture.format.endings[0])", size: bytes.count))
                try append(bytes + TarHeader.padding(bytes.count))
                let members = [
                    ("cls", Array(String(picture.label).utf8)), ("json", Array(try encoder.encode(record))),
                ]
                for (ending, content) in members {
                    try append(TarHeader.bytes(name: "\(key).\(ending)", size: content.count))
                    try append(content + TarHeader.padding(content.count))
                }
                state.withLock { state in
                    state.result.copied += 1
                    state.result.bytes += bytes.count
                }
            }
            try append(TarHeader.end)
        }
    }
}
