// The part of a training configuration that a person set, in a file or by flags: it lies over the defaults. Reading is
// strict: an unknown key, a wrong type or a number out of range is an error with its line, never ignored.

import FoveaPreprocessing
import FoveaTensorCore
import Foundation
import Yams

/// A training configuration in which everything may be missing.
package struct TrainingOverrides: Sendable, Equatable {
    package var model: String?
    /// Whether no trained weights are to be started from.
    package var fromScratch: Bool?
    package var size: Int?
    package var epochs: Int?
    package var batchSize: Int?
    package var learningRate: Float?
    package var optimizer: TrainingConfiguration.OptimizerName?
    package var momentum: Float?
    package var nesterov: Bool?
    package var beta1: Float?
    package var beta2: Float?
    package var epsilon: Float?
    package var weightDecay: Float?
    package var labelSmoothing: Float?
    package var schedule: TrainingConfiguration.ScheduleName?
    package var warmupEpochs: Double?
    package var stepEpochs: Int?
    package var stepFactor: Float?
    /// `.some(nil)`: never stop early, whatever the default.
    package var patience: Int??
    package var seed: UInt64?
    /// `.some(nil)`: one a core.
    package var threads: Int??
    package var precision: PrecisionChoice?
    package var savesMemory: Bool?
    package var fineTuning: FineTuning?
    package var freeze: [String]?
    package var norms: TrainingConfiguration.NormStatistics?
    package var layerDecay: Float?
    /// The whole augmentation; not together with `preset`.
    package var augmentation: Augmentation?
    /// A named augmentation, whose meaning depends on the pictures, and what is changed in it.
    package var preset: PresetChoice?
    /// Whether pictures are mirrored, whatever the augmentation says.
    package var mirrors: Bool?

    package init() {}

    /// A preset with some of its keys set anew.
    package struct PresetChoice: Sendable, Equatable {
        package var name: AugmentationPreset
        /// Holds the values of `keys`.
        package var changes: Augmentation
        package var keys: [Augmentation.CodingKeys]

        package init(_ name: AugmentationPreset, changes: Augmentation = .none, keys: [Augmentation.CodingKeys] = []) {
            self.name = name
            self.changes = changes
            self.keys = keys
        }

        /// The augmentation for these pictures.
        package func augmentation(for pictures: AugmentedPictures) -> Augmentation {
            var result = name.augmentation(for: pictures)
            for key in keys { result.take(key, from: changes) }
            return result
        }
    }

    /// The defaults with everything that is set here put in.
    package func applied(to defaults: TrainingConfiguration) -> TrainingConfiguration {
        var result = defaults
        func put<Value>(_ value: Value?, _ path: WritableKeyPath<TrainingConfiguration, Value>) {
            if let value { result[keyPath: path] = value }
        }
        put(model, \.model)
        put(size, \.size)
        put(epochs, \.epochs)
        put(batchSize, \.batchSize)
        put(learningRate, \.learningRate)
        put(optimizer, \.optimizer)
        put(momentum, \.momentum)
        put(nesterov, \.nesterov)
        put(beta1, \.beta1)
        put(beta2, \.beta2)
        put(epsilon, \.epsilon)
        put(weightDecay, \.weightDecay)
        put(labelSmoothing, \.labelSmoothing)
        put(schedule, \.schedule)
        put(warmupEpochs, \.warmupEpochs)
        put(stepEpochs, \.stepEpochs)
        put(stepFactor, \.stepFactor)
        put(patience, \.patience)
        put(seed, \.seed)
        put(threads, \.threads)
        put(precision?.named, \.precision)
        put(savesMemory, \.savesMemory)
        // Not through `put`: nothing said would then be said to be nothing.
        if let fineTuning { result.fineTuning = fineTuning }
        put(freeze, \.freeze)
        put(norms, \.norms)
        put(layerDecay, \.layerDecay)
        put(augmentation, \.augmentation)
        if let mirrors { result.augmentation.flip = mirrors }
        return result
    }
}

extension TrainingOverrides {
    /// The largest configuration file that is read, in bytes.
    package static let byteLimit = 1_000_000

