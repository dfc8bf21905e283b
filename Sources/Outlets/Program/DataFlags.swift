// Flags that say how DATA is to be read, shared by every command that takes one, and the sentence that says what DATA is.

import ArgumentParser
import FoveaCollecting
import FoveaTensorCore

/// How labels and splits are found where the data does not say it itself.
struct DataFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "For pictures without class folders: a regular expression over their names with a group called label, such as '(?<label>[a-z]+)_\\d+'. Groups of its matches called group stay in one split.",
            valueName: "expression"))
    var labelPattern: String?

    @Option(help: ArgumentHelp("The column or key of a manifest that names the pictures.", valueName: "name"))
    var pathColumn: String?

    @Option(help: ArgumentHelp("The column or key that names the class.", valueName: "name"))
    var labelColumn: String?

    @Option(help: ArgumentHelp("The column that says train, validation or test.", valueName: "name"))
    var splitColumn: String?

    @Option(help: ArgumentHelp("The column with how much a picture counts in the loss.", valueName: "name"))
    var weightColumn: String?

    @Option(help: ArgumentHelp("The column whose equal values stay in one split.", valueName: "name"))
    var groupColumn: String?

    @Option(
        help: ArgumentHelp(
            "The folder that paths of a manifest or an export start from; its own unless given.", valueName: "folder"))
    var images: String?

    @Flag(help: "Of COCO pictures with objects of several categories, take the largest object's.")
    var largest = false

    @Option(
        help: ArgumentHelp(
            "How splits are drawn that nobody gave: content (a picture stays where it is when others are added) or stratified (the same part of every class). Evaluation wants the same rule as training.",
            valueName: "rule"))
    var draw: DrawRule = .content

    @Option(
        help: ArgumentHelp(
            "A table that leaves pictures out or gives them another label: the findings of `fovea inspect --csv`, with drop or relabel in the column action.",
            valueName: "file"))
    var corrections: String?

    func validate() throws {
        if let labelPattern {
            do {
                _ = try Regex(labelPattern)
            } catch {
                throw ValidationError("--label-pattern \(labelPattern): this is no regular expression: \(error)")
            }
        }
    }

    /// The options with progress on a display. Throws if the corrections cannot be read.
    func options(on display: CountDisplay) throws -> CollectingOptions {
        var options = CollectingOptions.shown(on: display)
        options.labels.pattern = labelPattern
        options.labels.pathColumn = pathColumn
        options.labels.labelColumn = labelColumn
        options.labels.splitColumn = splitColumn
        options.labels.weightColumn = weightColumn
        options.labels.groupColumn = groupColumn
        options.labels.pictureFolder = images
        options.labels.takesLargest = largest
        options.draw = draw
        options.corrections = try corrections.map { try Corrections($0) }
        return options
    }

    /// What an argument called DATA says of itself.
    static let argument: ArgumentHelp =
        "Labelled pictures: a folder, a manifest, an archive, tar shards or a known name."
}

extension DrawRule: ExpressibleByArgument {}

extension Split: ExpressibleByArgument {
    /// Under any of its usual names, as folders have them.
    public init?(argument: String) { self.init(named: argument) }
}
