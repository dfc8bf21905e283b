// Answers as they are printed: text for people, JSON, JSON lines and CSV for programs. Each record is written when it is
// known, so that a million pictures need no memory.

import FoveaPredicting
import FoveaTensorCore
import Foundation
import Synchronization

/// Prints predictions in the order in which it is given them.
final class PredictionWriter: Sendable {
    enum Format: Sendable {
        case text, json, jsonLines, csv
    }

    private struct Record: Encodable {
        let path: String
        let predictions: [Prediction]
        let error: String?
    }

    private let format: Format
    /// Whether text shows bars.
    private let hasBars: Bool
    private let written = Mutex(0)

    init(format: Format, colour: Bool) {
        self.format = format
        hasBars = colour
    }

    /// Before the first record.
    func begin() {
        if format == .csv { Output.result("path,rank,class,index,probability,error") }
    }

    /// The answer for one picture.
    func write(_ name: String, _ result: Result<[Prediction], Failure>) throws {
        let count = written.withLock { count in
            count += 1
            return count
        }
        let predictions = (try? result.get()) ?? []
        var reason: String?
        if case .failure(let failure) = result { reason = failure.message }
        switch format {
        case .text: Output.result(text(name, predictions, reason, isFirst: count == 1))
        case .csv: Output.result(csv(name, predictions, reason))
        case .jsonLines:
            Output.result(try JSONText.line(Record(path: name, predictions: predictions, error: reason)))
        case .json:
            let record = try JSONText.line(Record(path: name, predictions: predictions, error: reason))
            // The comma stands before a record, since nobody knows which one is the last.
            Output.result((count == 1 ? "[" : ",") + record)
        }
    }

    /// After the last record.
    func end() {
        if format == .json { Output.result(written.withLock { $0 } == 0 ? "[]" : "]") }
    }

    private func text(_ name: String, _ predictions: [Prediction], _ reason: String?, isFirst: Bool) -> String {
        guard reason == nil else { return "\(name.printable)\n  error: \((reason ?? "").printable)" }
        let width = predictions.map(\.class.printable.displayWidth).max() ?? 0
        let lines = predictions.map { prediction in
            let share = String(format: "%6.2f %%", prediction.probability * 100)
            let bar = hasBars ? "  " + String(repeating: "█", count: Int((prediction.probability * 30).rounded())) : ""
            return
                "  \(share)  \(hasBars ? prediction.class.printable.padded(to: width) : prediction.class.printable)\(bar)"
        }
        return ([name.printable] + lines).joined(separator: "\n")
    }

    private func csv(_ name: String, _ predictions: [Prediction], _ reason: String?) -> String {
        if let reason { return [quoted(name), "", "", "", "", quoted(reason)].joined(separator: ",") }
        return predictions.enumerated().map { rank, prediction in
            [
                quoted(name), String(rank + 1), quoted(prediction.class), String(prediction.index),
                String(prediction.probability), "",
            ].joined(separator: ",")
        }.joined(separator: "\n")
    }

    /// A CSV field (RFC 4180).
    private func quoted(_ text: String) -> String {
        guard text.contains(where: { ",\"\n\r\r\n".contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
