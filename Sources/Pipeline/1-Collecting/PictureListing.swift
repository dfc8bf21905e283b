// Pictures without labels: the files in and below a folder, for prediction. Lists names and opens none of them.

import FoveaTensorCore

/// Finds picture files.
package enum PictureListing {
    /// The paths of the pictures in and below a folder in natural order, and a sentence for what was left out.
    /// Throws a `Failure` of kind `.data` if the folder cannot be read.
    package static func pictures(below folder: String) throws -> (paths: [String], notes: [String]) {
        guard let found = attributes(of: folder) else {
            throw Failure(.data, "\(folder): there is no such folder")
        }
        var omissions = Omissions()
        let path = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        let item = ListedItem(name: path, path: path, isFolder: true, identity: FileIdentity(found))
        let paths = try DiskTree().picturePaths(below: item, &omissions)
        return (paths, omissions.notes)
    }
}
