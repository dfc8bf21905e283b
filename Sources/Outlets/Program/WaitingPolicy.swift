// How long kernel threads spin before they sleep. The pool's library reads this from the environment before `main`, so
// the program starts itself once more with it set; a training is faster for it, a single prediction would not be.

import Foundation

enum WaitingPolicy {
    /// Turns of spinning: with the loaders at low priority, the setting that came closest to the sum of the work.
    private static let spinCount = "20000"
    /// Set in the environment of the second start.
    private static let marker = "FOVEA_STARTED_AGAIN"

    /// Starts the program again with a short spin, once, where the person has not chosen otherwise. Returns if there is
    /// nothing to do or the system cannot.
    static func apply() {
        #if os(Linux)
            let environment = ProcessInfo.processInfo.environment
            guard environment[marker] == nil, environment["GOMP_SPINCOUNT"] == nil,
                environment["OMP_WAIT_POLICY"] == nil
            else { return }
            setenv(marker, "1", 1)
            setenv("GOMP_SPINCOUNT", spinCount, 1)
            var arguments = CommandLine.arguments.map { strdup($0) }
            arguments.append(nil)
            execv("/proc/self/exe", arguments)
            // Only a failed start comes back here.
            for argument in arguments { free(argument) }
        #endif
    }
}
