// Folders as the pipeline sees them: names in natural order, links followed, clutter skipped, cycles cut.
// Lists and asks for attributes only: no file is opened here, so a test split may be listed while training.

import FoveaTensorCore
import Foundation

/// A file or folder found in a folder.
struct ListedItem {
    /// Its name, as the file system spells it.
    let name: String
    /// The folder's path and the name.
    let path: String
    /// Whether it is a folder, or a link to one.
    let isFolder: Bool
    /// What stays the same however it is reached.
    let identity: FileIdentity
}

/// Device and inode: equal for two paths to one file.
struct FileIdentity: Hashable {
    let device: UInt64
    let inode: UInt64

    init(_ attributes: stat) {
        device = UInt64(truncatingIfNeeded: attributes.st_dev)
        inode = UInt64(truncatingIfNeeded: attributes.st_ino)
    }

    /// Of the folder that is number `number` of an archive, which has no devices.
    init(number: Int) {
        device = 0
        inode = UInt64(number)
    }
}

/// File names that may be pictures; the decoder refuses those it cannot read, by name.
let pictureExtensions: Set<String> = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "tif", "tiff", "heic", "heif", "avif",
]

/// What other programs leave behind in folders.
private let clutter: Set<String> = ["__MACOSX", "thumbs.db", "ehthumbs.db", "desktop.ini", "@eaDir"]

/// Whether a file or folder of this name is hidden or another program's litter.
func isClutter(_ name: String) -> Bool {
    name.utf8.first == UInt8(ascii: ".") || clutter.contains(name) || clutter.contains(name.lowercased())
}

/// Whether a file of this name may be a picture.
package func isPictureName(_ name: String) -> Bool {
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.utf8.startIndex else { return false }
    return pictureExtensions.contains(name[name.index(after: dot)...].lowercased())
}

/// What the system says about the last call that failed.
func systemReason() -> String { String(cString: strerror(errno)) }

/// The attributes of what lies at this path, links followed; nil if there is nothing.
func attributes(of path: String) -> stat? {
    var result = stat()
    return stat(path, &result) == 0 ? result : nil
}

/// Whether a symbolic link lies at this path.
private func isLink(_ path: String) -> Bool {
    let code = errno
    defer { errno = code }
    var result = stat()
    return lstat(path, &result) == 0 && isKind(S_IFLNK, result)
}

/// Whether these are a folder's, a file's ... attributes.
func isKind(_ kind: mode_t, _ attributes: stat) -> Bool { attributes.st_mode & S_IFMT == kind }

/// Lists one folder in natural order, without hidden files and clutter. Throws if the folder cannot be read.
func list(_ folder: String, _ omissions: inout Omissions) throws -> [ListedItem] {
    guard let stream = opendir(folder) else { throw unreadable(folder) }
    defer { closedir(stream) }
    var items: [ListedItem] = []
    while let entry = readdir(stream) {
        // The name lies in the stream's own buffer until the next readdir; it may be shorter than its declared tuple.
        let offset = MemoryLayout<dirent>.offset(of: \dirent.d_name) ?? 0
        let characters = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
        guard let name = String(validatingCString: characters) else {
            omissions.unreadableNames.append("\(folder)/\(String(cString: characters))")
            continue
        }
        guard !isClutter(name) else { continue }
        if let item = try item(name, in: folder, &omissions) { items.append(item) }
    }
    return items.sorted { standsBefore($0.name, $1.name) }
}

private func unreadable(_ folder: String) -> Failure {
    Failure(
        .data, "\(folder): the folder cannot be read: \(systemReason())",
        advice: "Check who may read it: ls -ld '\(folder)'")
}

/// One entry of a folder, links followed; nil and an omission if it is neither file nor folder.
private func item(_ name: String, in folder: String, _ omissions: inout Omissions) throws -> ListedItem? {
    let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
    guard let found = attributes(of: path) else {
        switch errno {
        case ELOOP: omissions.circularLinks.append(path)
        case EACCES where !isLink(path): throw unreadable(folder)  // listed, but not to be entered
        default: omissions.danglingLinks.append(path)
        }
        return nil
    }
    let isFolder = isKind(S_IFDIR, found)
    guard isFolder || isKind(S_IFREG, found) else {
        omissions.specialFiles.append(path)
        return nil
    }
    return ListedItem(name: name, path: path, isFolder: isFolder, identity: FileIdentity(found))
}

/// Folders that can be listed: on disk, or as the paths of an archive tell them.
protocol FolderTree {
    /// What lies in a folder, in natural order, without hidden files and clutter.
    func list(_ folder: String, _ omissions: inout Omissions) throws -> [ListedItem]
}

/// The folders of the file system.
struct DiskTree: FolderTree {
    func list(_ folder: String, _ omissions: inout Omissions) throws -> [ListedItem] {
        try FoveaCollecting.list(folder, &omissions)
    }
}

extension FolderTree {
    /// The paths of all pictures in and below `folder`. No folder is walked twice, however many links lead there.
    func picturePaths(below folder: ListedItem, _ omissions: inout Omissions) throws -> [String] {
        var walked: Set<FileIdentity> = [folder.identity]
        return try picturePaths(below: folder.path, walked: &walked, &omissions)
    }

    private func picturePaths(
        below folder: String, walked: inout Set<FileIdentity>, _ omissions: inout Omissions
    ) throws -> [String] {
        var paths: [String] = []
        for item in try list(folder, &omissions) {
            if item.isFolder {
                if walked.insert(item.identity).inserted {
                    paths += try picturePaths(below: item.path, walked: &walked, &omissions)
                } else {
                    omissions.circularLinks.append(item.path)
                }
            } else if isPictureName(item.name) {
                paths.append(item.path)
            } else {
                omissions.otherFiles.append(item.path)
            }
        }
        return paths
    }
}
