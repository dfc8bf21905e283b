// Ctrl-C while training: the first one asks the run to stop and keep what it has, the second one ends the program.

import FoveaTensorCore
import FoveaTraining
import Foundation

/// Turns SIGINT and SIGTERM into a wish to stop, as long as the object lives.
final class Interruption {
    private let sources: [any DispatchSourceSignal]

    /// `said` is called at the first signal.
    init(_ stop: StopSignal, said: @escaping @Sendable () -> Void) {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
            source.setEventHandler {
                guard !stop.isSet else { _exit(Failure.Kind.interrupted.rawValue) }
                stop.set()
                said()
            }
            source.resume()
            return source
        }
    }
}
