// The program's first statement: reads the command line, runs one command, and turns whatever went wrong into a message
// on standard error and an exit code. Everything else stands in the commands' own files.

import ArgumentParser
import FoveaPictures
import FoveaTensorCore
import FoveaWorkflows
import Foundation

/// The root command.
struct Fovea: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fovea",
        abstract: "Train, measure and use image classifiers.",
        discussion: """
            fovea train fashion-mnist -o fashion.fovea
            fovea evaluate fashion.fovea fashion-mnist
            fovea predict fashion.fovea boot.png

            Exit codes: 0 done, 1 failed while working, 2 wrong usage, 3 bad input data, 4 bad model file,
            130 interrupted.
            """,
        version: ProgramVersion.name,
        subcommands: [
            Collect.self, Inspect.self, Preview.self, Train.self, Evaluate.self, Predict.self, Quantize.self, Show.self,
            ModelsCommand.self, PlanCommand.self, Bench.self, BenchPictures.self,
        ])
}

@main
enum Program {
    static func main() async {
        // A reader that goes away (`| head`) is noticed when writing fails, not by a signal.
        signal(SIGPIPE, SIG_IGN)
        // So is a file that would grow beyond the limit of `ulimit -f`.
        signal(SIGXFSZ, SIG_IGN)
        do {
            // Read where pictures are; told here if it cannot be understood.
            _ = try DecodingLimits(environment: ProcessInfo.processInfo.environment)
            var command = try Fovea.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            Output.message(failure)
            exit(failure.kind.rawValue)
        } catch let code as ExitCode {
            exit(code.rawValue)
        } catch {
            finish(error)
        }
    }

    /// Help and version go to standard output; a wrong command line is exit code 2 here, where argument-parser has 64.
    private static func finish(_ error: any Error) -> Never {
        let text = Fovea.fullMessage(for: error)
        if Fovea.exitCode(for: error).isSuccess {
            Output.result(text)
            exit(0)
        }
        if error is CocoaError || error is POSIXError {
            Output.error(error.localizedDescription)
            exit(Failure.Kind.work.rawValue)
        }
        Output.error(text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : text)
        exit(Failure.Kind.usage.rawValue)
    }
}
