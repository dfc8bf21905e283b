// Which parameters a training leaves as they are, said by patterns: `layer1.*`, `*.bias`, or a scope such as `features`, which
// stands for everything in it. A pattern that fits nothing is a mistake and is told.

import FoveaCompiler
import FoveaGraph
import FoveaTensorCore

/// Patterns of parameter names. `*` stands for any characters, dots included, `?` for one.
package struct FrozenNames: Sendable, Equatable {
    package var patterns: [String]

    package init(_ patterns: [String]) { self.patterns = patterns }

    /// True if a pattern fits the name, or a scope that the parameter stands in.
    package func contains(_ name: String) -> Bool { patterns.contains { Self.fits($0, name) } }

    /// What the compiler is told. Throws a `Failure` of kind `.usage` if a pattern fits no parameter, or if nothing is left
    /// to train.
    package func freezing(of parameters: [Parameter], fixesNorms: Bool) throws -> Freezing {
        let trainable = parameters.filter(\.role.isTrainable).map(\.name)
        for pattern in patterns where !trainable.contains(where: { Self.fits(pattern, $0) }) {
            var scopes: [String] = []
            for name in trainable {
                guard let first = name.split(separator: ".").first.map(String.init) else { continue }
                if !scopes.contains(first) { scopes.append(first) }
            }
            throw Failure(
                .usage, "--freeze \(pattern): the network has no such parameter",
                advice: "Its parts are \(scopes.joined(separator: ", ")); `fovea models NAME` lists its layers.")
        }
        guard trainable.contains(where: { !contains($0) }) else {
            throw Failure(
                .usage, "--freeze \(patterns.joined(separator: " ")): nothing is left to train",
                advice: "Leave at least the last layer free.")
        }
        let names = self
        return Freezing(fixesNorms: fixesNorms) { names.contains($0) }
    }

    private static func fits(_ pattern: String, _ name: String) -> Bool {
        let (pattern, name) = (Array(pattern.utf8), Array(name.utf8))
        let ends = name.indices.filter { name[$0] == UInt8(ascii: ".") } + [name.count]
        return ends.contains { matches(pattern, name[..<$0]) }
    }

    /// The usual walk: on a mismatch the last star takes one character more.
    private static func matches(_ pattern: [UInt8], _ name: ArraySlice<UInt8>) -> Bool {
        var (p, n) = (0, 0)
        var star: (p: Int, n: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                star = (p, n)
                p += 1
            } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || pattern[p] == name[n] {
                p += 1
                n += 1
            } else if let last = star {
                star = (last.p, last.n + 1)
                (p, n) = (last.p + 1, last.n + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
