// Folders that hold a description beside their pictures: Hugging Face's imagefolder (metadata.csv or metadata.jsonl, at the
// top or in each split folder) and COCO files in each split folder, as Roboflow exports them. Opens the descriptions only.

import FoveaTensorCore
import Foundation

/// A described folder.
struct ImageFolder {
    private let root: String
    private let descriptions: [(path: String, split: Split?)]

    private static let names = ["metadata.jsonl", "metadata.csv", "_annotations.coco.json"]

    /// The descriptions in `root` and in its split folders; nil if there are none.
    init?(at root: String) throws {
        self.root = root
        var found: [(path: String, split: Split?)] = []
        func look(in folder: String, _ split: Split?) {
            let path = Self.names.map { folder + "/" + $0 }.first { path in
                attributes(of: path).map { isKind(S_IFREG, $0) } ?? false
            }
            if let path { found.append((path, split)) }
        }
        look(in: root, nil)
        if found.isEmpty {
            var omissions = Omissions()
            for item in try list(root, &omissions) where item.isFolder {
                if let split = Split(named: item.name) { look(in: item.path, split) }
            }
        }
        if found.isEmpty { return nil }
        descriptions = found
    }

    /// The pictures of all descriptions; nil, with a note, if these name no labels, as then folders do.
    func listing(_ options: CollectingOptions) throws -> (listing: Listing?, notes: [String]) {
        var named: [NamedPicture] = []
        var notes: [String] = []
        for (path, split) in descriptions {
            let below = options.labels.pictureFolder ?? folder(of: path)
            var pictures: [NamedPicture]
            if path.hasSuffix(".coco.json") {
                let file = try COCO(try readFile(path), path: path, split: split, options.labels)
                (pictures, notes) = (file.pictures, notes + file.notes)
            } else {
                let file =
                    try path.hasSuffix(".csv")
                    ? Manifest(csv: path, options.labels) : Manifest(jsonLines: path, options.labels)
                if file.isUnlabelled {
                    return (nil, ["\(path) has no column of labels: the folders' names are taken."])
                }
                (pictures, notes) = (file.pictures, notes + file.notes)
            }
            for index in pictures.indices {
                let first = pictures[index].place.split(separator: "/").first.map(String.init)
                let split = split ?? pictures[index].split ?? first.flatMap { Split(named: $0) }
                pictures[index].split = split
                if !NamedPictures.isAddress(pictures[index].place), !pictures[index].place.hasPrefix("/") {
                    pictures[index].place = below + "/" + pictures[index].place
                }
                if descriptions.count > 1 { pictures[index].where = path + ", " + pictures[index].where }
            }
            named += pictures
        }
        var all = NamedPictures(
            root: descriptions.count == 1 ? descriptions[0].path : root, pictures: named, notes: notes)
        all.folders = ["."]
        return (try all.listing(options), [])
    }
}
