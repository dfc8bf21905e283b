// Inspecting from a data set's name to findings and the files a person asked for: a page to look at, a table to edit.
// Writes those files and nothing else; never into the data.

import FoveaCollecting
import FoveaModelFiles
import FoveaTensorCore
import Foundation

/// What a person asks for.
package struct InspectRequest: Sendable {
    /// Whatever can be opened as a data set.
    package var data: String
    /// An HTML page to write.
    package var page: String?
    /// A table of findings to write.
    package var table: String?
    package var collecting = CollectingOptions.undivided

    package init(data: String) { self.data = data }
}

/// Inspects data sets.
package enum InspectWorkflow {
    /// Inspects and waits. Throws a `Failure` if the data cannot be opened or a file cannot be written.
    package static func run(_ request: InspectRequest) throws -> Inspection {
        for output in [request.page, request.table] {
            guard let output else { continue }
            try apart(output, from: request.data)
            try FileReplacement.check(output)
        }
        if let table = request.table { try keepDecisions(in: table) }
        var options = request.collecting
        options.minimumClasses = 1
        (options.validationPart, options.testPart) = (0, 0)
        let inspection = try Inspection(try DataSet.open(request.data, options: options), progress: options.progress)
        if let table = request.table { try write(inspection.findingsCSV, to: table) }
        if let page = request.page { try write(InspectionPage(inspection).text, to: page) }
        return inspection
    }

    /// Throws if a file would be written into the data, or over it.
    private static func apart(_ output: String, from data: String) throws {
        guard FileManager.default.fileExists(atPath: data) else { return }
        let (place, input) = (CollectWorkflow.real(output), CollectWorkflow.real(data))
        guard place == input || place.hasPrefix(input == "/" ? input : input + "/") else { return }
        throw Failure(
            .usage, "\(output) lies within \(data), and data is never changed", advice: "Choose another place.")
    }

    /// Throws unless a table that is there already has nothing in it but findings: what a person decided is work.
    private static func keepDecisions(in table: String) throws {
        guard FileManager.default.fileExists(atPath: table), (try? Corrections(table))?.count != 0 else { return }
        throw Failure(
            .usage, "\(table) is there already, and not as inspect wrote it: decisions in it would be lost",
            advice: "Choose another name, or remove it.")
    }

    private static func write(_ text: String, to path: String) throws {
        let bytes = Array(text.utf8)
        try FileReplacement.replace(path) { file in try bytes.withUnsafeBytes { try file.append($0) } }
    }
}
