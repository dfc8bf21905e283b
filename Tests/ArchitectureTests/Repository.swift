// The files of this checkout, as text, for the architecture's tests. Build folders, virtual environments and git's own
// folder are left out; nothing is changed.

import Foundation

enum Repository {
    /// The folder that holds Package.swift.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Hidden names that belong to the project all the same.
    private static let visible: Set<String> = [".ci", ".gitignore", ".swift-format"]

    /// Every text file below one megabyte: path from the root, and contents.
    static func files() throws -> [(path: String, text: String)] {
        try files(in: "").sorted { $0.path < $1.path }
    }

    private static func files(in folder: String) throws -> [(path: String, text: String)] {
        let names = try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)
        return try names.flatMap { name -> [(path: String, text: String)] in
            if name.hasPrefix("."), !visible.contains(name) { return [] }
            if name == "__pycache__" || name.hasSuffix(".fovea") { return [] }
            let path = folder.isEmpty ? name : folder + "/" + name
            let address = root.appendingPathComponent(path)
            let attributes = try FileManager.default.attributesOfItem(atPath: address.path)
            if attributes[.type] as? FileAttributeType == .typeDirectory { return try files(in: path) }
            guard attributes[.type] as? FileAttributeType == .typeRegular,
                let size = attributes[.size] as? Int, size < 1_000_000,
                let text = String(data: try Data(contentsOf: address), encoding: .utf8)
            else { return [] }
            return [(path, text)]
        }
    }
}
