// `fovea collect`: pictures from several places into one data set, with a summary of what became of each.

import ArgumentParser
import FoveaCollecting
import FoveaTensorCore
import FoveaWorkflows
import Foundation

/// Assembles a data set.
struct Collect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Assemble a data set from folders, manifests, archives and addresses.",
        discussion: """
            Classes of all inputs are matched by name. Copies of a picture are dropped; copies under different classes \
            are named and left out. Where splits are drawn, near duplicates (encoded again, resized, mirrored, cut a \
            little) stay in one. Originals are never changed. The output gets its name when it is complete: the same \
            command goes on after an interruption. A manifest may hold http and https addresses, which are fetched.

            Each input is DATA as for `fovea train`: \(DataSet.kinds)

            Examples:
              fovea collect photographs more.zip labels.csv -o flowers
              fovea collect photographs -o flowers --validation 0.1 --test 0.1 --draw stratified
              fovea collect links.csv -o flowers --largest-download 20
              fovea collect cifar10 -o shards --shards 8
              fovea collect photographs -o flowers --dry-run --json
            """)

    @Argument(help: "Folders, manifests, archives, shards or known names.")
    var inputs: [String]

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The folder or .tar file to make; it must not exist.", valueName: "path"))
    var output: String

    @Flag(help: "Link to originals instead of copying them, where they are files.")
    var link = false

    @Option(help: ArgumentHelp("Write so many tar shards for each split instead of class folders.", valueName: "count"))
    var shards: Int?

    @Option(help: ArgumentHelp("The part to draw as validation split, 0 to 1.", valueName: "part"))
    var validation = 0.0

    @Option(help: ArgumentHelp("The part to draw as test split, 0 to 1.", valueName: "part"))
    var test = 0.0

    @Flag(help: "Forget the splits that the inputs have.")
    var redraw = false

    @Flag(
        help: """
            Draw splits without looking for near duplicates. Otherwise every picture is read a second time, and those \
            that show the same stay in one split.
            """)
    var ignoreNearDuplicates = false

    @Option(help: ArgumentHelp("Which pictures are drawn, and how shards are mixed.", valueName: "number"))
    var seed: UInt64 = 0

    @Flag(help: "Of copies under different classes keep the first, instead of none.")
    var keepFirst = false

    @Option(help: ArgumentHelp("Megabytes that a fetched picture may have.", valueName: "MB"))
    var largestDownload = 100

    @OptionGroup var reading: DataFlags

    @Flag(help: "Look at everything, fetch and write nothing.")
    var dryRun = false

    @Flag(name: .shortAndLong, help: "Print nothing but errors and the result.")
    var quiet = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        if inputs.isEmpty { throw ValidationError("name at least one input") }
        for (name, part) in [("--validation", validation), ("--test", test)] where !(part >= 0 && part < 1) {
            throw ValidationError("\(name) is \(part), it must be at least 0 and below 1")
        }
        if validation + test >= 1 { throw ValidationError("--validation and --test leave nothing for training") }
        if let shards, !(1...100_000).contains(shards) {
            throw ValidationError("--shards is \(shards), it must be 1 to 100000")
        }
        if !(1...100_000).contains(largestDownload) {
            throw ValidationError("--largest-download is \(largestDownload), it must be 1 to 100000")
        }
    }

    func run() throws {
        let display = CountDisplay(isQuiet: quiet)
        var request = CollectRequest(inputs: inputs, output: output)
        request.shards = shards
        request.linked = link
        request.isDryRun = dryRun
        request.options.collecting = try reading.options(on: display)
        request.options.collecting.seed = seed
        (request.options.validationPart, request.options.testPart) = (validation, test)
        request.options.redraws = redraw
        request.options.keepsNearTogether = !ignoreNearDuplicates
        request.options.keepsFirstOfConflicts = keepFirst
        request.options.largestDownload = largestDownload << 20
        defer { display.close() }
        let outcome = try CollectWorkflow.run(request)
        display.close()
        Output.result(
            json
                ? try CollectSummary.json(outcome, output)
                : CollectSummary.lines(outcome, output).joined(separator: "\n"))
        if !quiet, !json { for line in CollectSummary.notes(outcome) { Output.message("note: " + line.printable) } }
    }
}
