// Reading of configuration files: what they may say, and what a person is told who misspells.

import Foundation
import FoveaPreprocessing
import FoveaTensorCore
import FoveaTraining
import Testing

@Suite struct TrainingOverridesTests {
    @Test func `a file overrides what it names and nothing else`() throws {
        let yaml = """
            # a recipe
            model: resnet18
            size: 160
            epochs: 30
            batch-size: 64
            learning-rate: 1e-2
            nesterov: false
            schedule: one-cycle
            warmup-epochs: 0.5
            patience: 5
            precision: bf16
            augmentation:
              crop: {resized: {scale: [0.35, 1], ratio: [0.75, 1.5]}}
              flip: true
            """
        let overrides = try TrainingOverrides(yaml: yaml, file: "train.yaml")
        var expected = TrainingConfiguration(model: "resnet18", size: 160)
        expected.momentum = 0.8
        expected.epochs = 30
        expected.batchSize = 64
        expected.learningRate = 0.01
        expected.nesterov = false
        expected.schedule = .oneCycle
        expected.warmupEpochs = 0.5
        expected.patience = 5
        expected.precision = .bf16
        expected.augmentation = Augmentation(crop: .resized(scale: 0.35...1, ratio: 0.75...1.5), flip: true)
        var defaults = TrainingConfiguration(model: "mobilenet-v2", size: 224)
        defaults.momentum = 0.8
        #expect(overrides.applied(to: defaults) == expected)
        #expect(try TrainingOverrides(yaml: "", file: "train.yaml") == TrainingOverrides())
        #expect(try TrainingOverrides(yaml: "# nothing\n", file: "train.yaml") == TrainingOverrides())
        defaults.patience = 3
        #expect(try TrainingOverrides(yaml: "patience: none", file: "").applied(to: defaults).patience == nil)
    }

    @Test func `the recipe of a run is a configuration file`() throws {
        var configuration = TrainingConfiguration(model: "resnet18", size: 32)
        configuration.seed = 12_345_678_901
        configuration.threads = 2
        configuration.labelSmoothing = 0.1
        let crops: [RandomCrop] = [.none, .padded(pixels: 4), .resized(scale: 0.5...1, ratio: 0.75...1.25)]
        for crop in crops {
            configuration.augmentation = Augmentation(crop: crop, flip: true)
            let json = String(decoding: try JSONEncoder().encode(configuration), as: UTF8.self)
            let read = try TrainingOverrides(yaml: json, file: "recipe.json")
            var other = TrainingConfiguration(model: "other", size: 1)
            other.patience = 3
            #expect(read.applied(to: other) == configuration)
            #expect(try JSONDecoder().decode(TrainingConfiguration.self, from: Data(json.utf8)) == configuration)
        }
    }

    @Test(arguments: [
        ("epochs: 3\nepcohs: 4", "train.yaml:2: there is no key \"epcohs\" in the configuration\nDid you mean epochs?"),
        ("lr: 0.1", "train.yaml:1: there is no key \"lr\" in the configuration\nDid you mean learning-rate?"),
        (
            "learning_rate: 1",
            "train.yaml:1: there is no key \"learning_rate\" in the configuration\n"
                + "Did you mean learning-rate?"
        ),
        ("epochs: ten", "train.yaml:1: epochs is ten, wanted is a whole number, 1 to 1000000"),
        ("epochs: \"10\"", "train.yaml:1: epochs is the text \"10\", wanted is a whole number, 1 to 1000000"),
        ("epochs: 1.5", "train.yaml:1: epochs is 1.5, wanted is a whole number, 1 to 1000000"),
        ("epochs:", "train.yaml:1: epochs is empty, wanted is a whole number, 1 to 1000000"),
        ("epochs: [1]", "train.yaml:1: epochs is a list, wanted is a whole number, 1 to 1000000"),
        ("\n\nmomentum: 1", "train.yaml:3: momentum is 1, wanted is a number from 0 to below 1"),
        ("learning-rate: .nan", "train.yaml:1: learning-rate is .nan, wanted is a number above 0 and at most 1000"),
        ("nesterov: yes", "train.yaml:1: nesterov is yes, wanted is true or false"),
        ("patience: 0", "train.yaml:1: patience is 0, wanted is a whole number, 1 to 1000000, or none"),
        ("seed: -1", "train.yaml:1: seed is -1, wanted is a whole number, 0 or more"),
        (
            "schedule: cosin",
            "train.yaml:1: schedule is cosin, wanted is one of constant, step, cosine, one-cycle\n"
                + "Did you mean cosine?"
        ),
        ("precision: f16", "train.yaml:1: precision is f16, wanted is one of auto, f32, bf16\nDid you mean bf16?"),
        ("augmentation: {flop: true}", "train.yaml:1: there is no key \"flop\" in augmentation\nDid you mean flip?"),
        (
            "augmentation: {crop: {padded: {pixels: x}}}",
            "train.yaml:1: augmentation.crop.padded.pixels is x, wanted is a whole number, 0 to 1024"
        ),
        (
            "augmentation: {crop: {resized: {scale: [1, 0.5]}}}",
            "train.yaml:1: augmentation.crop.resized.scale is a list, "
                + "wanted is a list of two numbers in order, above 0 and at most 1.0"
        ),
        ("- a", "train.yaml:1: the configuration is no map\nWrite one `key: value` a line."),
    ])
    func `a mistake is told with its line, its key and what is wanted`(yaml: String, message: String) {
        do {
            _ = try TrainingOverrides(yaml: yaml, file: "train.yaml")
            Issue.record("\(yaml) was accepted")
        } catch let failure as Failure {
            #expect(failure.description == message)
            #expect(failure.kind == .usage)
        } catch { Issue.record(error) }
    }

    @Test(arguments: ["epochs: 1\nepochs: 2", "a: [", "a: \"", "a: *b", "\t- x: {", "epochs: 1\n---\nepochs: 2"])
    func `what is no YAML or says a thing twice is refused`(yaml: String) {
        do {
            _ = try TrainingOverrides(yaml: yaml, file: "train.yaml")
            Issue.record("\(yaml) was accepted")
        } catch let failure as Failure {
            #expect(failure.kind == .usage && failure.message.hasPrefix("train.yaml"))
        } catch { Issue.record(error) }
    }

    @Test func `a file that is not there is an error of usage`() {
        #expect(throws: Failure.self) { try TrainingOverrides(file: "none/train.yaml") }
    }
}
