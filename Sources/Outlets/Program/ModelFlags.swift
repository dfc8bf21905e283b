// What commands that take a model share: what it may be, how it is opened, and names for classes that a file lacks.

import ArgumentParser
import FoveaHub
import FoveaModelFiles
import FoveaRunning
import FoveaTensorCore
import FoveaWorkflows

extension CountDisplay {
    /// Shows what arrives from a hub.
    var fetching: HubProgress {
        { file, received, total in
            if let total { self.show("fetching \(file.printable)", received, of: total) }
        }
    }
}

/// Flags about the model that a command takes.
struct ModelFlags: ParsableArguments {
    /// What may stand where a model is expected.
    static let kinds = ModelReference.kinds

    /// The help of the argument.
    static let argument = ArgumentHelp("A model file, or trained weights: \(kinds).", valueName: "model")

    @Option(
        help: ArgumentHelp(
            "Class names for weights that have none: a text file, one a line, in order.", valueName: "file"))
    var labels: String?

    /// Opens what a person named, and says what was taken for granted.
    func load(_ model: String, isQuiet: Bool) throws -> LoadedModel {
        let display = CountDisplay(isQuiet: isQuiet)
        defer { display.close() }
        let opened = try ModelReference.open(model, labels: labels, progress: display.fetching)
        display.close()
        if !isQuiet { for note in opened.notes { Output.message("note: " + note.printable) } }
        return opened.model
    }

    /// The card alone, of a model file without reading its weights.
    func card(_ model: String) throws -> ModelCard {
        let display = CountDisplay(isQuiet: false)
        defer { display.close() }
        return try ModelReference.card(model, labels: labels, progress: display.fetching)
    }
}
