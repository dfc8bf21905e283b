// Whether weights may be fetched that nobody named: said before by a flag, asked on a terminal, and else not. Knows nothing of
// hubs; an answer is a letter and a line's end.

import ArgumentParser
import FoveaTraining
import FoveaWorkflows
import Foundation

/// Flags about trained weights that a training chooses itself.
struct StartFlags: ParsableArguments {
    @Flag(
        name: .shortAndLong,
        help: "Fetch the trained weights that photographs are learned from, without a question, if they are not here.")
    var yes = false

    @Flag(help: "Start from no trained weights: the network learns from your pictures alone.")
    var fromScratch = false

    func validate() throws {
        if yes && fromScratch { throw ValidationError("--yes fetches weights, and --from-scratch takes none") }
    }

    /// How weights are found that nobody named.
    func start(isQuiet: Bool, stop: StopSignal) -> DefaultStart {
        let yes = yes
        return DefaultStart { offer in
            if yes {
                if !isQuiet { Output.message("fetching once: " + offer.text) }
                return .given
            }
            guard !isQuiet, Output.canAsk else { return .unasked }
            Output.message(offer.text)
            return Output.answer("Fetch it now? [Y/n] ", isOver: { stop.isSet }) ? .given : .refused
        }
    }
}

extension Output {
    /// True if there is somebody to ask: who sees what is asked, and can answer.
    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Asks for yes or no until one of them is said; nothing but the line's end is yes, the end of the input is no, and so is
    /// `isOver`, which is looked at while nobody answers.
    static func answer(_ question: String, isOver: () -> Bool) -> Bool {
        while true {
            progress(question)
            var line: [UInt8] = []
            while true {
                guard let byte = byte(isOver) else {
                    message("")
                    return false
                }
                if byte == UInt8(ascii: "\n") { break }
                line.append(byte)
            }
            switch String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespaces).lowercased() {
            case "", "y", "yes": return true
            case "n", "no": return false
            default: continue
            }
        }
    }

    /// The next byte of standard input; nil at its end, or when it is over.
    private static func byte(_ isOver: () -> Bool) -> UInt8? {
        while !isOver() {
            var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 100) > 0 else { continue }
            var byte: UInt8 = 0
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            return count == 1 ? byte : nil
        }
        return nil
    }
}
