// What collected pictures are called: folders for classes and files for pictures, with names that every file system takes,
// that end as their content says, and that no two of one folder share, whatever its view of capitals.

import FoveaPictures
import FoveaTensorCore
import Foundation

/// Paths of a collection's pictures below its folder.
package struct CollectionNames {
    /// By picture, in the collection's order.
    private(set) var paths: [String] = []
    /// By class.
    private(set) var folders: [String] = []
    /// Classes whose folders had to be called otherwise.
    private(set) var notes: [String] = []

    /// Bytes of a name, at most: what file systems take, less the ending of a temporary file.
    private static let longest = 200

    package init(_ collection: Collection) {
        var taken: Set<String> = []
        for name in collection.classes {
            var folder = Self.safe(name)
            while !taken.insert(folder.lowercased()).inserted { folder += "_" }
            if folder != name { notes.append("The folder of the class \(name.printable) is called \(folder).") }
            folders.append(folder)
        }
        taken = []
        for picture in collection.pictures {
            let parts = [picture.split?.folderName, folders[picture.label]].compactMap { $0 }
            let (stem, ending) = Self.file(picture)
            var path = (parts + ["\(stem).\(ending)"]).joined(separator: "/")
            if !taken.insert(path.lowercased()).inserted {
                path = (parts + ["\(stem)-\(picture.hash.hexadecimal.prefix(16)).\(ending)"]).joined(separator: "/")
                taken.insert(path.lowercased())
            }
            paths.append(path)
        }
    }

    /// The stem and ending of a picture's file.
    private static func file(_ picture: CollectedPicture) -> (String, String) {
        var name = picture.name
        if NamedPictures.isAddress(name) { name = URL(string: name)?.path ?? name }
        name = name.split(separator: "/").last.map(String.init) ?? "picture"
        // train-images[17] is a picture of an IDX file; shard.tar: key.jpg one of a shard.
        name = name.replacingOccurrences(of: "[", with: "-").replacingOccurrences(of: "]", with: "")
        var stem = name
        var ending = picture.format.endings[0]
        if isPictureName(name), let dot = name.lastIndex(of: ".") {
            let own = name[name.index(after: dot)...].lowercased()
            stem = String(name[..<dot])
            if picture.format.endings.contains(own) { ending = own }
        }
        return (safe(stem), ending)
    }

    /// A name that can be a folder's or a file's everywhere.
    static func safe(_ name: String) -> String {
        var safe = String(
            String.UnicodeScalarView(
                name.unicodeScalars.map { scalar in
                    scalar.value < 0x20 || scalar.value == 0x7F || "/\\:*?\"<>|".unicodeScalars.contains(scalar)
                        ? "_" : scalar
                }))
        while safe.utf8.count > longest { safe.removeLast() }
        // Hidden files would be skipped, spaces and dots at the end are lost on some systems.
        if safe.hasPrefix(".") { safe = "_" + safe.dropFirst() }
        while let last = safe.last, last == " " || last == "." { safe.removeLast() }
        return safe.isEmpty || isClutter(safe) ? "_" + safe : safe
    }
}

extension Split {
    /// What the split's folder is called.
    package var folderName: String { self == .training ? "train" : rawValue }
}

extension PictureFormat {
    /// How names of such files end, the usual ending first; empty for formats that Fovea does not read.
    var endings: [String] {
        switch self {
        case .jpeg: ["jpg", "jpeg", "jpe", "jfif"]
        case .png: ["png"]
        case .webp: ["webp"]
        case .gif: ["gif"]
        case .bmp: ["bmp"]
        case .tiff: ["tif", "tiff"]
        case .heic: ["heic", "heif"]
        case .avif: ["avif"]
        default: []
        }
    }
}
