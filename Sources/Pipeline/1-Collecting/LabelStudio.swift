// Label Studio's exports, JSON and JSON-MIN: tasks with one choice a picture. A task that was not annotated, was skipped,
// has several choices or annotators who disagree is counted and left out, since its class is not known.

import FoveaTensorCore
import Foundation

/// Tasks of Label Studio.
struct LabelStudio {
    private(set) var pictures: [NamedPicture] = []
    private(set) var notes: [String] = []

    private struct Task: Decodable {
        var id: JSONScalar?
        var data: [String: JSONScalar]?
        var annotations: [Annotation]?
        var completions: [Annotation]?  // the name before version 1.0
    }

    private struct Annotation: Decodable {
        var result: [Result]?
        var wasCancelled: Bool?
        var groundTruth: Bool?

        enum CodingKeys: String, CodingKey {
            case result
            case wasCancelled = "was_cancelled"
            case groundTruth = "ground_truth"
        }
    }

    private struct Result: Decodable {
        var type: String?
        var value: Value?
    }

    private struct Value: Decodable {
        var choices: [String]?
    }

    /// JSON-MIN: the data's keys, and one for each control.
    private struct FlatTask: Decodable {
        var values: [String: JSONScalar] = [:]
        var choices: [String: [String]] = [:]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: AnyKey.self)
            for key in container.allKeys {
                if let choice = try? container.decode(Value.self, forKey: key).choices {
                    choices[key.stringValue] = choice
                } else {
                    values[key.stringValue] = try container.decode(JSONScalar.self, forKey: key)
                }
            }
        }
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Reads an export. Throws a `Failure` of kind `.data` if it is none.
    init(_ bytes: [UInt8], path: String, _ options: LabelOptions) throws {
        var (skipped, several, disagreeing) = (0, 0, 0)
        let decoder = JSONDecoder()
        if let tasks = try? decoder.decode([Task].self, from: Data(bytes)), tasks.contains(where: { $0.data != nil }) {
            for (index, task) in tasks.enumerated() {
                let place = "task \(task.id?.text ?? String(index + 1))"
                guard let picture = Self.picture(task.data ?? [:], options) else {
                    throw Failure(.data, "\(path), \(place): its data names no picture", advice: Self.columnAdvice)
                }
                let done = (task.annotations ?? task.completions ?? []).filter { $0.wasCancelled != true }
                let trusted = done.filter { $0.groundTruth == true }
                let answers = Set((trusted.isEmpty ? done : trusted).map(Self.choices))
                let label: String?
                switch (answers.count, answers.first) {
                case (1, let choices?) where choices.count == 1: label = choices[0]
                case (1, let choices?) where choices.count > 1: (label, several) = (nil, several + 1)
                case (0, _), (1, _): (label, skipped) = (nil, skipped + 1)
                default: (label, disagreeing) = (nil, disagreeing + 1)
                }
                if let label { pictures.append(NamedPicture(place: picture, where: place, label: label)) }
            }
        } else if let tasks = try? decoder.decode([FlatTask].self, from: Data(bytes)) {
            for (index, task) in tasks.enumerated() {
                let place = "task \(task.values["id"]?.text ?? String(index + 1))"
                guard let picture = Self.picture(task.values, options) else {
                    throw Failure(.data, "\(path), \(place): it names no picture", advice: Self.columnAdvice)
                }
                let choices = Self.choices(task.choices, options)
                let label = choices == nil ? Self.flatChoice(task.values, options) : choices?.first
                if let choices, choices.count > 1 {
                    several += 1
                } else if let label {
                    pictures.append(NamedPicture(place: picture, where: place, label: label))
                } else {
                    skipped += 1
                }
            }
        } else {
            throw Failure(
                .data, "\(path): a JSON list, but not of Label Studio's tasks",
                advice: "Export as JSON or JSON-MIN; a manifest of your own is CSV or JSON Lines.")
        }
        if skipped > 0 { notes.append("Left out: \(counted(skipped, "task")) without a choice.") }
        if several > 0 { notes.append("Left out: \(counted(several, "task")) with several choices.") }
        if disagreeing > 0 { notes.append("Left out: \(counted(disagreeing, "task")) on which annotators disagree.") }
    }

    private static let columnAdvice = "Say which key holds the picture: --path-column NAME"

    private static func choices(_ annotation: Annotation) -> [String] {
        (annotation.result ?? []).flatMap { $0.value?.choices ?? [] }
    }

    /// The choices of a JSON-MIN task: of the control that was said, else of the first by name.
    private static func choices(_ controls: [String: [String]], _ options: LabelOptions) -> [String]? {
        options.labelColumn.flatMap { controls[$0] } ?? controls.min { $0.key < $1.key }?.value
    }

    /// The choice of a JSON-MIN task with one: under the control's name, by default `choice`.
    private static func flatChoice(_ values: [String: JSONScalar], _ options: LabelOptions) -> String? {
        for key in [options.labelColumn, "choice", "label", "class", "sentiment"].compactMap({ $0 }) {
            if let text = values[key]?.text, !text.isEmpty { return text }
        }
        return nil
    }

    /// What the task's data calls its picture, as a path or an address.
    private static func picture(_ data: [String: JSONScalar], _ options: LabelOptions) -> String? {
        let keys = [options.pathColumn, "image", "img", "picture", "url", "image_url"].compactMap { $0 }
        let named = keys.lazy.compactMap { data[$0]?.text }.first
        let other = data.sorted { $0.key < $1.key }.lazy.compactMap(\.value.text).first { isPictureName($0) }
        return (named ?? other).map(local)
    }

    /// The paths of Label Studio's own storage as paths below a folder.
    private static func local(_ place: String) -> String {
        if let range = place.range(of: "/data/local-files/?d=") {
            let rest = String(place[range.upperBound...])
            return rest.removingPercentEncoding ?? rest
        }
        for prefix in ["/data/upload/", "/data/"] where place.hasPrefix(prefix) {
            let rest = String(place.dropFirst(prefix.count))
            return rest.removingPercentEncoding ?? rest
        }
        return place
    }

    /// The listing of its pictures, which lie below the export's folder or the one that was said.
    func listing(_ path: String, _ options: CollectingOptions) throws -> Listing {
        let base = options.labels.pictureFolder ?? folder(of: path)
        var named = NamedPictures(root: path, pictures: pictures, notes: notes)
        named.folders = [base, base + "/images", base + "/upload"]
        named.looksByName = true
        return try named.listing(options)
    }
}
