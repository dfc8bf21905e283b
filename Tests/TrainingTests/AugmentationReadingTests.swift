// Augmentation in configuration files: presets, steps, and what a person is told who misspells.

import Foundation
import FoveaPreprocessing
import FoveaTensorCore
import FoveaTraining
import Testing

@Suite struct AugmentationReadingTests {
    private let photographs = AugmentedPictures(
        size: 128, isSmall: false, showsSigns: false, isGray: false, isPadded: false)

    @Test func `a map of steps says all, with their usual parameters where they say nothing`() throws {
        let yaml = """
            augmentation:
              vertical-flip: true
              fill: mean
              rotation: {degrees: 30}
              rand-augment: {operations: 3}
              trivial-augment: none
              blur: {sigma: [0.5, 1]}
              mixup: {}
            """
        let overrides = try TrainingOverrides(yaml: yaml, file: "train.yaml")
        var expected = Augmentation.none
        (expected.verticalFlip, expected.fill) = (true, .mean)
        expected.rotation = RandomRotation()
        expected.rotation?.degrees = 30
        expected.randAugment = RandAugment()
        expected.randAugment?.operations = 3
        expected.blur = RandomBlur()
        expected.blur?.sigma = 0.5...1
        expected.mixUp = MixUp()
        #expect(overrides.augmentation == expected && overrides.preset == nil)
    }

    @Test func `a preset is named alone, or changed key by key`() throws {
        let named = try TrainingOverrides(yaml: "augmentation: strong", file: "")
        #expect(named.augmentation == nil && named.preset == TrainingOverrides.PresetChoice(.strong))
        let yaml = "augmentation: {preset: strong, cutmix: none, flip: false, jitter: {hue: 0.1}}"
        let changed = try #require(try TrainingOverrides(yaml: yaml, file: "").preset)
        let found = changed.augmentation(for: photographs)
        var expected = AugmentationPreset.strong.augmentation(for: photographs)
        expected.cutMix = nil
        expected.flip = false
        expected.jitter = ColourJitter()
        expected.jitter?.hue = 0.1
        #expect(found == expected)
        #expect(try TrainingOverrides(yaml: "augmentation: none", file: "").augmentation == Augmentation.none)
    }

    @Test func `a flag's preset lies over a file's map, and mirroring over both`() throws {
        let file = try TrainingOverrides(yaml: "augmentation: {flip: true}", file: "")
        var flags = TrainingOverrides()
        flags.preset = TrainingOverrides.PresetChoice(.none)
        let both = flags.laid(over: file)
        #expect(both.augmentation == nil && both.preset?.name == AugmentationPreset.none)
        flags = TrainingOverrides()
        flags.mirrors = false
        let configuration = flags.laid(over: file).applied(to: TrainingConfiguration(model: "lenet5", size: 28))
        #expect(configuration.augmentation == .none)
    }

    @Test func `every preset's recipe is a configuration file`() throws {
        for preset in AugmentationPreset.allCases {
            var configuration = TrainingConfiguration(model: "resnet18", size: 128)
            configuration.augmentation = preset.augmentation(for: photographs)
            let json = String(decoding: try JSONEncoder().encode(configuration), as: UTF8.self)
            let read = try TrainingOverrides(yaml: json, file: "recipe.json")
            #expect(read.augmentation == configuration.augmentation, "\(preset)")
        }
    }

    @Test(arguments: [
        (
            "augmentation: strnog",
            "train.yaml:1: augmentation is strnog, wanted is one of none, light, standard, strong\nDid you mean strong?"
        ),
        (
            "augmentation: {blur: {sigma: [3, 1]}}",
            "train.yaml:1: augmentation.blur.sigma is a list, wanted is a list of two numbers in order, from 0.01 to 20"
        ),
        (
            "augmentation: {jitter: {hue: 0.7}}",
            "train.yaml:1: augmentation.jitter.hue is 0.7, wanted is a number from 0 to 0.5"
        ),
        (
            "augmentation: {posterise: {bits: 9}}",
            "train.yaml:1: augmentation.posterise.bits is 9, wanted is a whole number, 1 to 8"
        ),
        (
            "augmentation: {rotation: {degres: 9}}",
            "train.yaml:1: there is no key \"degres\" in augmentation.rotation\nDid you mean degrees?"
        ),
    ])
    func `a mistake is told with its line, its key and what is wanted`(yaml: String, message: String) {
        let failure = #expect(throws: Failure.self) { try TrainingOverrides(yaml: yaml, file: "train.yaml") }
        #expect(failure?.description == message)
    }

    @Test func `the documentation names every step and parameter`() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/augmentation.md")
        let lines = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
        for key in Augmentation.CodingKeys.allCases {
            let line = lines.first { $0.hasPrefix("| `\(key.rawValue)` |") }.map(String.init)
            #expect(line != nil, "\(key.rawValue)")
            guard case .step(let field) = key.field else { continue }
            for name in names(field) { #expect(line?.contains("`\(name)`") == true, "\(key.rawValue).\(name)") }
        }
    }

    private func names<Field: AugmentationStepField>(_ field: Field) -> [String] {
        Field.Step.parameters.map(\.key)
    }
}
