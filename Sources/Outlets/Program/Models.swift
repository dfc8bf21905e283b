// `fovea models`: the networks that can be trained, and what one of them consists of.

import ArgumentParser
import FoveaGraph
import FoveaModeling
import FoveaTensorCore
import Foundation

/// Lists networks.
struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the networks, or the layers of one.",
        discussion: """
            Parameters and multiply-adds are those at the nominal size, with 1000 classes (10 for small pictures).
            The accuracy is what the authors of the network or of its weights measured, in percent, top-1: a guide to
            choosing, not what you will get on your pictures. Measured speed: `fovea bench NETWORK`.

            Examples:
              fovea models
              fovea models resnet18 --size 128 --classes 10
              fovea models --json
              fovea models list --local
            """)

    @Argument(help: "A network, to see its layers.")
    var name: String?

    @Option(help: ArgumentHelp("Rows and columns that the network sees.", valueName: "pixels"))
    var size: Int?

    @Option(help: ArgumentHelp("Outputs of the classifier.", valueName: "count"))
    var classes: Int?

    @Option(help: ArgumentHelp("1 for gray pictures, 3 for colour.", valueName: "count"))
    var channels: Int = 3

    @Flag(help: "List the weights of hubs that are on this machine instead.")
    var local = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        for (name, value) in [("--size", size), ("--classes", classes)] {
            if let value, !(1...1_000_000).contains(value) {
                throw ValidationError("\(name) is \(value), it must be at least 1")
            }
        }
        if channels != 1 && channels != 3 { throw ValidationError("--channels is \(channels), it must be 1 or 3") }
    }

    private struct Entry: Encodable {
        let name: String
        let summary: String
        let size: Int
        let classes: Int
        let parameters: Int
        let multiplyAdds: Int
        let accuracy: Published?
    }

    /// What others measured, and who.
    private struct Published: Encodable {
        let percent: Double
        let data: String
        let source: String
    }

    private struct Listing: Encodable {
        let schema = 1
        let models: [Entry]
    }

    func run() throws {
        if local { return try LocalModels.print(json: json) }
        if let name {
            let architecture = try Registry.architecture(name)
            let model = try Model(configuration(architecture))
            Output.result(try LayerSummary(model).text(json: json))
            return
        }
        let entries = try Registry.architectures.map(entry)
        if json {
            Output.result(try JSONText.line(Listing(models: entries)))
            return
        }
        var table = TextTable([
            ("network", .left), ("size", .right), ("parameters", .right), ("multiply-adds", .right),
            ("accuracy", .right),
            ("measured by", .left), ("", .left),
        ])
        for entry in entries {
            table.add([
                entry.name, String(entry.size), grouped(entry.parameters), scaled(entry.multiplyAdds),
                entry.accuracy.map { String(format: "%.1f", $0.percent) } ?? "",
                entry.accuracy.map { "\($0.data), \($0.source)" } ?? "", entry.summary,
            ])
        }
        Output.result(table.lines.joined(separator: "\n"))
    }

    private func configuration(_ architecture: Architecture) -> ModelConfiguration {
        let side = size ?? architecture.nominalSize
        return ModelConfiguration(
            architecture: architecture.name, channels: channels, height: side, width: side,
            classCount: classes ?? (architecture.nominalSize <= 64 ? 10 : 1000))
    }

    private func entry(_ architecture: Architecture) throws -> Entry {
        let configuration = configuration(architecture)
        let graph = try Model(configuration).inferenceGraph(batch: 1)
        return Entry(
            name: architecture.name, summary: architecture.summary, size: configuration.height,
            classes: configuration.classCount, parameters: graph.trainableCount, multiplyAdds: graph.multiplyAdds,
            accuracy: architecture.accuracy.map {
                Published(percent: $0.percent, data: $0.data, source: $0.source)
            })
    }
}

/// `1814073344` as `1.81 G`.
func scaled(_ number: Int) -> String {
    switch number {
    case 1_000_000_000...: String(format: "%.2f G", Double(number) * 1e-9)
    case 1_000_000...: String(format: "%.1f M", Double(number) * 1e-6)
    case 1000...: String(format: "%.1f k", Double(number) * 1e-3)
    default: String(number)
    }
}
