// `fovea models compare`: several networks on one data set, fitted, measured and timed, as a table.

import ArgumentParser
import FoveaCollecting
import FoveaOneDNNBackend
import FoveaTensorCore
import FoveaTraining
import FoveaWorkflows
import Foundation

/// Compares networks on a person's own pictures.
struct CompareModels: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Fit several networks to your pictures and compare accuracy, speed and size.",
        discussion: """
            Each network starts from its trained weights and is fitted the same way: the head alone unless --fine-tune \
            says otherwise, which takes seconds. Accuracy is that on the validation pictures; pictures/s are answers of \
            the fitted network on this machine, in the batches that serve best.

            Examples:
              fovea models compare photographs --models mobilenet_v2.safetensors,resnet18.pth
              fovea models compare photographs --models timm/resnet18.a1_in1k,torchvision/mobilenet_v2
              fovea models compare photographs --models a.safetensors,b.safetensors --fine-tune staged --json
            """)

    @Argument(help: DataFlags.argument)
    var data: String

    @Option(help: ArgumentHelp("What `train --model` takes, separated by commas.", valueName: "a,b,c"))
    var models: String

    @Option(help: ArgumentHelp("How each is fitted: head, staged or full.", valueName: "way"))
    var fineTune: FineTuning = .head

    @Option(help: ArgumentHelp("The seed of every random draw.", valueName: "number"))
    var seed: UInt64?

    @OptionGroup var precision: PrecisionFlag

    @OptionGroup var reading: DataFlags

    @OptionGroup var threads: ThreadFlags

    @Flag(name: .shortAndLong, help: "Print nothing but errors and the result.")
    var quiet = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        if names.isEmpty { throw ValidationError("--models names no model") }
    }

    private var names: [String] {
        models.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    func run() throws {
        WaitingPolicy.apply()
        let stop = StopSignal()
        let display = TrainingDisplay(stop: stop)
        let counts = CountDisplay(isQuiet: quiet)
        let interruption = Interruption(stop) {}
        defer { withExtendedLifetime(interruption) {} }
        var training = TrainingRequest(data: data, output: "")
        training.overrides.fineTuning = fineTune
        training.overrides.seed = seed
        training.overrides.precision = precision.precision
        if let count = threads.threads { training.overrides.threads = .some(count) }
        training.loaderThreads = threads.loaderThreads
        training.collecting = try reading.options(on: counts)
        defer { display.close() }
        var said: Set<String> = []
        let comparison = try CompareWorkflow.run(
            ComparisonRequest(models: names, training: training), stop: stop, observers: quiet ? [] : [display],
            makeLibrary: { try OneDNNLibrary(threads: $0) },
            begun: { if !quiet { display.say($0.printable) } },
            tell: { notice in
                counts.close()
                // What is true of the data is said once.
                guard !quiet, case .note(let text) = notice, said.insert(text).inserted else { return }
                display.say("note: " + text.printable)
            })
        display.close()
        Output.result(json ? try JSONText.line(comparison) : table(comparison))
        if stop.isSet { throw ExitCode(Failure.Kind.interrupted.rawValue) }
        if let row = comparison.models.first(where: { $0.error != nil }),
            comparison.models.allSatisfy({ $0.error != nil })
        {
            throw Failure(.work, "no model could be fitted; \(row.model): \(row.error ?? "")")
        }
    }

    private func table(_ comparison: Comparison) -> String {
        let names = Self.shortened(comparison.models.map(\.model))
        var table = TextTable([
            ("model", .left), ("network", .left), ("size", .right), ("accuracy", .right), ("95 % interval", .right),
            ("pictures/s", .right), ("file", .right), ("fitted in", .right),
        ])
        var failures: [String] = []
        for (row, name) in zip(comparison.models, names) {
            guard let accuracy = row.accuracy, let lower = row.lower, let upper = row.upper else {
                failures.append("\(name) was not fitted: \(row.error?.printable ?? "interrupted")")
                continue
            }
            table.add([
                name, row.network ?? "", row.size.map(String.init) ?? "",
                String(format: "%.2f %%", accuracy * 100),
                String(format: "%.1f to %.1f %%", lower * 100, upper * 100),
                row.picturesPerSecond.map { String(format: "%.0f", $0) } ?? "",
                row.bytes.map { String(format: "%.1f MB", Double($0) * 1e-6) } ?? "",
                row.seconds.map(duration) ?? "",
            ])
        }
        let doubt = Self.doubt(comparison, names).map { [$0] } ?? []
        return (table.lines + doubt + failures).joined(separator: "\n")
    }

    /// Paths by their last part, where that is enough to tell them apart.
    private static func shortened(_ models: [String]) -> [String] {
        let last = models.map { model in
            FileManager.default.fileExists(atPath: model)
                ? model.split(separator: "/").last.map(String.init) ?? model : model
        }
        return zip(models, last).map { whole, short in
            (last.count { $0 == short } == 1 ? short : whole).printable
        }
    }

    /// Which of the others may be as good as the best: their intervals overlap.
    private static func doubt(_ comparison: Comparison, _ names: [String]) -> String? {
        guard let best = comparison.models.first, let lower = best.lower, let count = best.count else { return nil }
        let close = zip(comparison.models, names).dropFirst().filter { ($0.0.upper ?? -1) >= lower }.map(\.1)
        guard !close.isEmpty else { return nil }
        return "too close to tell on \(grouped(count)) pictures (the intervals overlap): \(names[0]), "
            + close.joined(separator: ", ")
    }
}
