// `fovea bench`: how many pictures a second a network trains on and classifies on this machine.

import ArgumentParser
import FoveaModeling
import FoveaOneDNNBackend
import FoveaTensorCore
import FoveaWorkflows
import Foundation

/// Measures networks.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure networks on this machine.",
        discussion: """
            Trains and runs networks with random weights on pictures in memory, and prints pictures a second, the time of \
            a run (median, and what 90 and 99 of 100 runs stay below), the time to compile the plan, and memory. The \
            figures of a shared machine vary: repeat, and compare only what was measured in one sitting.

            Examples:
              fovea bench resnet18 --batch 32
              fovea bench smallcnn plaincnn --channels 1 --batch 128 --work training
              fovea bench resnet18 --precision f32 --precision bf16 --batch 1 --batch 32 --json
              fovea bench mobilenet_v2 --work inference --precision bf16 --precision int8
              fovea bench resnet18 --work training --batch 32 --ceilings --json
            """)

    @Argument(help: "Networks; `fovea models` lists them.")
    var networks: [String]

    @Option(help: ArgumentHelp("Rows and columns; each network's own unless given.", valueName: "pixels"))
    var size: Int?

    @Option(help: ArgumentHelp("1 for gray pictures, 3 for colour.", valueName: "count"))
    var channels = 3

    @Option(help: ArgumentHelp("Outputs of the classifier: 10 up to 64 px, else 1000.", valueName: "count"))
    var classes: Int?

    @Option(help: ArgumentHelp("Pictures a run; may be repeated. 1 and 32 unless given.", valueName: "count"))
    var batch: [Int] = []

    @Option(
        help: ArgumentHelp(
            "f32, bf16 or int8 (inference alone); may be repeated. f32 or bf16, the faster, unless given.",
            valueName: "type"))
    var precision: [BenchPrecision] = []

    @Option(help: ArgumentHelp("training or inference; both unless given.", valueName: "work"))
    var work: Work?

    @Option(help: ArgumentHelp("Seconds that each plan is run for.", valueName: "seconds"))
    var seconds = 2.0

    @Option(help: ArgumentHelp("Threads that compute; one a core unless given.", valueName: "count"))
    var threads: Int?

    @Flag(help: "Measure as well what one large convolution and one large sum reach here.")
    var ceilings = false

    @Flag(help: "Print JSON.")
    var json = false

    enum Work: String, ExpressibleByArgument, CaseIterable { case training, inference }

    func validate() throws {
        let numbers = [("--size", size ?? 1), ("--classes", classes ?? 1), ("--threads", threads ?? 1)]
        for (name, value) in numbers + batch.map({ ("--batch", $0) }) where !(1...100_000).contains(value) {
            throw ValidationError("\(name) is \(value), it must be 1 to 100000")
        }
        if channels != 1 && channels != 3 { throw ValidationError("--channels is \(channels), it must be 1 or 3") }
        if !(0...3600).contains(seconds) { throw ValidationError("--seconds is \(seconds), it must be 0 to 3600") }
        if work == .training, precision.contains(.int8) {
            throw ValidationError("--precision int8 is for inference; a network is trained in f32 or bf16")
        }
        if networks.isEmpty { throw ValidationError("name a network; `fovea models` lists them") }
    }

    private struct Report: Encodable {
        let schema = 1
        let library: String
        let threads: Int
        let rows: [BenchRow]
        let ceilings: [Ceiling]?
    }

    /// What the machine reaches in one precision.
    private struct Ceiling: Encodable {
        let precision: Precision
        let operationsPerSecond: Double
        let bytesPerSecond: Double
    }

    func run() throws {
        var request = BenchRequest(networks: networks)
        (request.size, request.channels, request.classes) = (size, channels, classes)
        (request.precisions, request.seconds) = (precision, seconds)
        if !batch.isEmpty { request.batchSizes = batch }
        (request.trains, request.infers) = (work != .inference, work != .training)
        let library = try OneDNNLibrary(threads: threads)
        var rows: [BenchRow] = []
        try BenchWorkflow.run(request, library: library) { row in
            rows.append(row)
            if !json, Output.isTerminal { Output.message("\(row.network), \(row.work), batch \(row.batch): measured") }
        }
        let measured = try ceilings ? measureCeilings(of: rows, library) : nil
        if json {
            let report = Report(library: library.name, threads: library.threadCount, rows: rows, ceilings: measured)
            Output.result(try JSONText.indented(report))
        } else {
            Output.result("\(library.name), \(library.threadCount) threads\n\n" + table(rows).joined(separator: "\n"))
            for one in measured ?? [] {
                Output.result(
                    String(
                        format: "one large convolution in %@: %.0f GFLOP/s; one large sum: %.1f GB/s",
                        one.precision.rawValue, one.operationsPerSecond * 1e-9, one.bytesPerSecond * 1e-9))
            }
        }
    }

    /// One entry for each precision of the rows; layers in eight bits are compared with the fastest of the others.
    private func measureCeilings(of rows: [BenchRow], _ library: OneDNNLibrary) throws -> [Ceiling] {
        let used = Set(rows.map { Precision(rawValue: $0.precision.rawValue) ?? library.fastestPrecision })
        return try Precision.allCases.filter(used.contains).map { precision in
            let found = try BenchWorkflow.ceilings(precision, library: library)
            return Ceiling(
                precision: precision, operationsPerSecond: found.operationsPerSecond,
                bytesPerSecond: found.bytesPerSecond)
        }
    }

    private func table(_ rows: [BenchRow]) -> [String] {
        var table = TextTable([
            ("network", .left), ("work", .left), ("type", .left), ("px", .right), ("batch", .right),
            ("pictures/s", .right), ("median ms", .right), ("90 %", .right), ("99 %", .right), ("GFLOP/s", .right),
            ("compile ms", .right), ("first ms", .right), ("plan MB", .right), ("peak MB", .right),
        ])
        func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
        for row in rows {
            table.add([
                row.network, row.work, row.precision.rawValue, String(row.size), String(row.batch),
                number(row.picturesPerSecond, 1), number(row.median * 1e3, 2), number(row.percentile90 * 1e3, 2),
                number(row.percentile99 * 1e3, 2), number(row.operationsPerSecond * 1e-9, 0),
                number(row.compileSeconds * 1e3, 0), number(row.firstRunSeconds * 1e3, 1),
                number(Double(row.arenaBytes) * 1e-6, 1), number(Double(row.peakBytes) * 1e-6, 1),
            ])
        }
        return table.lines
    }
}

extension BenchPrecision: ExpressibleByArgument {}