    /// Reads a configuration file. Throws a `Failure` of kind `.usage` that names file, line and key.
    package init(file path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(.usage, "\(path): cannot be read", advice: "Is the name right, and may you read it?")
        }
        guard data.count <= Self.byteLimit, let text = String(data: data, encoding: .utf8) else {
            throw Failure(
                .usage, "\(path): is no configuration file",
                advice: "It must be YAML in UTF-8 of at most \(Self.byteLimit / 1_000_000) MB.")
        }
        try self.init(yaml: text, file: path)
    }

    /// Reads YAML (or JSON, which is YAML): a map from keys to values. An empty text sets nothing.
    package init(yaml: String, file: String) throws {
        self.init()
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch {
            throw Failure(.usage, "\(file): is no YAML: \(error)", advice: "Write one `key: value` a line.")
        }
        guard let root, !(root.scalar?.string.isEmpty ?? false) else { return }
        let reader = YAMLReader(file: file)
        for (key, value) in try reader.members(root, of: "the configuration", known: Self.keys) {
            try set(key, to: value, reader)
        }
    }

    static let keys = TrainingConfiguration.CodingKeys.allCases.map(\.rawValue) + [fromScratchKey]

    /// No part of a configuration: it decides where the first weights come from, which the weights say themselves.
    private static let fromScratchKey = "from-scratch"

    private mutating func set(_ name: String, to node: Node, _ reader: YAMLReader) throws {
        let value = YAMLValue(key: name, node: node, reader: reader)
        switch TrainingConfiguration.CodingKeys(rawValue: name) {
        case .model: model = try value.text()
        case .size: size = try value.whole(1...8192)
        case .epochs: epochs = try value.whole(1...1_000_000)
        case .batchSize: batchSize = try value.whole(1...1_000_000)
        case .learningRate: learningRate = Float(try value.number("above 0 and at most 1000") { $0 > 0 && $0 <= 1000 })
        case .optimizer: optimizer = try value.choice(TrainingConfiguration.OptimizerName.self)
        case .momentum: momentum = Float(try value.number("from 0 to below 1") { $0 >= 0 && $0 < 1 })
        case .nesterov: nesterov = try value.bool()
        case .beta1: beta1 = Float(try value.number("from 0 to 0.9999") { $0 >= 0 && $0 <= 0.9999 })
        case .beta2: beta2 = Float(try value.number("from 0 to 0.999999") { $0 >= 0 && $0 <= 0.999999 })
        case .epsilon: epsilon = Float(try value.number("above 0 and at most 1") { $0 >= 1e-30 && $0 <= 1 })
        case .weightDecay: weightDecay = Float(try value.number("from 0 to 1") { $0 >= 0 && $0 <= 1 })
        case .labelSmoothing: labelSmoothing = Float(try value.number("from 0 to below 1") { $0 >= 0 && $0 < 1 })
        case .schedule: schedule = try value.choice(TrainingConfiguration.ScheduleName.self)
        case .warmupEpochs: warmupEpochs = try value.number("from 0 to 1000000") { $0 >= 0 && $0 <= 1e6 }
        case .stepEpochs: stepEpochs = try value.whole(1...1_000_000)
        case .stepFactor: stepFactor = Float(try value.number("above 0 and at most 1") { $0 > 0 && $0 <= 1 })
        case .patience: patience = .some(value.isNone ? nil : try value.whole(1...1_000_000, orNone: true))
        case .seed: seed = UInt64(try value.whole(0...Int.max))
        case .threads: threads = .some(value.isNone ? nil : try value.whole(1...4096, orNone: true))
        case .precision: precision = try value.choice(PrecisionChoice.self)
        case .savesMemory: savesMemory = try value.bool()
        case .fineTuning: fineTuning = value.isNone ? nil : try value.choice(FineTuning.self)
        case .freeze: freeze = try value.words()
        case .norms: norms = try value.choice(TrainingConfiguration.NormStatistics.self)
        case .layerDecay: layerDecay = Float(try value.number("above 0 and at most 1") { $0 > 0 && $0 <= 1 })
        case .augmentation: (augmentation, preset) = try value.augmentation()
        case nil where name == Self.fromScratchKey: fromScratch = try value.bool()
        case nil: preconditionFailure("\(name) was checked to be a key")
        }
    }
}
