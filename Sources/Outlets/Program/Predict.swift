// `fovea predict`: classes of pictures. A picture that cannot be read is an error in its own record; the others are
// answered, and the exit code is 3.

import ArgumentParser
import FoveaOneDNNBackend
import FoveaPredicting
import FoveaRunning
import FoveaTensorCore
import FoveaWorkflows
import Foundation
import Synchronization

/// Classifies pictures.
struct Predict: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Classify pictures.",
        discussion: """
            PICTURES are files, folders, patterns, or - for a picture on standard input. A picture that cannot be read \
            has an error in its record; the others are answered, and the exit code is 3.

            Examples:
              fovea predict fashion.fovea boot.png
              fovea predict flowers.fovea photographs/ --top 3 --csv > flowers.csv
              fovea predict flowers.fovea 'inbox/*.jpg' --jsonl
              fovea predict torchvision/mobilenet_v2 cat.jpg --labels imagenet.txt
              curl -s https://example.org/rose.jpg | fovea predict flowers.fovea -
            """)

    @Argument(help: ModelFlags.argument)
    var model: String

    @Argument(help: "Files, folders, patterns, or - for standard input.")
    var pictures: [String]

    @Option(help: ArgumentHelp("Classes to name for each picture.", valueName: "count"))
    var top = 5

    @Option(help: ArgumentHelp("Pictures a batch.", valueName: "count"))
    var batch: Int?

    @OptionGroup var naming: ModelFlags

    @OptionGroup var precision: PrecisionFlag

    @OptionGroup var threads: ThreadFlags

    @Flag(name: .shortAndLong, help: "Print nothing but errors and the result.")
    var quiet = false

    @Flag(help: "Print a JSON array.")
    var json = false

    @Flag(help: "Print one JSON object a line, each as soon as it is known.")
    var jsonl = false

    @Flag(help: "Print CSV: path, rank, class, index, probability, error.")
    var csv = false

    func validate() throws {
        guard [json, jsonl, csv].filter({ $0 }).count < 2 else {
            throw ValidationError("--json, --jsonl and --csv exclude each other")
        }
        if top < 1 { throw ValidationError("--top is \(top), it must be at least 1") }
        if let batch, batch < 1 { throw ValidationError("--batch is \(batch), it must be at least 1") }
    }

    /// Less work than this, in multiply-adds, is done sooner than a second thread is awake.
    private static let workForOneThread = 200_000_000

    private func threadCount(_ loaded: LoadedModel, _ pictures: Int) -> Int? {
        threads.threads ?? (loaded.multiplyAdds * pictures < Self.workForOneThread ? 1 : nil)
    }

    func run() async throws {
        var loaded = try naming.load(model, isQuiet: quiet)
        loaded.requestedPrecision = precision.precision?.named
        let (inputs, notes) = PictureArguments.expand(
            pictures, standardInput: { [UInt8](FileHandle.standardInput.readDataToEndOfFile()) })
        if !quiet { for note in notes { Output.message("note: " + note.printable) } }
        let predictor = Predictor(loaded, library: try OneDNNLibrary(threads: threadCount(loaded, inputs.count)))
        let writer = PredictionWriter(
            format: json ? .json : jsonl ? .jsonLines : csv ? .csv : .text, colour: Output.isTerminal)
        writer.begin()
        let failed = Atomic<Int>(0)
        if inputs.count == 1 {
            let result: Result<[Prediction], Failure>
            do {
                result = .success(try await predictor.predict(inputs[0], top: top))
            } catch let failure as Failure where failure.kind == .data {
                result = .failure(failure)
            }
            if case .failure = result { failed.add(1, ordering: .relaxed) }
            try writer.write(inputs[0].name, result)
        } else {
            let trouble = Mutex<(any Error)?>(nil)
            try await predictor.predict(
                inputs, top: top, batchSize: batch, loaderThreads: threads.loaderThreads
            ) { index, result in
                if case .failure = result { failed.add(1, ordering: .relaxed) }
                do {
                    try writer.write(inputs[index].name, result)
                    return true
                } catch {
                    trouble.withLock { $0 = error }
                    return false
                }
            }
            if let error = trouble.withLock({ $0 }) { throw error }
        }
        writer.end()
        let count = failed.load(ordering: .relaxed)
        guard count == 0 else {
            throw Failure(.data, "\(count) of \(inputs.count) pictures could not be read")
        }
    }
}
