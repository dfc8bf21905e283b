// `fovea show`: what a model file says about itself. Reads its card and leaves the weights alone.

import ArgumentParser
import FoveaCollecting
import FoveaModelFiles
import FoveaPreprocessing
import FoveaTensorCore
import Foundation

/// Prints a model's card.
struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a model's classes, preprocessing, scores and origin.",
        discussion: """
            Examples:
              fovea show flowers.fovea
              fovea show flowers.fovea --json | jq .classes
            """)

    @Argument(help: ModelFlags.argument)
    var model: String

    @OptionGroup var naming: ModelFlags

    @Flag(help: "Print the whole card as JSON.")
    var json = false

    func run() throws {
        let card = try naming.card(model)
        if json {
            Output.result(try JSONText.indented(card))
        } else {
            Output.result(text(card).joined(separator: "\n"))
        }
    }

    private func text(_ card: ModelCard) -> [String] {
        let network = card.architecture
        var table = TextTable([("", .left), ("", .left)])
        table.add(["model", model.printable])
        table.add([
            "network",
            "\(network.architecture), \(network.channels) x \(network.height) x \(network.width), \(card.precision)",
        ])
        table.add(["classes", "\(card.classes.count): \(shortened(card.classes))"])
        if let record = card.quantization {
            table.add([
                "quantised",
                "ranges by \(record.rule) on \(record.pictures) training pictures; "
                    + "\(record.kept.map(\.printable).joined(separator: ", ")) in \(record.others)",
            ])
            if let before = record.before {
                table.add(["", String(format: "accuracy before %.2f %%", before.accuracy * 100)])
            }
        }
        for (index, line) in preprocessing(card.preprocessing).enumerated() {
            table.add([index == 0 ? "pictures" : "", line])
        }
        for score in card.scores {
            var line = String(
                format: "accuracy %.2f %% (95 %% interval %.2f to %.2f) on %d pictures", score.accuracy * 100,
                score.lower * 100, score.upper * 100, score.count)
            if let top5 = score.top5 { line += String(format: ", top 5 %.2f %%", top5 * 100) }
            line += String(format: ", loss %.4f, macro F1 %.4f", score.loss, score.macroF1)
            table.add([score.split, line])
        }
        if card.scores.isEmpty { table.add(["scores", "not measured"]) }
        if let training = card.training {
            table.add([
                "trained",
                "epoch \(training.bestEpoch) of \(training.epochs), seed \(training.seed), "
                    + "\(training.threads) threads, \(duration(training.seconds)), by \(training.program.printable)",
            ])
        }
        if let data = card.data {
            let counts = data.counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            table.add(["data", "\(data.name.printable): \(counts.joined(separator: ", "))"])
            table.add(["", "fingerprint \(data.fingerprint.prefix(16))"])
        }
        table.add(["written by", card.program.printable])
        return table.lines
    }

    private func shortened(_ classes: [String]) -> String {
        classes.prefix(30).map(\.printable).joined(separator: ", ")
            + (classes.count > 30 ? " and \(classes.count - 30) more" : "")
    }

    private func preprocessing(_ value: Preprocessing) -> [String] {
        let path =
            switch value.resize {
            case .crop where value.cropFraction == 1: "shorter side to \(min(value.height, value.width)), centre"
            case .crop:
                String(format: "shorter side to %.0f", Double(value.height) / value.cropFraction)
                    + ", centre of \(value.height) x \(value.width)"
            case .squash: "both sides to \(value.height) x \(value.width)"
            case .pad: "whole, padded to \(value.height) x \(value.width)"
            }
        func listed(_ values: [Float]) -> String { values.map { String(format: "%.4f", $0) }.joined(separator: ", ") }
        return [
            "\(path), \(value.interpolation.rawValue), \(value.channels == 1 ? "gray" : "RGB")",
            "mean \(listed(value.mean)), deviation \(listed(value.deviation))",
        ]
    }
}
