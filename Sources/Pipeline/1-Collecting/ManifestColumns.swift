// Which column of a manifest says what: by the names that spreadsheets, Hugging Face, AutoML tools and courses use, or by
// those that a person gave. Knows names only.

import FoveaTensorCore

/// The columns of a manifest by what they say.
struct ManifestColumns: Equatable {
    let path: String
    let label: String?
    let split: String?
    let weight: String?
    let group: String?

    private static let paths = [
        "path", "file_name", "filename", "file", "file_path", "filepath", "image_path", "imagepath", "img_path",
        "image",
        "img", "picture", "image_name", "image_id", "uri", "url", "image_url",
    ]
    private static let labels = [
        "label_name", "class_name", "category_name", "label", "class", "category", "target", "labels", "classname",
    ]
    private static let splits = ["split", "set", "subset", "partition"]
    private static let weights = ["weight", "sample_weight"]
    private static let groups = ["group", "group_id", "patient", "patient_id", "subject", "subject_id"]

    /// The columns among these names. Throws a `Failure` that lists them if a given one is not there, or no path is.
    init(_ names: [String], _ options: LabelOptions, in file: String) throws {
        func find(_ given: String?, _ usual: [String], _ flag: String) throws -> String? {
            if let given {
                guard
                    let name = names.first(where: { $0 == given })
                        ?? names.first(where: { Self.plain($0) == Self.plain(given) })
                else {
                    throw Failure(
                        .data, "\(file): there is no column called \(given) (\(flag))",
                        advice: "There is \(names.map(\.printable).joined(separator: ", ")).")
                }
                return name
            }
            return usual.lazy.compactMap { wanted in names.first { Self.plain($0) == wanted } }.first
        }
        guard let path = try find(options.pathColumn, Self.paths, "--path-column") else {
            throw Failure(
                .data,
                "\(file): no column is called path, filename, file or image; there is "
                    + names.map(\.printable).joined(separator: ", "),
                advice: "Say which one names the pictures: --path-column NAME")
        }
        self.path = path
        label = try find(options.labelColumn, Self.labels, "--label-column")
        split = try find(options.splitColumn, Self.splits, "--split-column")
        weight = try find(options.weightColumn, Self.weights, "--weight-column")
        group = try find(options.groupColumn, Self.groups, "--group-column")
    }

    /// The columns of a table without titles: path, label, and a split where there is a third.
    init(untitled names: [String]) {
        path = names[0]
        label = names.count > 1 ? names[1] : nil
        split = names.count > 2 ? names[2] : nil
        weight = nil
        group = nil
    }

    /// A failure that says which columns there are instead of labels.
    static func unlabelled(_ names: [String], in file: String) -> Failure {
        Failure(
            .data,
            "\(file): no column is called label, class or category; there is "
                + names.map(\.printable).joined(separator: ", "),
            advice: "Say which one names the class: --label-column NAME")
    }

    private static func plain(_ name: String) -> String {
        String(name.lowercased().map { $0 == " " || $0 == "-" ? "_" : $0 }).trimmingUnderscores
    }
}

extension String {
    fileprivate var trimmingUnderscores: String {
        String(drop { $0 == "_" }.reversed().drop { $0 == "_" }.reversed())
    }
}
