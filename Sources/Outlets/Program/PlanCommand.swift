// `fovea plan`: what a network is compiled into on this machine, step by step.

import ArgumentParser
import FoveaModeling
import FoveaOneDNNBackend
import FoveaRunning
import FoveaTensorCore
import FoveaTraining
import FoveaWorkflows
import Foundation

/// Prints the plan of a network.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show the kernels, layouts and memory of a network on this machine.",
        discussion: """
            MODEL is a model file or the name of a network. Steps marked * run only when weights change.

            Examples:
              fovea plan resnet18 --size 128 --batch 32
              fovea plan flowers.fovea --time
              fovea plan resnet50 --batch 32 --time --json
              fovea plan smallcnn --training --batch 128 --channels 1 --time
              fovea plan mobilenet_v2 --training --batch 32 --freeze features --optimizer adamw --time
            """)

    @Argument(help: "A model file, or the name of a network.")
    var model: String

    @Option(help: ArgumentHelp("Pictures a run.", valueName: "count"))
    var batch = 1

    @Option(help: ArgumentHelp("Rows and columns that a named network sees.", valueName: "pixels"))
    var size: Int?

    @Option(help: ArgumentHelp("Classes of a named network.", valueName: "count"))
    var classes = 10

    @Option(help: ArgumentHelp("Channels of a named network.", valueName: "count"))
    var channels = 3

    @Option(help: ArgumentHelp("Threads that compute; one a core unless given.", valueName: "count"))
    var threads: Int?

    @OptionGroup var precision: PrecisionFlag

    @Flag(help: "A named network in eight bits but for its last layer.")
    var int8 = false

    @Flag(help: "The plan of a training step.")
    var training = false

    @Flag(help: "The training step in less memory, as train --save-memory compiles it.")
    var saveMemory = false

    @Option(help: ArgumentHelp("Of a training step, the rule of the updates: sgd or adamw.", valueName: "rule"))
    var optimizer: TrainingConfiguration.OptimizerName = .sgd

    @Option(
        help: ArgumentHelp(
            "Of a training step, parameters that stay as they are, as train --freeze takes them.", valueName: "pattern")
    )
    var freeze: [String] = []

    @Option(help: ArgumentHelp("Of a training step, the statistics of norms: batch or fixed.", valueName: "which"))
    var norms: TrainingConfiguration.NormStatistics = .batch

    @Flag(help: "Measure each step: the median of some runs.")
    var time = false

    @Option(help: ArgumentHelp("Runs that --time measures.", valueName: "count"))
    var runs = 20

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        let numbers = [
            ("--batch", batch), ("--size", size ?? 1), ("--classes", classes), ("--threads", threads ?? 1),
            ("--runs", runs),
        ]
        for (name, value) in numbers where !(1...100_000).contains(value) {
            throw ValidationError("\(name) is \(value), it must be 1 to 100000")
        }
        if int8 && (training || saveMemory) { throw ValidationError("a network in eight bits is not trained") }
        if channels != 1 && channels != 3 { throw ValidationError("--channels is \(channels), it must be 1 or 3") }
    }

    func run() throws {
        var request: PlanRequest
        if FileManager.default.fileExists(atPath: model) {
            let loaded = try ModelReference.open(model).model
            try loaded.verify()
            if training { try loaded.requireFloatWeights(for: "training") }
            request = PlanRequest(model: loaded.model, store: loaded.store)
            request.quantization = loaded.quantization
            request.precision = Precision(rawValue: loaded.card.quantization?.others ?? loaded.card.precision)
        } else {
            let architecture = try Registry.architecture(model)
            let side = size ?? architecture.nominalSize
            request = PlanRequest(
                model: try Model(
                    ModelConfiguration(
                        architecture: architecture.name, channels: channels, height: side, width: side,
                        classCount: classes)))
        }
        if let named = precision.precision { request.precision = named.named }
        request.batchSize = batch
        (request.isTraining, request.savesMemory) = (training || saveMemory, saveMemory)
        (request.optimizer, request.freeze, request.norms) = (optimizer, freeze, norms)
        request.runs = time ? runs : 0
        let library = try OneDNNLibrary(threads: threads)
        if int8 && request.store == nil { request = try PlanWorkflow.inEightBits(request, library: library) }
        if json { return Output.result(try JSONText.line(try PlanWorkflow.report(request, library: library))) }
        let lines = try PlanWorkflow.describe(request, library: library)
        Output.result("\(library.name), \(library.threadCount) threads\n\n" + lines.joined(separator: "\n"))
    }
}
