// `fovea quantize`: a model file in floats to one that computes in eight bits, with what that costs in accuracy.

import ArgumentParser
import FoveaMeasures
import FoveaOneDNNBackend
import FoveaTensorCore
import FoveaWorkflows
import Foundation

/// Quantises a model.
struct Quantize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a model smaller and faster: weights and values in eight bits.",
        discussion: """
            Ranges are measured on training pictures of DATA, the data set that the model was trained on; accuracy before \
            and after on its validation split. The last layer, and others where accuracy asks for it, keep a higher \
            precision. The new file serves evaluate, predict and plan; it cannot be quantised or trained again.

            Examples:
              fovea quantize fashion.fovea fashion-mnist -o fashion-int8.fovea
              fovea quantize flowers.fovea photographs -o flowers-int8.fovea --pictures 512 --ranges p99.99
              fovea quantize flowers.fovea photographs -o flowers-int8.fovea --json | jq .after.accuracy
            """)

    @Argument(help: "A model file in floats.")
    var model: String

    @Argument(help: DataFlags.argument)
    var data: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The model file to write.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("Training pictures that ranges are measured on.", valueName: "count"))
    var pictures = 256

    @Option(
        help: ArgumentHelp(
            "Where values are cut off: mse (least squared error), minmax, p99.9 or p99.99.", valueName: "rule"))
    var ranges = RangeRule.leastSquares

    @OptionGroup var reading: DataFlags

    @OptionGroup var threads: ThreadFlags

    @Flag(name: .shortAndLong, help: "Print nothing but errors, warnings and the result.")
    var quiet = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        if !(1...100_000).contains(pictures) {
            throw ValidationError("--pictures is \(pictures), it must be 1 to 100000")
        }
    }

    func run() throws {
        let display = CountDisplay(isQuiet: quiet)
        var request = QuantizationRequest(model: model, data: data, output: output)
        request.pictures = pictures
        request.rule = ranges
        request.loaderThreads = threads.loaderThreads
        request.collecting = try reading.options(on: display)
        let library = try OneDNNLibrary(threads: threads.threads)
        let isQuiet = quiet
        let outcome = try QuantizationWorkflow.run(request, library: library) { notice in
            if case .looked(let done, let total) = notice {
                display.show("looking for sensitive layers:", done, of: total)
            } else if !isQuiet {
                display.close()
                Output.message(Self.text(notice))
            }
        }
        display.close()
        Output.result(
            json ? try QuantizationSummary.json(outcome) : QuantizationSummary.lines(outcome).joined(separator: "\n"))
        if let warning = outcome.warning { Output.message("warning: " + warning) }
    }

    private static func text(_ notice: QuantizationNotice) -> String {
        switch notice {
        case .note(let text): "note: " + text.printable
        case .calibrating(let pictures): "measuring ranges on \(pictures) training pictures"
        case .measured(let choice):
            String(format: "%.2f %% with ", choice.accuracy * 100) + "\(choice.kept.joined(separator: ", ")) kept"
        case .looked: ""
        }
    }
}

extension RangeRule: ExpressibleByArgument {}
