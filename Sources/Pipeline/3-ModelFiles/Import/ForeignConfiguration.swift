// config.json beside other people's weights, as timm and transformers write it: the network's name, the classes, and how
// pictures are prepared. Reads what it knows and says what it cannot follow; a missing field has timm's default.

import FoveaModeling
import FoveaPreprocessing
import FoveaTensorCore
import Foundation

/// What a config.json says.
package struct ForeignConfiguration: Sendable {
    /// timm's name of the network, such as `resnet18`; of transformers, the kind of model.
    package let architecture: String?
    /// The side of the pictures.
    package let size: Int?
    /// The licence of the weights.
    package let licence: String?
    /// Class names in order, each once.
    package let classNames: [String]?
    /// What could not be followed.
    package private(set) var notes: [String] = []
    private let pictures: [String: JSONValue]?

    /// Longer files are no configuration.
    private static let byteLimit = 16 << 20

    /// Reads a file. Throws a `Failure` of kind `.model`.
    package init(path: String) throws {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard (attributes?[.size] as? Int ?? Self.byteLimit) < Self.byteLimit,
            let data = FileManager.default.contents(atPath: path)
        else { throw Failure(.model, "\(path): cannot be read, or is too long for a configuration") }
        try self.init(json: data, file: path)
    }

    /// Reads JSON. `file` is what messages call it.
    package init(json: Data, file: String) throws {
        let value: JSONValue
        do {
            value = try json.withUnsafeBytes { bytes throws(StrictJSON.Problem) in try StrictJSON.parse(bytes) }
        } catch let error as StrictJSON.Problem {
            throw Failure(
                .model, "\(file): is damaged at byte \(error.offset): \(error.reason)",
                advice: "Download it again, or take it away: the weights alone say which network they are.")
        }
        guard case .object(let members) = value else { throw Failure(.model, "\(file): is no JSON object") }
        // Older files of timm have everything on one level.
        let own = members["pretrained_cfg"]?.object
        let isTimm = own != nil || (members["architecture"] != nil && members["mean"] != nil)
        pictures = own ?? (isTimm ? members : nil)
        architecture = members["architecture"]?.string ?? own?["architecture"]?.string ?? members["model_type"]?.string
        if let family = members["model_type"]?.string.flatMap(TransformersNames.init(rawValue:)) {
            try family.check(members, file: file)
        }
        size = Self.size(pictures)?.0
        licence = pictures?["license"]?.string ?? members["license"]?.string
        classNames = Self.names(members)
        if let mode = pictures?["crop_mode"]?.string, !["center", "squash", "border"].contains(mode) {
            notes.append("\(file): the crop mode \(mode.printable) is not known; the centre is cut out")
        }
        if let kernel = pictures?["interpolation"]?.string, Self.kernels[kernel] == nil {
            notes.append("\(file): the interpolation \(kernel.printable) is not known; bicubic is taken")
        }
    }

    private static let kernels: [String: Interpolation] = [
        "nearest": .nearest, "bilinear": .bilinear, "bicubic": .bicubic, "lanczos": .lanczos, "random": .bilinear,
    ]

    /// How a picture is prepared for this network; nil if the file does not say.
    package func preprocessing(for network: ModelConfiguration) -> Preprocessing? {
        guard let pictures else { return nil }
        let (height, width) = Self.size(pictures) ?? (network.height, network.width)
        func numbers(_ key: String, _ usual: [Float]) -> [Float] {
            guard case .array(let values) = pictures[key] else { return usual }
            let numbers = values.compactMap(\.float)
            if numbers.count == network.channels { return numbers }
            let mean = numbers.isEmpty ? usual.reduce(0, +) / 3 : numbers.reduce(0, +) / Float(numbers.count)
            return [Float](repeating: mean, count: network.channels)
        }
        let percentage = pictures["crop_pct"]?.float.map(Double.init) ?? 0.875
        let mode = pictures["crop_mode"]?.string ?? "center"
        let deviation = numbers("std", [0.229, 0.224, 0.225])
        guard percentage > 0.1, percentage <= 1, deviation.allSatisfy({ $0 > 0 }) else { return nil }
        return Preprocessing(
            height: height, width: width, channels: network.channels,
            resize: mode == "squash" ? .squash : mode == "border" ? .pad : .crop,
            cropFraction: Preprocessing.cropFraction(timm: percentage, size: height),
            interpolation: pictures["interpolation"]?.string.flatMap { Self.kernels[$0] } ?? .bicubic,
            mean: numbers("mean", [0.485, 0.456, 0.406]), deviation: deviation)
    }

    private static func size(_ pictures: [String: JSONValue]?) -> (Int, Int)? {
        guard case .array(let extents) = pictures?["input_size"], extents.count == 3,
            let height = extents[1].integer, let width = extents[2].integer, (1...8192).contains(height),
            (1...8192).contains(width)
        else { return nil }
        return (height, width)
    }

    /// timm's `label_names` (a list, or a map from indices), with `label_descriptions` for people where there are any;
    /// transformers' `id2label`.
    private static func names(_ members: [String: JSONValue]) -> [String]? {
        let descriptions = members["label_descriptions"]?.object ?? [:]
        func texts(_ value: JSONValue?) -> [String]? {
            switch value {
            case .array(let values): return values.map { $0.string ?? "" }
            case .object(let map):
                let indexed = map.compactMap { key, value in Int(key).map { ($0, value.string ?? "") } }
                let sorted = indexed.sorted { $0.0 < $1.0 }
                guard sorted.map(\.0) == Array(0..<map.count) else { return nil }
                return sorted.map(\.1)
            default: return nil
            }
        }
        guard let names = texts(members["label_names"]) ?? texts(members["labels"]) ?? texts(members["id2label"]),
            !names.isEmpty
        else { return nil }
        return ClassNames.unique(names.map { descriptions[$0]?.string ?? $0 })
    }
}

extension JSONValue {
    var object: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }
    var string: String? { if case .string(let text) = self { text } else { nil } }
    var integer: Int? { if case .integer(let number) = self { number } else { nil } }
    var float: Float? {
        switch self {
        case .integer(let number): Float(number)
        case .number(let number): Float(number)
        default: nil
        }
    }
}
