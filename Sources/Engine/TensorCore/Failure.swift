// The one error type a person sees: what went wrong, where, and what to do. Its kind decides the exit code.
// Wrong input throws a `Failure`; a wrong program traps with `precondition`.

/// An error whose text is meant for the person at the terminal.
public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Whose fault it is, and so which exit code the program ends with.
    public enum Kind: Int32, Sendable {
        /// The work itself failed: full disk, NaN loss, no memory.
        case work = 1
        /// The command line or configuration is wrong.
        case usage = 2
        /// The pictures or their folder are wrong.
        case data = 3
        /// The model or weight file is wrong.
        case model = 4
        /// The person interrupted the work.
        case interrupted = 130
    }

    /// Whose fault it is.
    public let kind: Kind
    /// What is wrong and where, both sides of a mismatch included: one sentence or a short list.
    public let message: String
    /// What to do about it, if that can be said.
    public let advice: String?
    /// Where many such failures are met: what they have in common, in a few words, for counting.
    public let cause: String?

    /// An error of this kind.
    public init(_ kind: Kind, _ message: String, advice: String? = nil, cause: String? = nil) {
        self.kind = kind
        self.message = message
        self.advice = advice
        self.cause = cause
    }

    /// The message, and the advice on a line of its own.
    public var description: String { advice.map { message + "\n" + $0 } ?? message }
}
