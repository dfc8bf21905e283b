// Where words go: results to standard output, everything else to standard error. Knows what a terminal is, and asks
// NO_COLOR. Nothing else in the program writes to either.

import FoveaTensorCore
import Foundation

/// The program's two voices.
enum Output {
    /// True if results go to a terminal.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// True if progress goes to a terminal that can overwrite a line.
    static var canOverwrite: Bool {
        isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// True if results may be coloured: to a terminal, unless NO_COLOR is set and not empty (no-color.org).
    static var isColoured: Bool {
        let environment = ProcessInfo.processInfo.environment
        return isTerminal && environment["TERM"] != "dumb" && (environment["NO_COLOR"] ?? "").isEmpty
    }

    /// Columns of the terminal, or 100 where there is none.
    static func width(of descriptor: Int32 = STDOUT_FILENO) -> Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return Int(size.ws_col)
    }

    /// One or more lines of a result. A reader that has gone ends the program quietly.
    static func result(_ text: String) {
        guard write(text + "\n", to: STDOUT_FILENO) else { exit(errno == EPIPE ? 0 : Failure.Kind.work.rawValue) }
    }

    /// One or more lines that are not the result.
    static func message(_ text: String) { _ = write(text + "\n", to: STDERR_FILENO) }

    /// Text that is not the result, without an end of line.
    static func progress(_ text: String) { _ = write(text, to: STDERR_FILENO) }

    /// An error and what to do about it.
    static func message(_ failure: Failure) { error(failure.message, advice: failure.advice) }

    /// An error and what to do about it. Control characters, as file names may hold them, are spelled out.
    static func error(_ text: String, advice: String? = nil) {
        let lines = (["error: " + text] + (advice.map { [$0] } ?? [])).joined(separator: "\n")
        message(
            lines.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
                .joined(separator: "\n"))
    }

    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }
}
