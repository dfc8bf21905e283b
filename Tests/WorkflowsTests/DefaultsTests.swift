// What is chosen for which pictures, and that the reasons say so.

import FoveaCollecting
import FoveaPictures
import FoveaPreprocessing
import FoveaTensorCore
import FoveaTestSupport
import FoveaTraining
import FoveaWorkflows
import Testing

/// Pictures in memory, all of one size.
private struct Made: Source {
    let count: Int
    let width: Int
    let height: Int
    let channels: Int
    var shade: UInt8?
    var isBroken = false

    var entries: [Entry] { (0..<count).map { Entry(name: "picture \($0)", label: $0 % 2) } }

    func content(at index: Int) throws -> PictureContent {
        if isBroken { throw Failure(.data, "broken on purpose") }
        let count = width * height * channels
        return .raw(
            Picture(
                width: width, height: height, channels: channels,
                pixels: (0..<count).map { shade ?? UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }))
    }
}

private func choose(
    _ source: Made, name: String = "pictures", classes: [String] = ["cat", "dog"],
    _ set: TrainingOverrides = TrainingOverrides(), fastest: Precision = .f32
) throws -> Defaults {
    try Defaults.choose(
        DataSet(name: name, classes: classes, splits: [.training: source], notes: []), set, fastest: fastest)
}

@Suite struct DefaultsTests {
    @Test func `little gray pictures get a small network of their own size and one channel`() throws {
        let chosen = try choose(Made(count: 5000, width: 28, height: 28, channels: 1))
        #expect(chosen.configuration.model == "smallcnn" && chosen.configuration.size == 28)
        #expect(chosen.configuration.batchSize == 128 && chosen.configuration.schedule == .oneCycle)
        #expect(chosen.preprocessing.channels == 1 && chosen.preprocessing.cropFraction == 1)
        #expect(chosen.preprocessing.mean.count == 1)
        #expect(chosen.configuration.augmentation == Augmentation(crop: .none, flip: true))
        #expect(chosen.reasons.contains { $0.hasPrefix("channels 1: no picture has colour") })
        #expect(chosen.reasons.contains { $0.hasPrefix("size 28: the pictures' own") })
    }

    @Test(arguments: [("mnist", true), ("MNIST", true), ("kmnist", true), ("fashion-mnist", false), ("flowers", false)])
    func `digits are not mirrored`(name: String, isDigits: Bool) throws {
        let chosen = try choose(Made(count: 600, width: 28, height: 28, channels: 1), name: name)
        #expect(chosen.configuration.augmentation.flip == !isDigits)
        #expect(chosen.reasons.contains { $0.hasPrefix("no mirroring: the classes are digits") } == isDigits)
    }

    @Test func `classes of one character are digits or letters whatever the name`() throws {
        let chosen = try choose(Made(count: 600, width: 32, height: 32, channels: 3), classes: ["0", "1"])
        #expect(!chosen.configuration.augmentation.flip)
    }

    @Test func `photographs get a residual network, random crops and a rate that fits their batch`() throws {
        let chosen = try choose(Made(count: 600, width: 160, height: 120, channels: 3))
        let configuration = chosen.configuration
        #expect(configuration.model == "resnet18" && configuration.size == 128 && configuration.batchSize == 32)
        #expect(configuration.learningRate == 0.1 * 32 / 128)
        #expect(configuration.augmentation.crop == .resized(scale: 0.35...1, ratio: 3 / 4...4 / 3))
        #expect(chosen.preprocessing.channels == 3 && chosen.preprocessing.cropFraction == 0.875)
    }

    @Test func `long and thin pictures are padded and shown whole`() throws {
        let long = try choose(Made(count: 600, width: 400, height: 150, channels: 3))
        #expect(long.preprocessing.resize == .pad && long.configuration.augmentation.crop == .none)
        #expect(long.reasons.contains { $0.hasPrefix("padded: ") })
        let usual = try choose(Made(count: 600, width: 300, height: 150, channels: 3))
        #expect(usual.preprocessing.resize == .crop)
    }

