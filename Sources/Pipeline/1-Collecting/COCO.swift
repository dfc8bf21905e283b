// COCO's annotations as a classification: the category of the objects in a picture is its class, where they have one.
// A picture with several is refused unless the person takes that of the largest region; one with none is left out.

import FoveaTensorCore
import Foundation

/// The pictures of a COCO file.
struct COCO {
    private(set) var pictures: [NamedPicture] = []
    private(set) var notes: [String] = []

    private struct File: Decodable {
        var images: [Image]
        var annotations: [Annotation]
        var categories: [Category]
    }

    private struct Image: Decodable {
        var id: JSONScalar
        var fileName: String

        enum CodingKeys: String, CodingKey {
            case id
            case fileName = "file_name"
        }
    }

    private struct Annotation: Decodable {
        var image: JSONScalar
        var category: JSONScalar
        var area: Double?
        var box: [Double]?

        enum CodingKeys: String, CodingKey {
            case image = "image_id"
            case category = "category_id"
            case area
            case box = "bbox"
        }

        /// Square pixels; 0 where nobody says.
        var extent: Double { area ?? box.flatMap { $0.count == 4 ? $0[2] * $0[3] : nil } ?? 0 }
    }

    private struct Category: Decodable {
        var id: JSONScalar
        var name: String
    }

    /// Reads a file. Throws a `Failure` of kind `.data` if it is none, or pictures have several categories.
    init(_ bytes: [UInt8], path: String, split: Split? = nil, _ options: LabelOptions) throws {
        let file: File
        do {
            file = try JSONDecoder().decode(File.self, from: Data(bytes))
        } catch {
            throw Failure(
                .data, "\(path): not a COCO file: \(Self.reason(error))",
                advice:
                    "It wants images (id, file_name), annotations (image_id, category_id) and categories (id, name).")
        }
        let names = Dictionary(
            file.categories.compactMap { category in category.id.text.map { ($0, category.name) } },
            uniquingKeysWith: { first, _ in first })
        var areas: [String: [String: Double]] = [:]
        for (index, annotation) in file.annotations.enumerated() {
            guard let image = annotation.image.text, let category = annotation.category.text, names[category] != nil
            else {
                throw Failure(
                    .data,
                    "\(path): annotation \(index + 1) has the category \(annotation.category.text ?? "null"), "
                        + "which is not among the categories")
            }
            areas[image, default: [:]][category] = max(areas[image]?[category] ?? 0, annotation.extent)
        }
        var (empty, several): (Int, [String]) = (0, [])
        for image in file.images {
            let found = image.id.text.flatMap { areas[$0] } ?? [:]
            if found.isEmpty {
                empty += 1
                continue
            }
            if found.count > 1 { several.append(image.fileName) }
            // Of equal regions the category of the smaller number, so that every run says the same.
            let largest = found.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
            let label = largest.flatMap { names[$0] }
            pictures.append(
                NamedPicture(
                    place: image.fileName, where: "image \(image.id.text ?? "null")", label: label, split: split))
        }
        guard several.isEmpty || options.takesLargest else {
            throw Failure(
                .data,
                "\(path): \(several.count) of \(file.images.count) pictures have objects of several categories: "
                    + listed(several),
                advice: "A classifier knows one class a picture; --largest takes the category of the largest object.")
        }
        if empty > 0 { notes.append("Left out: \(counted(empty, "picture")) without an annotation.") }
        if !several.isEmpty {
            notes.append(
                "Of \(counted(several.count, "picture")) with objects of several categories, the largest object's is taken."
            )
        }
    }

    /// The listing of its pictures: below the folder that was said, or where COCO and its exporters put them.
    func listing(_ path: String, _ options: CollectingOptions) throws -> Listing {
        var named = NamedPictures(root: path, pictures: pictures, notes: notes)
        let own = folder(of: path)
        let above = own == "." ? ".." : own + "/.."
        let file = path.split(separator: "/").last.map(String.init) ?? path
        // annotations/instances_val2017.json speaks of val2017/.
        let subset = file.split(separator: ".").first?.split(separator: "_").last.map(String.init) ?? ""
        named.folders =
            options.labels.pictureFolder.map { [$0] }
            ?? [own, own + "/images", above, above + "/images", above + "/" + subset, above + "/images/" + subset]
        return try named.listing(options)
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            "\((context.codingPath.map(\.stringValue) + [key.stringValue]).joined(separator: ".")) is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "\(context.codingPath.map(\.stringValue).joined(separator: ".")) is of another kind"
        default: "it is no JSON"
        }
    }
}
