// preprocessor_config.json beside weights, as transformers writes it: how pictures are resized, cut and normalised. Reads what
// it can follow to the pixel; of the rest it says so and gives nothing.
// Keys: transformers' image processors of ConvNeXt, ViT, MobileNet and kin.

import FoveaModeling
import FoveaPreprocessing
import FoveaTensorCore
import Foundation

/// What a preprocessor_config.json says.
package struct PreprocessorFile {
    /// Its usual name.
    package static let name = "preprocessor_config.json"
    private let members: [String: JSONValue]
    private let file: String

    private static let byteLimit = 1 << 20

    /// Reads a file. Throws a `Failure` of kind `.model` if it is damaged.
    init(path: String) throws {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let size = (try? FileManager.default.attributesOfItem(atPath: target)[.size] as? Int) ?? Self.byteLimit
        guard size < Self.byteLimit, let data = FileManager.default.contents(atPath: path) else {
            throw Failure(.model, "\(path): cannot be read, or is too long for a configuration")
        }
        try self.init(json: data, file: path)
    }

    init(json: Data, file: String) throws {
        let value: JSONValue
        do {
            value = try json.withUnsafeBytes { bytes throws(StrictJSON.Problem) in try StrictJSON.parse(bytes) }
        } catch let error as StrictJSON.Problem {
            throw Failure(
                .model, "\(file): is damaged at byte \(error.offset): \(error.reason)",
                advice: "Download it again, or take it away.")
        }
        guard let members = value.object else { throw Failure(.model, "\(file): is no JSON object") }
        (self.members, self.file) = (members, file)
    }

    /// Pillow's numbers of filters.
    private static let kernels: [Int: Interpolation] = [0: .nearest, 1: .lanczos, 2: .bilinear, 3: .bicubic]

    /// How a picture is prepared for this network, or why it cannot be said.
    func preprocessing(for network: ModelConfiguration) -> (value: Preprocessing?, note: String?) {
        func refused(_ reason: String) -> (Preprocessing?, String?) {
            (nil, "\(file): \(reason); what is usual for the network is taken")
        }
        guard flag("do_resize"), flag("do_normalize"), flag("do_rescale") else {
            return refused("leaves out resizing, rescaling or normalising")
        }
        if let factor = members["rescale_factor"]?.float, (factor * 255 - 1).magnitude > 1e-3 {
            return refused("the rescale factor is \(factor), not 1/255")
        }
        guard let filter = Self.kernels[members["resample"]?.integer ?? 2] else {
            return refused("the filter \(members["resample"]?.integer ?? -1) is not known")
        }
        guard let geometry else { return refused("the size is said in a way that is not known") }
        guard let mean = numbers("image_mean", network), var deviation = numbers("image_std", network),
            deviation.allSatisfy({ $0 > 0 })
        else { return refused("mean and deviation are missing") }
        if case .bool(true) = members["rescale_offset"] { return refused("the values are shifted by rescale_offset") }
        // EfficientNet's processor divides by the deviation once more where the network has a classifier.
        if case .bool(true) = members["include_top"] { deviation = deviation.map { $0 * $0 } }
        return (
            Preprocessing(
                height: geometry.side, width: geometry.side, channels: network.channels, resize: geometry.mode,
                cropFraction: geometry.crop, interpolation: filter, mean: mean, deviation: deviation), nil
        )
    }

    private func flag(_ key: String) -> Bool {
        if case .bool(let value) = members[key] { value } else { true }
    }

    /// The side that the network sees, how pictures come to it, and the part of the shorter side that is kept.
    private var geometry: (side: Int, mode: ResizeMode, crop: Double)? {
        let size = members["size"]
        let cut = flag("do_center_crop") ? side(members["crop_size"]) : nil
        let shortest = size?.object?["shortest_edge"]?.integer ?? size?.integer
        if let shortest {
            // ConvNeXt's: below 384 px the shorter side becomes size / crop_pct, from there on everything is squeezed.
            if case .number(let part) = members["crop_pct"], part > 0.1, part <= 1 {
                guard shortest < 384 else { return (shortest, .squash, 1) }
                return (shortest, .crop, Preprocessing.cropFraction(timm: part, size: shortest))
            }
            guard let cut, cut <= shortest else { return nil }
            return (cut, .crop, Double(cut) / Double(shortest))
        }
        guard let whole = side(size) else { return nil }
        // Squeezed to a square first; a smaller cut out of it has no counterpart here.
        return cut.map { $0 == whole } ?? true ? (whole, .squash, 1) : nil
    }

    /// A square: one number, or equal height and width.
    private func side(_ value: JSONValue?) -> Int? {
        let number =
            value?.integer
            ?? value?.object.flatMap { members in
                members["height"]?.integer == members["width"]?.integer ? members["height"]?.integer : nil
            }
        return number.flatMap { (1...8192).contains($0) ? $0 : nil }
    }

    private func numbers(_ key: String, _ network: ModelConfiguration) -> [Float]? {
        guard case .array(let values) = members[key] else { return nil }
        let numbers = values.compactMap(\.float)
        if numbers.count == network.channels { return numbers }
        guard !numbers.isEmpty else { return nil }
        return [Float](repeating: numbers.reduce(0, +) / Float(numbers.count), count: network.channels)
    }
}
