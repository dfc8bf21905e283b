// What a person sees of a training: on a terminal one line that changes ten times a second and a line for every epoch;
// elsewhere the lines of the epochs alone.

import FoveaTensorCore
import FoveaTraining
import Foundation
import Synchronization

/// Shows a run on standard error.
final class TrainingDisplay: TrainingObserver {
    private struct State {
        var epochs = 0
        var accuracy: Double?
        /// True while the live line stands there.
        var isOpen = false
        var wasStopping = false
    }

    private let isLive = Output.canOverwrite
    private let stop: StopSignal
    private let state = Mutex(State())

    init(stop: StopSignal) { self.stop = stop }

    func receive(_ event: TrainingEvent) {
        state.withLock { state in
            switch event {
            case .ready(let plan): ready(plan, &state)
            case .backbone(let done, let count):
                if isLive { show("backbone  \(grouped(done)) of \(grouped(count)) pictures", &state) }
            case .normsMeasured(let count): normsMeasured(count, &state)
            case .fitting(let decay, let count, let evaluations, let loss):
                if isLive {
                    let text =
                        "fitting the head  decay \(decay) of at most \(count)  \(grouped(evaluations)) evaluations  "
                    show(text + String(format: "loss %.4f", loss), &state)
                }
            case .head(let report): finish(report, &state)
            case .step(let report): if isLive { show(line(report, state), &state) }
            case .validating(let epoch): if isLive { show("epoch \(epoch)/\(state.epochs)  validating", &state) }
            case .epoch(let report): finish(report, &state)
            case .picture(let failure): say("cannot be read: \(failure.name.printable): \(failure.reason)", &state)
            case .ended(.noProgress(let epochs)):
                say("stopped early: no better validation score for \(epochs) epochs", &state)
            case .ended: close(&state)
            }
        }
    }

    /// A line of its own, above the live one.
    func say(_ text: String) { state.withLock { say(text, &$0) } }

    /// Removes the live line.
    func close() { state.withLock { close(&$0) } }

    private func ready(_ plan: TrainingPlan, _ state: inout State) {
        state.epochs = plan.epochs
        say(
            "training \(grouped(plan.parameterCount)) parameters on \(grouped(plan.trainingCount)) pictures, validating on "
                + "\(grouped(plan.validationCount)): \(plan.epochs) epochs of \(plan.stepsPerEpoch) steps of "
                + "\(plan.batchSize), \(plan.memoryByteCount >> 20) MB for activations, about "
                + duration(plan.estimatedSeconds), &state)
    }

    private func normsMeasured(_ count: Int, _ state: inout State) {
        say(
            "the norms of these weights do nothing (they were folded into the convolutions): measured anew on "
                + "\(grouped(count)) pictures; --norms fixed leaves them", &state)
    }

    private func finish(_ report: HeadReport, _ state: inout State) {
        state.accuracy = report.validationAccuracy
        say(
            "head  "
                + String(
                    format: "loss %.4f  accuracy %.2f %%  validation loss %.4f  accuracy %.2f %%  ",
                    report.trainingLoss, report.trainingAccuracy * 100, report.validationLoss,
                    report.validationAccuracy * 100)
                + "decay \(report.weightDecay), the best of \(report.decays)", &state)
    }

    private func finish(_ report: EpochReport, _ state: inout State) {
        state.accuracy = report.validationAccuracy
        let total = String(state.epochs)
        say(
            "epoch \(String(report.epoch).padded(to: total.count, .right))/\(total)  "
                + String(
                    format: "loss %.4f  accuracy %.2f %%  validation loss %.4f  accuracy %.2f %%  %.0f pictures/s  ",
                    report.trainingLoss, report.trainingAccuracy * 100, report.validationLoss,
                    report.validationAccuracy * 100, report.picturesPerSecond)
                + duration(report.seconds) + (report.isBest ? "  best" : ""), &state)
    }

    private func line(_ report: StepReport, _ state: State) -> String {
        let cells = 20
        let done = cells * report.step / max(1, report.stepsPerEpoch)
        let bar = String(repeating: "━", count: done) + String(repeating: "─", count: cells - done)
        var text = "epoch \(report.epoch)/\(state.epochs)  \(bar)  "
        text += String(
            format: "%.0f pictures/s  loss %.4f  lr %.4f", report.picturesPerSecond, report.loss, report.learningRate)
        if let accuracy = state.accuracy { text += String(format: "  validation %.2f %%", accuracy * 100) }
        return text + (stop.isSet ? "  stopping" : "  \(duration(report.secondsLeft)) left")
    }

    private func show(_ text: String, _ state: inout State) {
        state.isOpen = true
        Output.progress("\r" + text.shortened(to: Output.width(of: STDERR_FILENO) - 1) + "\u{1B}[K")
    }

    private func say(_ text: String, _ state: inout State) {
        close(&state)
        Output.message(text)
    }

    private func close(_ state: inout State) {
        if state.isOpen { Output.progress("\r\u{1B}[K") }
        state.isOpen = false
    }
}

/// `75` as `1:15 min`, `4000` as `1:07 h`, `2.31` as `2.3 s`.
func duration(_ seconds: Double) -> String {
    guard seconds.isFinite else { return "an unknown time" }
    if seconds < 60 { return String(format: "%.1f s", seconds) }
    let whole = Int(min(seconds, 1e12).rounded())
    if whole < 3600 { return String(format: "%d:%02d min", whole / 60, whole % 60) }
    return String(format: "%d:%02d h", whole / 3600, whole / 60 % 60)
}

/// `11181642` as `11,181,642`.
func grouped(_ number: Int) -> String {
    let digits = String(number)
    return String(
        digits.enumerated().flatMap { index, digit -> [Character] in
            let left = digits.count - index
            return index > 0 && left % 3 == 0 && digit != "-" ? [",", digit] : [digit]
        })
}
