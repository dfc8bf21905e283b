// A folder of class folders, with or without train, validation and test above them. Finds out which it is, matches the
// classes of all splits by name, and says what does not fit. Lists folders only; opens no file.

import FoveaTensorCore

/// What a folder of class folders holds.
struct ClassFolders {
    /// The folder.
    let root: String
    /// Pictures of each class in each split: split, class name in normal form, paths.
    private(set) var pictures: [Split: [String: [String]]] = [:]
    /// The split folders' names where the folder has such, as the file system spells them.
    private(set) var splitFolders: [Split: String] = [:]
    /// Files beside the folders that may say the labels.
    private(set) var manifests: [String] = []
    /// What a person should know.
    private(set) var notes: [String] = []
    private var omissions = Omissions()
    private let tree: any FolderTree

    /// Lists everything in and below `root`. Throws if there is nothing to be had or the splits contradict each other.
    init(at root: String, in tree: any FolderTree = DiskTree()) throws {
        self.root = root
        self.tree = tree
        let items = try tree.list(root, &omissions)
        let folders = items.filter(\.isFolder)
        manifests = items.filter { !$0.isFolder && Self.isManifest($0.name) }.map(\.path)
        let files = items.filter { !$0.isFolder }
        if folders.isEmpty { throw Self.nothing(in: root, files: files) }
        let named = folders.filter { Self.split(named: $0.name) != nil }
        let layered = try named.filter { try holdsFolders($0) }
        if layered.isEmpty {
            try takeFlat(folders, named: named)
        } else {
            try take(splits: named, beside: folders.filter { Self.split(named: $0.name) == nil })
        }
        leaveOut(files)
        notes += omissions.notes
    }

    /// What a folder of this name stands for, if it is a split.
    static func split(named name: String) -> Split? {
        Split(named: name)
    }

    private func holdsFolders(_ folder: ListedItem) throws -> Bool {
        var ignored = Omissions()
        return try tree.list(folder.path, &ignored).contains(where: \.isFolder)
    }

    private func holdsPictures(_ folder: ListedItem) throws -> Bool {
        var ignored = Omissions()
        return try tree.list(folder.path, &ignored).contains { !$0.isFolder && isPictureName($0.name) }
    }

    /// Class folders directly below the root. A class may be called "train": then pictures lie directly in it.
    private mutating func takeFlat(_ folders: [ListedItem], named: [ListedItem]) throws {
        if named.count == folders.count {
            let holding = try named.filter { try holdsPictures($0) }
            guard let first = holding.first else {
                throw Failure(
                    .data, "\(root): the folders \(listed(named.map(\.name))) hold no class folders and no pictures",
                    advice: "Each wants one folder of pictures for each class.")
            }
            throw Failure(
                .data, "\(first.path): pictures lie in the split folder itself; there are no class folders",
                advice: "Put the pictures of each class into a folder of its own: \(first.path)/CLASS/picture.jpg")
        }
        for folder in named {
            notes.append("The folder \(folder.name) is taken for a class, as it stands beside other class folders.")
        }
        try take(folders, as: .training)
    }

    /// Split folders with class folders below them.
    private mutating func take(splits named: [ListedItem], beside others: [ListedItem]) throws {
        for folder in named {
            guard let split = Self.split(named: folder.name) else { continue }
            if let other = splitFolders[split] {
                throw Failure(
                    .data, "\(root): \(other) and \(folder.name) both mean the \(split.rawValue) split",
                    advice: "Keep one of them, or move their class folders together.")
            }
            let items = try tree.list(folder.path, &omissions)
            guard items.contains(where: \.isFolder) else {
                let count = items.count { isPictureName($0.name) }
                notes.append(
                    count == 0
                        ? "The folder \(folder.name) is empty: there is no \(split.rawValue) split."
                        : "The \(counted(count, "picture")) in \(folder.name) lie in no class folder, so their class "
                            + "is not known: they are not used.")
                continue
            }
            splitFolders[split] = folder.name
            try take(items.filter(\.isFolder), as: split)
            leaveOut(items.filter { !$0.isFolder })
        }
        if !others.isEmpty {
            notes.append("Left out, as they stand beside the split folders: \(listed(others.map(\.name))).")
        }
    }

    /// Class folders of one split. Two spellings of one name are one class.
    private mutating func take(_ folders: [ListedItem], as split: Split) throws {
        var classes: [String: [String]] = [:]
        for folder in folders {
            let paths = try tree.picturePaths(below: folder, &omissions)
            if paths.isEmpty { notes.append("The class folder \(folder.path) holds no picture and was left out.") }
            if classes[folder.name.normalised] != nil, !paths.isEmpty {
                notes.append("Two folders spell the class \(folder.name) in two Unicode forms: they are one class.")
            }
            if !paths.isEmpty { classes[folder.name.normalised, default: []] += paths }
        }
        pictures[split] = classes
    }

    private mutating func leaveOut(_ files: [ListedItem]) {
        for file in files {
            if isPictureName(file.name) {
                omissions.strayPictures.append(file.path)
            } else {
                omissions.otherFiles.append(file.path)
            }
        }
    }

    private static func isManifest(_ name: String) -> Bool {
        [".csv", ".tsv", ".jsonl", ".ndjson", ".json"].contains { name.lowercased().hasSuffix($0) }
    }

    /// Why a folder without folders is no data set.
    private static func nothing(in root: String, files: [ListedItem]) -> Failure {
        let count = files.count { isPictureName($0.name) }
        if files.isEmpty {
            return Failure(
                .data, "\(root): the folder is empty", advice: "Put one folder of pictures for each class into it.")
        }
        return Failure(
            .data,
            "\(root): there are no class folders in it"
                + (count > 0 ? ", only \(counted(count, "picture")) without a class" : ""),
            advice: files.first { isManifest($0.name) }.map { "If \($0.path) says the classes, give that file." }
                ?? "Put the pictures of each class into a folder of its own, \(root)/CLASS/picture.jpg, or say how their "
                + "names tell the class: --label-pattern '(?<label>[a-z]+)_'")
    }
}
