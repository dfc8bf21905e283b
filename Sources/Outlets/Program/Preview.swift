// `fovea preview`: a contact sheet of what the network will see, before hours are spent on training it.

import ArgumentParser
import FoveaCollecting
import FoveaModelFiles
import FoveaTensorCore
import FoveaTraining
import FoveaWorkflows
import Foundation

/// Draws a contact sheet.
struct Preview: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw what the network will see of a data set.",
        discussion: """
            Writes one PNG: a row for each of some pictures, first as evaluation sees it, then as training sees it in one \
            epoch after the other, augmented at random. The choices are those of `fovea train` with the same flags.

            Examples:
              fovea preview photographs -o sheet.png
              fovea preview photographs -o sheet.png --augment strong --size 160 --seed 3
              fovea preview fashion-mnist -o sheet.png --split validation --rows 20 --draws 4
            """)

    @Argument(help: "A folder of labelled pictures, or a known name.")
    var data: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The PNG file to write.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("Rows and columns that the network sees.", valueName: "pixels"))
    var size: Int?

    @OptionGroup var augmentation: AugmentationFlags

    @Flag(help: "As `fovea train --from-scratch` shows them to a network.")
    var fromScratch = false

    @Option(help: ArgumentHelp("The seed of the random draws.", valueName: "number"))
    var seed: UInt64?

    @Option(help: ArgumentHelp("training, validation or test.", valueName: "split"))
    var split: Split = .training

    @Option(help: ArgumentHelp("Pictures on the sheet.", valueName: "count"))
    var rows = 8

    @Option(help: ArgumentHelp("Random draws of each picture.", valueName: "count"))
    var draws = 7

    @Option(help: ArgumentHelp("The configuration file of a training; flags win.", valueName: "file"))
    var config: String?

    @Flag(name: .shortAndLong, help: "Print nothing but errors and the result.")
    var quiet = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        if let size, !(1...8192).contains(size) { throw ValidationError("--size is \(size), it must be 1 to 8192") }
        if !(1...1000).contains(rows) { throw ValidationError("--rows is \(rows), it must be 1 to 1000") }
        if !(0...100).contains(draws) { throw ValidationError("--draws is \(draws), it must be 0 to 100") }
    }

    private struct Report: Encodable {
        struct Row: Encodable {
            let path: String
            let label: String
        }
        let schema = 1
        let path: String
        let width: Int
        let height: Int
        let chosen: [String]
        let rows: [Row]
        let failed: [String]
    }

    func run() throws {
        try FileReplacement.check(output)
        let counts = CountDisplay(isQuiet: quiet)
        var request = PreviewRequest(data: data)
        request.configurationFile = config
        request.overrides.size = size
        request.overrides.seed = seed
        augmentation.apply(to: &request.overrides)
        (request.split, request.rows, request.draws) = (split, rows, draws)
        request.collecting = .shown(on: counts)
        request.defaultStart = DefaultStart { _ in .unasked }
        if fromScratch { request.overrides.fromScratch = true }
        let sheet = try PreviewWorkflow.run(request)
        counts.close()
        let bytes = try sheet.picture.png()
        try FileReplacement.replace(output) { file in
            try bytes.withUnsafeBytes { try file.append($0) }
        }
        if !quiet {
            for reason in sheet.reasons { Output.message("  " + reason.printable) }
            for failure in sheet.failures { Output.message("left out: " + failure.printable) }
        }
        guard json else {
            let size = "\(sheet.picture.width) x \(sheet.picture.height) px"
            Output.result(
                "\(output.printable): \(sheet.rows.count) pictures with \(draws) draws each, \(size)")
            return
        }
        Output.result(
            try JSONText.line(
                Report(
                    path: output, width: sheet.picture.width, height: sheet.picture.height, chosen: sheet.reasons,
                    rows: sheet.rows.map { Report.Row(path: $0.name, label: $0.label) }, failed: sheet.failures)))
    }
}
