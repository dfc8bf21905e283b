// An evaluation as text for a person: the scores with their uncertainty, a row for each class, the means, and what is
// taken for what. Colours are the caller's choice.

import FoveaMeasures
import FoveaTensorCore
import Foundation

extension EvaluationResult {
    /// The report, line by line. `colour` shades the confusion matrix; `width` is that of the terminal.
    package func report(colour: Bool, width: Int = 100) -> [String] {
        var lines = headline
        lines += [""] + classTable
        lines +=
            [""]
            + ConfusionTable(names: scores.classes.map(\.name), counts: scores.confusion)
            .lines(colour: colour, width: width)
        if !notes.isEmpty { lines += [""] + notes.map { "note: " + $0 } }
        return lines
    }

    private var headline: [String] {
        var lines = [
            "accuracy  \(percent(scores.accuracy))   95 % interval \(percent(scores.interval.lower)) to "
                + "\(percent(scores.interval.upper))"
        ]
        if let top5 = scores.top5 { lines.append("top 5     \(percent(top5))") }
        lines.append("loss      \(String(format: "%.4f", scores.loss))")
        lines.append("ECE       \(String(format: "%.4f", scores.calibrationError))   (expected calibration error)")
        let speed = String(format: "%.0f", Double(scores.count) / max(seconds, 1e-9))
        lines.append("pictures  \(scores.count)   in \(String(format: "%.1f", seconds)) s, \(speed) a second")
        return lines
    }

    private var classTable: [String] {
        var table = TextTable([
            ("class", .left), ("precision", .right), ("recall", .right), ("F1", .right), ("pictures", .right),
        ])
        func row(_ name: String, _ precision: Double, _ recall: Double, _ f1: Double, _ support: Int) {
            table.add(
                [name.shortened(to: 40)] + [precision, recall, f1].map { String(format: "%.4f", $0) } + [
                    String(support)
                ])
        }
        for scores in scores.classes {
            row(scores.name.printable, scores.precision, scores.recall, scores.f1, scores.support)
        }
        for (name, mean) in [("macro", scores.macro), ("micro", scores.micro), ("weighted", scores.weighted)] {
            row("(\(name) mean)", mean.precision, mean.recall, mean.f1, scores.count)
        }
        return table.lines
    }
}

/// `0.9432` as `94.32 %`.
func percent(_ part: Double) -> String { String(format: "%.2f %%", part * 100) }
