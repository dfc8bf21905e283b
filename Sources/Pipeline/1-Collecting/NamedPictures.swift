// Pictures that a file names: rows of a manifest, tasks of an export. Finds the files, and says which are not there, which
// have no label, which are named twice. Looks for files by their attributes; opens none.

import FoveaTensorCore
import Foundation

/// A picture as a manifest or an export names it.
struct NamedPicture: Sendable, Equatable {
    /// A path or an address, as it is written.
    var place: String
    /// Where it is written: `line 7`.
    var `where`: String
    var label: String?
    var split: Split?
    var weight: Float = 1
    var group: String?

    init(place: String, where: String, label: String?, split: Split? = nil) {
        self.place = place
        self.where = `where`
        self.label = label
        self.split = split
    }
}

/// Named pictures on their way to a listing.
struct NamedPictures {
    /// The file that names them.
    let root: String
    let pictures: [NamedPicture]
    var notes: [String] = []
    /// Folders that relative paths may start from; the first in which a file is there wins.
    var folders: [String] = []
    /// Whether a picture may also lie directly in one of them, with or without the mark that Label Studio puts in front of
    /// an uploaded file's name (eight hexadecimal digits).
    var looksByName = false

    init(root: String, pictures: [NamedPicture], notes: [String] = []) {
        self.root = root
        self.pictures = pictures
        self.notes = notes
    }

    /// The pictures that are there and have a label. Throws a `Failure` of kind `.data` if there are none, or if one
    /// has two labels.
    func listing(_ options: CollectingOptions) throws -> Listing {
        var found: [ListedPicture] = []
        var places: [String: (where: String, label: String)] = [:]
        var (missing, addresses, unlabelled, repeated): ([String], [String], [String], Int) = ([], [], [], 0)
        for picture in pictures {
            guard let label = picture.label else {
                unlabelled.append(picture.where)
                continue
            }
            let isAddress = Self.isAddress(picture.place)
            guard let path = isAddress ? picture.place : file(picture.place) else {
                missing.append("\(picture.place.printable) (\(picture.where))")
                continue
            }
            if isAddress, !options.keepsAddresses {
                addresses.append(path)
                continue
            }
            if let other = places[path] {
                guard other.label.normalised == label.normalised else {
                    throw Failure(
                        .data,
                        "\(root): \(picture.place.printable) is \(other.label.printable) in \(other.where) and "
                            + "\(label.printable) in \(picture.where)", advice: "Keep one of them.")
                }
                repeated += 1
                continue
            }
            places[path] = (picture.where, label)
            found.append(
                ListedPicture(
                    name: path, label: label, split: picture.split, weight: picture.weight, group: picture.group))
        }
        guard !found.isEmpty else { throw nothing(missing, addresses, unlabelled) }
        let told =
            told(missing, "There is no such file: ")
            + told(addresses, "Addresses on the web, which `fovea collect` fetches: ")
            + told(unlabelled, "Without a label: ")
            + (repeated > 0
                ? ["Named more than once with one label, and taken once: \(counted(repeated, "picture"))."] : [])
        let paths = found.map(\.name)
        return Listing(root: root, pictures: found, notes: notes + told) { index in
            guard !Self.isAddress(paths[index]) else {
                throw Failure(.data, "\(paths[index]): this is an address", advice: "`fovea collect` fetches it.")
            }
            return .encoded(try readFile(paths[index]))
        }
    }

    private func told(_ names: [String], _ reason: String) -> [String] {
        names.isEmpty ? [] : ["Left out: \(counted(names.count, "picture")). \(reason)\(listed(names))."]
    }

    private func nothing(_ missing: [String], _ addresses: [String], _ unlabelled: [String]) -> Failure {
        if let first = missing.first {
            return Failure(
                .data,
                "\(root): of \(counted(pictures.count, "picture")) that it names none is there; the first is \(first)",
                advice: "Relative paths start from \(listed(folders)); --images FOLDER says another folder.")
        }
        if let first = addresses.first {
            return Failure(
                .data, "\(root): it names addresses on the web, such as \(first.printable)",
                advice: "Fetch them first: fovea collect \(root) -o FOLDER")
        }
        return Failure(
            .data,
            unlabelled.isEmpty
                ? "\(root): it names no pictures" : "\(root): none of \(counted(pictures.count, "picture")) has a label"
        )
    }

    static func isAddress(_ place: String) -> Bool {
        let start = place.prefix(8).lowercased()
        return start.hasPrefix("http://") || start.hasPrefix("https://")
    }

    /// The file that a place means; nil if there is none.
    private func file(_ place: String) -> String? {
        var place = place
        if place.lowercased().hasPrefix("file://") {
            guard let url = URL(string: place), url.isFileURL else { return nil }
            place = url.path
        }
        guard !place.utf8.contains(0) else { return nil }
        // Windows programs write backslashes.
        var spellings = place.contains("\\") ? [place, place.replacingOccurrences(of: "\\", with: "/")] : [place]
        if looksByName, let name = place.split(separator: "/").last.map(String.init) {
            spellings.append(name)
            if let mark = name.prefixMatch(of: /[0-9a-f]{8}-/) {
                spellings.append(String(name[mark.range.upperBound...]))
            }
        }
        for spelling in spellings {
            let candidates =
                spelling.hasPrefix("/") ? [spelling] : folders.map { $0 == "." ? spelling : $0 + "/" + spelling }
            for candidate in candidates where attributes(of: candidate).map({ isKind(S_IFREG, $0) }) ?? false {
                return candidate
            }
        }
        return nil
    }
}
