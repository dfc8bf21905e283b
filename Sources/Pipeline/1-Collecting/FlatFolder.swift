// Pictures whose labels stand in their names: `cat_017.jpg` under a pattern such as `(?<label>[a-z]+)_\d+`. The folder may
// be deep and may have split folders; the pattern is held against the file name alone. Opens no file.

import FoveaTensorCore

/// Pictures labelled by a pattern.
struct FlatFolder {
    private let root: String
    private var pictures: [ListedPicture] = []
    private var notes: [String]

    /// Finds all pictures below `root` and labels them. Throws if the pattern is none, or matches none of them.
    init(at root: String, in tree: any FolderTree = DiskTree(), pattern: String) throws {
        self.root = root
        let expression = try Self.expression(pattern)
        var omissions = Omissions()
        var unmatched: [String] = []
        let identity = attributes(of: root).map(FileIdentity.init) ?? FileIdentity(number: 0)
        let paths = try tree.picturePaths(
            below: ListedItem(name: root, path: root, isFolder: true, identity: identity), &omissions)
        for path in paths {
            let name = String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
            guard let match = try? expression.firstMatch(in: name), let label = match["label"]?.substring,
                !label.isEmpty
            else {
                unmatched.append(path)
                continue
            }
            let above = path.dropFirst(root.count).split(separator: "/").dropLast()
            let split = above.compactMap { Split(named: String($0)) }.first
            let group = Self.has(expression, "group") ? match["group"]?.substring.map(String.init) : nil
            pictures.append(ListedPicture(name: path, label: String(label), split: split, group: group))
        }
        notes = omissions.notes
        guard !pictures.isEmpty else {
            throw Failure(
                .data,
                paths.isEmpty
                    ? "\(root): there is no picture in it"
                    : "\(root): the pattern \(pattern) matches none of \(counted(paths.count, "picture")), such as \(paths[0])"
            )
        }
        if !unmatched.isEmpty {
            notes.append("Left out, as the pattern does not match: \(listed(unmatched)).")
        }
    }

    /// The pictures; `content` reads the one at a path of the tree.
    func listing(content: @escaping @Sendable (String) throws -> PictureContent) -> Listing {
        let paths = pictures.map(\.name)
        return Listing(root: root, pictures: pictures, notes: notes) { try content(paths[$0]) }
    }

    /// Throws a `Failure` of kind `.usage` if the pattern is no regular expression with a group called `label`.
    static func check(_ pattern: String) throws { _ = try expression(pattern) }

    private static func expression(_ pattern: String) throws -> Regex<AnyRegexOutput> {
        let expression: Regex<AnyRegexOutput>
        do {
            expression = try Regex(pattern)
        } catch {
            throw Failure(.usage, "--label-pattern \(pattern): this is no regular expression: \(error)")
        }
        guard has(expression, "label") else {
            throw Failure(
                .usage, "--label-pattern \(pattern): it has no group called label",
                advice: "Put (?<label>...) around the part of the name that says the class: '(?<label>[a-z]+)_\\d+'")
        }
        return expression
    }

    private static func has(_ expression: Regex<AnyRegexOutput>, _ group: String) -> Bool {
        expression.contains(captureNamed: group)
    }
}
