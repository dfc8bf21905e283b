// What the steps of an augmentation share: each is a small struct with a table of its parameters. Reading, writing,
// checking and the documentation all follow the table, so that a step is described once.

import FoveaTensorCore

/// One parameter of a step: its key, where it is kept, and what it may be.
package enum AugmentationParameter<Step> {
    case number(String, WritableKeyPath<Step, Float>, ClosedRange<Float>)
    case whole(String, WritableKeyPath<Step, Int>, ClosedRange<Int>)
    /// A lower and an upper end, both within the limits.
    case range(String, WritableKeyPath<Step, ClosedRange<Float>>, ClosedRange<Float>)

    /// Its key in recipes and configuration files.
    package var key: String {
        switch self {
        case .number(let key, _, _), .whole(let key, _, _), .range(let key, _, _): key
        }
    }

    /// What it may be, in words.
    package var allowed: String {
        switch self {
        case .number(_, _, let limits): "a number from \(spelled(limits.lowerBound)) to \(spelled(limits.upperBound))"
        case .whole(_, _, let limits): "a whole number from \(limits.lowerBound) to \(limits.upperBound)"
        case .range(_, _, let limits):
            "two numbers in order, from \(spelled(limits.lowerBound)) to \(spelled(limits.upperBound))"
        }
    }

    /// What is wrong with its value in `step`, or nil.
    func trouble(in step: Step) -> String? {
        switch self {
        case .number(_, let path, let limits) where !limits.contains(step[keyPath: path]):
            "\(key) is \(step[keyPath: path]), it must be \(allowed)"
        case .whole(_, let path, let limits) where !limits.contains(step[keyPath: path]):
            "\(key) is \(step[keyPath: path]), it must be \(allowed)"
        case .range(_, let path, let limits)
        where !(limits.contains(step[keyPath: path].lowerBound) && limits.contains(step[keyPath: path].upperBound)):
            "\(key) is \(step[keyPath: path]), it must be \(allowed)"
        default: nil
        }
    }

    /// Its value in `step`, in words.
    package func shown(in step: Step) -> String {
        switch self {
        case .number(_, let path, _): spelled(step[keyPath: path])
        case .whole(_, let path, _): String(step[keyPath: path])
        case .range(_, let path, _):
            "\(spelled(step[keyPath: path].lowerBound)) to \(spelled(step[keyPath: path].upperBound))"
        }
    }
}

/// A number without a needless fraction.
private func spelled(_ number: Float) -> String {
    number == number.rounded() && abs(number) < 1e6 ? String(Int(number)) : String(number)
}

/// One step of an augmentation.
package protocol AugmentationStep: Codable, Sendable, Equatable {
    /// The usual parameters.
    init()
    /// Everything that can be set.
    static var parameters: [AugmentationParameter<Self>] { get }
}

/// A key of any name.
struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension AugmentationStep {
    package init(from decoder: any Decoder) throws {
        self.init()
        let values = try decoder.container(keyedBy: AnyKey.self)
        for parameter in Self.parameters {
            let key = AnyKey(stringValue: parameter.key)
            switch parameter {
            case .number(_, let path, _):
                if let value = try values.decodeIfPresent(Float.self, forKey: key) { self[keyPath: path] = value }
            case .whole(_, let path, _):
                if let value = try values.decodeIfPresent(Int.self, forKey: key) { self[keyPath: path] = value }
            case .range(_, let path, _):
                if let value = try values.decodeIfPresent(ClosedRange<Float>.self, forKey: key) {
                    self[keyPath: path] = value
                }
            }
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: AnyKey.self)
        for parameter in Self.parameters {
            let key = AnyKey(stringValue: parameter.key)
            switch parameter {
            case .number(_, let path, _): try values.encode(self[keyPath: path], forKey: key)
            case .whole(_, let path, _): try values.encode(self[keyPath: path], forKey: key)
            case .range(_, let path, _): try values.encode(self[keyPath: path], forKey: key)
            }
        }
    }

    /// Throws a `Failure` that names what cannot be.
    func check(_ name: String) throws {
        let wrong = Self.parameters.compactMap { $0.trouble(in: self) }
        guard wrong.isEmpty else { throw Failure(.usage, "augmentation: \(name): " + wrong.joined(separator: "; ")) }
    }
}

extension Augmentation {
    /// Throws a `Failure` that names what cannot be.
    package func check() throws {
        switch crop {
        case .none: break
        case .padded(let pixels):
            if !(0...65_536).contains(pixels) {
                throw Failure(.usage, "augmentation: a border of \(pixels) pixels, it must be 0 to 65536")
            }
        case .resized(let scale, let ratio):
            if !(scale.lowerBound > 0 && scale.upperBound <= 1) {
                throw Failure(.usage, "augmentation: scale \(scale), it must lie above 0 and at most 1")
            }
            if !(ratio.lowerBound > 0 && ratio.upperBound.isFinite) {
                throw Failure(.usage, "augmentation: ratio \(ratio), it must be positive")
            }
        }
        for key in CodingKeys.allCases {
            if case .step(let field) = key.field { try check(field, key.rawValue) }
        }
        if trivialAugment != nil && randAugment != nil {
            throw Failure(.usage, "augmentation: trivial-augment and rand-augment are both there", advice: "Keep one.")
        }
    }

    private func check<Field: AugmentationStepField>(_ field: Field, _ name: String) throws {
        try self[keyPath: field.path]?.check(name)
    }

    /// What is done, in words: `flip`, `rotation (degrees 10, probability 1)`. For people to read.
    package var summary: [String] {
        var parts: [String] = []
        switch crop {
        case .none: break
        case .padded(let pixels): parts.append("moved by up to \(pixels) px")
        case .resized(let scale, _): parts.append("random parts of \(Int(scale.lowerBound * 100)) to 100 % of the area")
        }
        if flip { parts.append("mirrored at random") }
        if verticalFlip { parts.append("upside down at random") }
        for key in CodingKeys.allCases {
            if case .step(let field) = key.field, let text = described(field) {
                parts.append(text.isEmpty ? key.rawValue : "\(key.rawValue) (\(text))")
            }
        }
        return parts
    }

    private func described<Field: AugmentationStepField>(_ field: Field) -> String? {
        self[keyPath: field.path].map { step in
            Field.Step.parameters.map { "\($0.key) \($0.shown(in: step))" }.joined(separator: ", ")
        }
    }
}
