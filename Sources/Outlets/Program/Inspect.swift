// `fovea inspect`: a look at every picture of a data set, as a table, as JSON, as a page, and as findings to edit.

import ArgumentParser
import FoveaCollecting
import FoveaTensorCore
import FoveaWorkflows

/// Inspects a data set.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at every picture of a data set for what would spoil a training.",
        discussion: """
            Reads every picture once and reports what there is, what cannot be read, what is there twice (copies and \
            near duplicates, across splits, under different labels), what is unlike the rest, and what gives a class \
            away without a look at the picture. Nothing is changed. The findings of --csv have an action for each \
            picture: write drop, or relabel and a new_label, and hand the file to train, evaluate or collect with \
            --corrections.

            Examples:
              fovea inspect photographs
              fovea inspect photographs --html report.html --csv findings.csv
              fovea inspect fashion-mnist --json | jq .copies
              fovea train photographs -o flowers.fovea --corrections findings.csv
            """)

    @Argument(help: DataFlags.argument)
    var data: String

    @Option(help: ArgumentHelp("Write a page with thumbnails.", valueName: "file"))
    var html: String?

    @Option(help: ArgumentHelp("Write the findings as a table to edit.", valueName: "file"))
    var csv: String?

    @OptionGroup var reading: DataFlags

    @Flag(name: .shortAndLong, help: "Print nothing but errors and the result.")
    var quiet = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        // A slip of the hand must not put a table in a picture's place.
        if let csv, !csv.lowercased().hasSuffix(".csv") { throw ValidationError("--csv \(csv): name a .csv file") }
        if let html, !html.lowercased().hasSuffix(".html"), !html.lowercased().hasSuffix(".htm") {
            throw ValidationError("--html \(html): name a .html file")
        }
        if let csv, csv == html { throw ValidationError("--csv and --html name the same file") }
    }

    func run() throws {
        let display = CountDisplay(isQuiet: quiet)
        defer { display.close() }
        var request = InspectRequest(data: data)
        (request.page, request.table) = (html, csv)
        request.collecting = try reading.options(on: display)
        let inspection = try InspectWorkflow.run(request)
        display.close()
        Output.result(
            json
                ? try JSONText.line(InspectionRecord(inspection, data))
                : InspectionSummary.lines(inspection, data).joined(separator: "\n"))
        guard !quiet else { return }
        if !json { for note in inspection.notes { Output.message("note: " + note.printable) } }
        for file in [html, csv] { if let file { Output.message("written: " + file.printable) } }
    }
}
