// Collecting from what a person named to a data set on disk: checks that no original can be touched, looks at every
// picture, writes the collection, and keeps the counts of what became of each.

import FoveaCollecting
import FoveaTensorCore
import Foundation

/// What a person asks for.
package struct CollectRequest: Sendable {
    /// Whatever can be opened as a data set.
    package var inputs: [String]
    /// A folder or a `.tar` file that does not exist yet.
    package var output: String
    /// Tar files for each split instead of class folders.
    package var shards: Int?
    /// Links to originals instead of copies.
    package var linked = false
    /// Nothing is fetched or written.
    package var isDryRun = false
    package var options = CollectionOptions()

    package init(inputs: [String], output: String) {
        self.inputs = inputs
        self.output = output
    }
}

/// What came of it.
package struct CollectOutcome: Sendable {
    package let collection: Collection
    /// Nil for a dry run.
    package let result: CollectionResult?

    /// All pictures that could not be taken, and why.
    package var failed: [(name: String, reason: String)] { collection.failed + (result?.failed ?? []) }

    /// Pictures by split and class: rows are the collection's splits, columns its classes.
    package func counts(of split: Split?) -> [Int] {
        var counts = [Int](repeating: 0, count: collection.classes.count)
        for picture in collection.pictures where picture.split == split { counts[picture.label] += 1 }
        return counts
    }
}

/// Collects pictures.
package enum CollectWorkflow {
    /// Collects and waits. Throws a `Failure` if nothing can be collected or written.
    package static func run(_ request: CollectRequest) throws -> CollectOutcome {
        let isTar = request.output.lowercased().hasSuffix(".tar")
        if request.linked, isTar || request.shards != nil {
            throw Failure(.usage, "a tar file cannot hold links", advice: "Leave --link out.")
        }
        if isTar, request.shards != nil {
            throw Failure(
                .usage, "\(request.output) is one tar file, --shards makes several", advice: "Name a folder with -o.")
        }
        try apart(request)
        try Staging.refuse(existing: request.output)
        if request.isDryRun {
            return CollectOutcome(collection: try Collection(request.inputs, request.options), result: nil)
        }
        let staging = try Staging(for: request.output)
        do {
            var options = request.options
            options.downloads = staging.downloads
            let collection = try Collection(request.inputs, options)
            let form: CollectionForm =
                isTar ? .tar : request.shards.map(CollectionForm.shards) ?? .folders(linked: request.linked)
            let result = try collection.write(
                form, to: staging, seed: options.collecting.seed, progress: options.collecting.progress)
            return CollectOutcome(collection: collection, result: result)
        } catch {
            staging.leaveIfEmpty()
            throw error
        }
    }

    /// Throws if the output would lie within an input folder, which must not change.
    private static func apart(_ request: CollectRequest) throws {
        let output = real(request.output)
        for input in request.inputs where FileManager.default.fileExists(atPath: input) {
            guard output == real(input) || output.hasPrefix(real(input) + "/") else { continue }
            throw Failure(
                .usage, "\(request.output) lies within \(input), and inputs are never changed",
                advice: "Choose another place with -o.")
        }
    }

    /// The path without links, as far as it exists.
    static func real(_ path: String) -> String {
        let absolute = URL(fileURLWithPath: path).standardizedFileURL
        if let resolved = realpath(absolute.path, nil) {
            defer { free(resolved) }
            return String(cString: resolved)
        }
        let above = absolute.deletingLastPathComponent()
        guard above.path != absolute.path else { return absolute.path }
        return (above.path == "/" ? "" : real(above.path)) + "/" + absolute.lastPathComponent
    }
}
