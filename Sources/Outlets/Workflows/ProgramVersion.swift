// What this program calls itself in model files and on the command line.

/// The program's name and version.
package enum ProgramVersion {
    /// Semantic versioning: the command line and the model file are the interface.
    package static let number = "0.1.0"
    /// As it stands in a model's card.
    package static let name = "fovea " + number
}
