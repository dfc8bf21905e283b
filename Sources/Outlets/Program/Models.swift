// `fovea models`: the networks that can be trained, and what one of them consists of.

import ArgumentParser
import FoveaGraph
import FoveaModeling
import FoveaOneDNNBackend
import FoveaRunning
import FoveaTensorCore
import FoveaTraining
import FoveaWorkflows
import Foundation

/// Lists networks.
struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the networks, or the layers of one.",
        discussion: """
            Parameters and multiply-adds are those at the nominal size, with 1000 classes (10 for small pictures).
            The accuracy is what the authors of the network or of its weights measured, in percent, top-1: a guide to
            choosing, not what you will get on your pictures; where nothing is stated there is a dash. --measure adds how
            many pictures a second each classifies here (`fovea bench` says more); it takes a second or two a network.

            Examples:
              fovea models
              fovea models --match 'mobilenet*' --match '*b0' --measure
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

    @Option(
        help: ArgumentHelp(
            "List networks of such names alone: * stands for any characters, ? for one. Can be given several times.",
            valueName: "pattern"))
    var match: [String] = []

    @Flag(help: "Measure how many pictures a second each classifies on this machine.")
    var measure = false

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
        if name != nil && (measure || !match.isEmpty) {
            throw ValidationError("--measure and --match are for the list; `fovea bench NETWORK` measures one network")
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
        var speed: Speed?
    }

    /// Answers of the plan that serves, pictures in memory.
    private struct Speed: Encodable {
        let picturesPerSecond: Double
        let precision: BenchPrecision
        let batch: Int
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
        var entries = try chosen().map(entry)
        if measure { try measure(&entries) }
        Output.result(json ? try JSONText.line(Listing(models: entries)) : table(entries))
    }

    /// The networks to list. Throws a `Failure` if a pattern fits none.
    private func chosen() throws -> [Architecture] {
        guard !match.isEmpty else { return Registry.architectures }
        for pattern in match where !Registry.architectures.contains(where: { fits(pattern, $0) }) {
            let near = nearest(to: pattern, in: Registry.architectures.map(\.name))
            throw Failure(
                .usage, "--match \(pattern): there is no such network",
                advice: near.isEmpty ? "`fovea models` lists them." : "Did you mean \(near.joined(separator: " or "))?")
        }
        return Registry.architectures.filter { architecture in match.contains { fits($0, architecture) } }
    }

    /// Patterns are those of --freeze.
    private func fits(_ pattern: String, _ architecture: Architecture) -> Bool {
        FrozenNames([pattern]).contains(architecture.name)
    }

    private func table(_ entries: [Entry]) -> String {
        var columns: [(title: String, alignment: TextTable.Alignment)] = [
            ("network", .left), ("size", .right), ("parameters", .right), ("multiply-adds", .right),
            ("accuracy", .right), ("measured by", .left),
        ]
        if measure { columns.insert(("pictures/s", .right), at: 4) }
        var table = TextTable(columns + [("", .left)])
        for entry in entries {
            var cells = [
                entry.name, String(entry.size), grouped(entry.parameters), scaled(entry.multiplyAdds),
                entry.accuracy.map { String(format: "%.1f", $0.percent) } ?? "-",
                entry.accuracy.map { "\($0.data), \($0.source)" } ?? "-",
            ]
            if measure { cells.insert(entry.speed.map { String(format: "%.0f", $0.picturesPerSecond) } ?? "-", at: 4) }
            table.add(cells + [entry.summary])
        }
        return table.lines.joined(separator: "\n")
    }

    /// Runs every network with random weights, in the batches that serve best.
    private func measure(_ entries: inout [Entry]) throws {
        let library = try OneDNNLibrary()
        let display = CountDisplay(isQuiet: false)
        defer { display.close() }
        for index in entries.indices {
            display.show("measuring \(entries[index].name): networks", index, of: entries.count)
            var request = BenchRequest(networks: [entries[index].name])
            (request.size, request.channels, request.classes) = (size, channels, entries[index].classes)
            (request.trains, request.seconds) = (false, 0.5)
            let model = try Model(configuration(try Registry.architecture(entries[index].name)))
            request.batchSizes = [model.usualBatchSize(library.fastestPrecision)]
            try BenchWorkflow.run(request, library: library) { row in
                entries[index].speed = Speed(
                    picturesPerSecond: row.picturesPerSecond, precision: row.precision, batch: row.batch)
            }
        }
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
