// `fovea evaluate`: a model file on a data set, as a report or as JSON.

import ArgumentParser
import FoveaCollecting
import FoveaEvaluating
import FoveaOneDNNBackend
import FoveaRunning
import FoveaTensorCore
import FoveaWorkflows
import Foundation

/// Measures a model.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure a model on labelled pictures.",
        discussion: """
            Classes of the data set and of the model are matched by name. Without --split the test split is measured; \
            of a folder without splits, all of it, unless the model was trained on some of it.

            Examples:
              fovea evaluate fashion.fovea fashion-mnist
              fovea evaluate flowers.fovea photographs --split validation
              fovea evaluate flowers.fovea photographs --json | jq .accuracy
            """)

    @Argument(help: ModelFlags.argument)
    var model: String

    @Argument(help: DataFlags.argument)
    var data: String

    @Option(help: ArgumentHelp("training, validation or test.", valueName: "name"))
    var split: Split?

    @Option(help: ArgumentHelp("Pictures a batch.", valueName: "count"))
    var batch: Int?

    @OptionGroup var naming: ModelFlags

    @OptionGroup var precision: PrecisionFlag

    @OptionGroup var reading: DataFlags

    @OptionGroup var threads: ThreadFlags

    @Flag(name: .shortAndLong, help: "Print nothing but errors and the result.")
    var quiet = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        if let batch, batch < 1 { throw ValidationError("--batch is \(batch), it must be at least 1") }
    }

    func run() throws {
        var loaded = try naming.load(model, isQuiet: quiet)
        loaded.requestedPrecision = precision.precision?.named
        let library = try OneDNNLibrary(threads: threads.threads)
        let display = CountDisplay(isQuiet: quiet)
        let total = Count()
        var options = EvaluationOptions()
        options.batchSize = batch
        options.loaderThreads = threads.loaderThreads
        options.progress = { display.show("measuring: pictures", $0, of: total.value) }
        let outcome = try EvaluationWorkflow.run(
            loaded, data: data, split: split, options: reading.options(on: display),
            evaluation: options,
            library: library, begun: { total.value = $1 })
        display.close()
        if json {
            Output.result(try outcome.result.json())
        } else {
            let heading = "\(model.printable) on \(outcome.measured) of \(data.printable)"
            let report = outcome.result.report(colour: Output.isColoured, width: Output.width())
            Output.result(([heading, ""] + report).joined(separator: "\n"))
        }
        if !quiet {
            for note in outcome.notes + (json ? outcome.result.notes : []) { Output.message("note: " + note.printable) }
        }
    }

    /// The number of pictures, told once before the first progress.
    private final class Count: @unchecked Sendable {
        // @unchecked: written before the engine thread is handed the work that reads it.
        var value = 0
    }
}
