// Flags that several commands share, each said once.

import ArgumentParser
import FoveaCollecting
import FoveaTensorCore

/// Threads of kernels and loaders.
struct ThreadFlags: ParsableArguments {
    @Option(help: ArgumentHelp("Threads that compute; one a core unless given.", valueName: "count"))
    var threads: Int?

    @Option(help: ArgumentHelp("Threads that load pictures; one a core unless given.", valueName: "count"))
    var loaderThreads: Int?

    func validate() throws {
        for (name, value) in [("--threads", threads), ("--loader-threads", loaderThreads)] {
            if let value, !(1...1024).contains(value) {
                throw ValidationError("\(name) is \(value), it must be 1 to 1024")
            }
        }
    }
}

extension CollectingOptions {
    /// The usual options, with progress on a display.
    static func shown(on display: CountDisplay) -> CollectingOptions {
        var options = CollectingOptions()
        options.progress = { progress in
            switch progress {
            case .downloading(let file, let received, let total):
                display.show("fetching \(file.printable)", received, of: total)
            case .hashing(let done, let total): display.show("drawing splits: pictures", done, of: total)
            case .reading(let done, let total): display.show("reading: pictures", done, of: total)
            case .writing(let done, let total): display.show("writing: pictures", done, of: total)
            }
        }
        return options
    }
}

/// The arithmetic.
struct PrecisionFlag: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The arithmetic: auto, f32 or bf16. auto takes what the processor does fastest, or what a model file was measured with; of a quantised model, that of its other layers.",
            valueName: "type"))
    var precision: PrecisionChoice?
}

extension PrecisionChoice: ExpressibleByArgument {}
