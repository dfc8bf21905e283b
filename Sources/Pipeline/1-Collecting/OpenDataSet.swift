// The door to all data: what a person types becomes a `DataSet`. Decides what kind of data it is and nothing else;
// how each kind is read stands in its own file.

import FoveaTensorCore
import Foundation

extension DataSet {
    /// Opens a folder of class folders, a folder of IDX files, or a known data set by name.
    ///
    /// No file of a given test split is opened: its folders are listed, its IDX files left alone until asked for.
    /// Throws a `Failure` of kind `.data` that says what is wrong where, or of kind `.work` if a download fails.
    package static func open(_ argument: String, options: CollectingOptions = CollectingOptions()) throws -> DataSet {
        let path = trimmed(argument)
        guard let found = attributes(of: path) else {
            let (code, reason) = (errno, systemReason())
            if let known = KnownDataSet.named(argument) { return try known.open(options) }
            throw Failure(
                .data, "\(argument): there is no such folder" + (code == ENOENT ? "" : ": " + reason),
                advice: "Known data sets that need no folder: "
                    + KnownDataSet.all.map(\.name).joined(separator: ", ") + ".")
        }
        guard isKind(S_IFDIR, found) else {
            throw Failure(
                .data, "\(argument): this is a file; a data set is a folder",
                advice: "Give the folder that holds one folder of pictures for each class.")
        }
        let name = folderName(path)
        var notes: [String] = []
        if KnownDataSet.named(argument) != nil {
            notes.append("The folder \(argument) was taken, not the known data set of that name.")
        }
        if let files = try IDXFolder(at: path) {
            return try files.open(name: name, options, notes: notes)
        }
        return try ClassFolders(at: path).open(name: name, options, notes: notes)
    }
}

/// The path without slashes at its end.
private func trimmed(_ path: String) -> String {
    var path = path
    while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
}

/// The last part of a folder's path; that of the real path for `.`, `..` and the like.
private func folderName(_ path: String) -> String {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    guard last == "." || last == ".." || last.isEmpty || last == "/" else { return last }
    return URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
}
