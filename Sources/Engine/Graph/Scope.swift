// Where in a network a layer stands: the path that names its parameters, equal to torchvision's.

/// A dotted path: `Scope.root / "layer1" / "0"` is `layer1.0`.
package struct Scope: Sendable, Hashable, CustomStringConvertible {
    /// The path, without a leading dot; empty at the root.
    package let path: String

    /// The scope of a whole network.
    package static let root = Scope(path: "")

    private init(path: String) { self.path = path }

    /// The scope `name` inside this one. `name` may hold dots.
    package static func / (scope: Scope, name: String) -> Scope {
        Scope(path: scope.path.isEmpty ? name : scope.path + "." + name)
    }

    package var description: String { path }
}
