// The folders that the paths of an archive's members tell: what ClassFolders walks where there is no disk to walk. Names
// that would lead out of the archive are left out and told; nothing is ever unpacked.

import FoveaTensorCore

/// Folders and files by the paths of members.
struct ArchiveTree: FolderTree {
    /// The archive's name, which stands in front of every path.
    let root: String
    /// Parts of a path, at most: every folder is a name to keep, and hostile paths have thousands.
    private static let deepest = 64
    private var folders: [String: [ListedItem]] = [:]
    private var omissions = Omissions()

    /// A tree of these paths. Hidden files and litter do not come in.
    init(root: String, paths: [String]) {
        self.root = root
        folders[root] = []
        for path in paths {
            guard let parts = Self.parts(path) else {
                omissions.unsafeNames.append(path)
                continue
            }
            guard let name = parts.last, !parts.contains(where: isClutter) else { continue }
            guard parts.count <= Self.deepest else {
                omissions.deepNames.append(path.shortened(to: 60))
                continue
            }
            let folder = enter(parts.dropLast())
            add(name, to: folder, isFolder: path.utf8.last == UInt8(ascii: "/"))
        }
        for folder in folders.keys { folders[folder]?.sort { standsBefore($0.name, $1.name) } }
    }

    /// What an item of this path is called in the tree; nil if the path would lead out of it.
    func path(of member: String) -> String? {
        Self.parts(member).map { ([root] + $0).joined(separator: "/") }
    }

    /// The folder to look for classes in: the root, or the one folder that everything was packed in.
    var top: String {
        var top = root
        while let items = folders[top], items.count == 1, items[0].isFolder, Split(named: items[0].name) == nil,
            folders[items[0].path]?.contains(where: \.isFolder) == true
        {
            top = items[0].path
        }
        return top
    }

    func list(_ folder: String, _ omissions: inout Omissions) throws -> [ListedItem] {
        if folder == top {
            omissions.unsafeNames += self.omissions.unsafeNames
            omissions.deepNames += self.omissions.deepNames
        }
        return folders[folder] ?? []
    }

    private static func parts(_ path: String) -> [String]? {
        let isAbsolute = path.utf8.first == UInt8(ascii: "/")
        let parts = path.split(separator: "/").map(String.init).filter { $0 != "." }
        return isAbsolute || parts.contains("..") || parts.contains { $0.utf8.contains(0) } ? nil : parts
    }

    /// The path of a folder, which is made with those above it.
    private mutating func enter(_ parts: ArraySlice<String>) -> String {
        var folder = root
        for part in parts {
            add(part, to: folder, isFolder: true)
            folder += "/" + part
        }
        return folder
    }

    private mutating func add(_ name: String, to folder: String, isFolder: Bool) {
        let path = folder + "/" + name
        guard folders[path] == nil else { return }
        if isFolder { folders[path] = [] }
        let identity = FileIdentity(number: folders.count)
        folders[folder]?.append(ListedItem(name: name, path: path, isFolder: isFolder, identity: identity))
    }
}
