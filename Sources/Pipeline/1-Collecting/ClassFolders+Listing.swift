// From listed class folders to a listing: every picture under the name of its class folder and split. Knows trees of
// folders, on disk or in an archive; what the names mean for a data set is decided in Listing.

import FoveaTensorCore

extension ClassFolders {
    /// The pictures of these folders, by split, class and path; `content` reads the one at a path of the tree.
    func listing(content: @escaping @Sendable (String) throws -> PictureContent) throws -> Listing {
        var found: [ListedPicture] = []
        var notes = self.notes
        for split in Split.allCases {
            guard let classes = pictures[split] else { continue }
            for name in classes.keys.sorted(by: standsBefore) {
                let split = splitFolders.isEmpty ? nil : split
                found += (classes[name] ?? []).map { ListedPicture(name: $0, label: name, split: split) }
            }
            if classes.isEmpty { notes.append("The \(split.rawValue) split holds no picture.") }
        }
        guard !found.isEmpty else {
            throw Failure(
                .data, "\(root): no class folder holds a picture",
                advice: "Pictures are files whose names end in .jpg, .jpeg, .png or .webp.")
        }
        let paths = found.map(\.name)
        var listing = Listing(root: root, pictures: found, notes: notes) { try content(paths[$0]) }
        listing.splitNames = splitFolders
        listing.loneClassAdvice =
            manifests.first.map { "If \($0) says the classes, give that file." }
            ?? "If the class folders lie deeper, give the folder right above them."
        return listing
    }
}
