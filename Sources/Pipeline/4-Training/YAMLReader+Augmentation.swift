// The augmentation of a configuration file: a preset's name, or a map of steps. Which steps and parameters there are, and
// their limits, is told by the tables of FoveaPreprocessing.

import FoveaPreprocessing
import FoveaTensorCore
import Yams

extension YAMLValue {
    /// A preset's name; or a map of steps, which says all unless it names a `preset` that it changes.
    func augmentation() throws -> (Augmentation?, TrainingOverrides.PresetChoice?) {
        if isNone { return (Augmentation.none, nil) }
        if node.scalar != nil { return (nil, TrainingOverrides.PresetChoice(try choice(AugmentationPreset.self))) }
        var augmentation = Augmentation.none
        var preset: AugmentationPreset?
        var keys: [Augmentation.CodingKeys] = []
        let known = Augmentation.CodingKeys.allCases.map(\.rawValue)
        for (name, node) in try reader.members(node, of: key, known: ["preset"] + known) {
            let value = member(name, node)
            guard let key = Augmentation.CodingKeys(rawValue: name) else {
                preset = try value.choice(AugmentationPreset.self)
                continue
            }
            keys.append(key)
            switch key.field {
            case .crop: augmentation.crop = try value.crop()
            case .fill: augmentation.fill = try value.choice(WarpFill.self)
            case .flag(let path): augmentation[keyPath: path] = try value.bool()
            case .step(let field): try value.read(field, into: &augmentation)
            }
        }
        guard let preset else { return (augmentation, nil) }
        return (nil, TrainingOverrides.PresetChoice(preset, changes: augmentation, keys: keys))
    }

    private func read<Field: AugmentationStepField>(_ field: Field, into augmentation: inout Augmentation) throws {
        augmentation[keyPath: field.path] = isNone ? nil : try step(Field.Step.self)
    }

    /// A map of a step's parameters; those that are missing have their usual value.
    private func step<Step: AugmentationStep>(_: Step.Type) throws -> Step {
        var step = Step()
        for (name, node) in try reader.members(node, of: key, known: Step.parameters.map(\.key)) {
            guard let parameter = Step.parameters.first(where: { $0.key == name }) else { continue }
            let value = member(name, node)
            switch parameter {
            case .number(_, let path, let limits):
                step[keyPath: path] = Float(
                    try value.number(String(parameter.allowed.dropFirst("a number ".count))) {
                        limits.contains(Float($0))
                    })
            case .whole(_, let path, let limits): step[keyPath: path] = try value.whole(limits)
            case .range(_, let path, let limits):
                step[keyPath: path] = try value.range(within: limits, parameter.allowed)
            }
        }
        return step
    }

    private func range(within limits: ClosedRange<Float>, _ wanted: String) throws -> ClosedRange<Float> {
        guard let nodes = node.sequence, nodes.count == 2 else { throw wrong("a list of \(wanted)") }
        let ends = try nodes.enumerated().map { index, node in
            Float(try member(String(index), node).number("of \(wanted)") { limits.contains(Float($0)) })
        }
        guard ends[0] <= ends[1] else { throw wrong("a list of \(wanted)") }
        return ends[0]...ends[1]
    }

    private func member(_ name: String, _ node: Node) -> YAMLValue {
        YAMLValue(key: "\(key).\(name)", node: node, reader: reader)
    }

    /// `none`, `padded: {pixels: 4}`, or `resized: {scale: [0.35, 1], ratio: [0.75, 1.3333]}`.
    private func crop() throws -> RandomCrop {
        if isNone { return .none }
        let kinds = try reader.members(node, of: key, known: ["none", "padded", "resized"])
        guard kinds.count == 1, let (kind, node) = kinds.first else {
            throw wrong("none, or a map of one of none, padded, resized")
        }
        let value = member(kind, node)
        switch kind {
        case "padded":
            guard let (name, node) = try reader.members(node, of: value.key, known: ["pixels"]).first else {
                throw value.wrong("a map of pixels")
            }
            return .padded(pixels: try value.member(name, node).whole(0...1024))
        case "resized":
            var scale: ClosedRange<Float> = 0.08...1
            var ratio: ClosedRange<Float> = 3 / 4...4 / 3
            for (name, node) in try reader.members(node, of: value.key, known: ["scale", "ratio"]) {
                let range = try value.member(name, node).range(upTo: name == "scale" ? 1 : 100)
                if name == "scale" { scale = range } else { ratio = range }
            }
            return .resized(scale: scale, ratio: ratio)
        default: return .none
        }
    }

    /// A list of two numbers above 0 in order.
    private func range(upTo limit: Double) throws -> ClosedRange<Float> {
        let wanted = "a list of two numbers in order, above 0 and at most \(limit)"
        guard let nodes = node.sequence, nodes.count == 2 else { throw wrong(wanted) }
        let ends = try nodes.enumerated().map { index, node in
            Float(try member(String(index), node).number("above 0 and at most \(limit)") { $0 > 0 && $0 <= limit })
        }
        guard ends[0] <= ends[1] else { throw wrong(wanted) }
        return ends[0]...ends[1]
    }
}