    @Test func `a preset is what it is for these pictures, and mirroring can be had for digits`() throws {
        var set = TrainingOverrides()
        set.preset = TrainingOverrides.PresetChoice(.strong)
        let photographs = try choose(Made(count: 600, width: 160, height: 120, channels: 3), set)
        #expect(photographs.configuration.augmentation.mixUp != nil)
        #expect(photographs.reasons.contains { $0.hasPrefix("augmentation strong: random parts of 20 to 100 %") })
        let digits = Made(count: 600, width: 28, height: 28, channels: 1)
        let names = ["0", "1"]
        let whole = try choose(digits, classes: names, set).configuration.augmentation
        #expect(!whole.flip && whole.affine != nil && whole.trivialAugment == nil)
        set.mirrors = true
        #expect(try choose(digits, classes: names, set).configuration.augmentation.flip)
    }

    @Test func `few pictures get smaller batches and more epochs`() throws {
        let many = try choose(Made(count: 600, width: 160, height: 120, channels: 3)).configuration
        let few = try choose(Made(count: 100, width: 160, height: 120, channels: 3)).configuration
        #expect(few.batchSize < many.batchSize && few.epochs > many.epochs)
        #expect(few.batchSize >= Recipe.smallestBatch)
    }

    @Test func `what a person sets is taken, and the rate follows the batch that was set`() throws {
        var set = TrainingOverrides()
        set.size = 200
        set.batchSize = 64
        set.model = "vgg11_bn"
        let chosen = try choose(Made(count: 600, width: 160, height: 120, channels: 3), set)
        #expect(chosen.configuration.size == 200 && chosen.configuration.model == "vgg11_bn")
        #expect(chosen.configuration.learningRate == 0.1 * 64 / 128)
        #expect(chosen.preprocessing.height == 200 && chosen.preprocessing.width == 200)
        #expect(!chosen.reasons.contains { $0.hasPrefix("size") || $0.hasPrefix("network") || $0.hasPrefix("batch") })
    }

    @Test func `a network without norm learns more slowly`() throws {
        var set = TrainingOverrides()
        set.model = "lenet5"
        let chosen = try choose(Made(count: 5000, width: 28, height: 28, channels: 1), set)
        #expect(chosen.configuration.learningRate == 0.1 * Recipe.rateWithoutNorm)
        #expect(chosen.reasons.contains { $0.hasSuffix("lenet5 has no batch norm") })
    }

    @Test func `mean and deviation are measured on the pictures`() throws {
        let chosen = try choose(Made(count: 300, width: 24, height: 24, channels: 3, shade: 51))
        #expect(chosen.preprocessing.mean.allSatisfy { abs($0 - 0.2) < 1e-6 })
        #expect(chosen.preprocessing.deviation == [1, 1, 1])
        #expect(chosen.reasons.last?.hasSuffix("measured on 300 training pictures") == true)
    }

    @Test func `pictures that none can be read are refused with the first reason`() throws {
        let failure = #expect(throws: Failure.self) {
            try choose(Made(count: 3, width: 28, height: 28, channels: 1, isBroken: true))
        }
        #expect(failure?.kind == .data)
        #expect(
            failure?.message
                == "none of 3 training pictures can be read; the first is picture 0: broken on purpose")
    }

    @Test func `the arithmetic is the processor's fastest unless it was named`() throws {
        let source = Made(count: 600, width: 28, height: 28, channels: 1)
        let chosen = try choose(source, fastest: .bf16)
        #expect(chosen.configuration.precision == .bf16)
        #expect(chosen.reasons.contains("precision bf16: this processor multiplies bf16 faster"))
        var set = TrainingOverrides()
        set.precision = .auto
        #expect(try choose(source, set, fastest: .bf16).configuration.precision == .bf16)
        set.precision = .f32
        let named = try choose(source, set, fastest: .bf16)
        #expect(named.configuration.precision == .f32)
        #expect(!named.reasons.contains { $0.hasPrefix("precision") })
    }

    @Test func `a data set without training pictures is refused`() throws {
        #expect(throws: Failure.self) {
            try Defaults.choose(
                DataSet(name: "x", classes: ["a", "b"], splits: [:], notes: []), TrainingOverrides(), fastest: .f32)
        }
    }
}
