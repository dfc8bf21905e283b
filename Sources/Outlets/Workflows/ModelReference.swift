// What a person may write where a model is wanted: the name of a network, a file of this program or of another, a folder, or
// a name on a hub. Decides what is meant and has it opened; what exists on this machine comes before what a hub may have.

import FoveaHub
import FoveaModelFiles
import FoveaModeling
import FoveaRunning
import FoveaTensorCore
import Foundation

/// Names of models.
package enum ModelReference {
    /// What may be named besides networks, for help texts.
    package static let kinds =
        "a .fovea, safetensors, PyTorch (.pth, .pt, .bin) or ONNX file, a folder with config.json and model.safetensors, "
        + "or a name on a hub, such as timm/resnet18.a1_in1k, hf:OWNER/NAME or torchvision/resnet50"

    /// An opened model, and what a person should know about it.
    package struct Opened: Sendable {
        package let model: LoadedModel
        package let notes: [String]
    }

    /// True for the names of networks that `fovea models` lists.
    package static func isNetwork(_ text: String) -> Bool { Registry.architectures.contains { $0.name == text } }

    /// True if the text can only mean weights: a path, or something that exists.
    package static func isWeights(_ text: String) -> Bool {
        !isNetwork(text) && (text.contains("/") || text.contains(".") || FileManager.default.fileExists(atPath: text))
    }

    /// The weights that a text names. Throws a `Failure` that says what is wrong.
    /// `progress` is told of what is fetched.
    package static func startingWeights(
        _ text: String, progress: HubProgress? = nil, settings: HubSettings = .current
    ) throws -> StartingWeights {
        if !FileManager.default.fileExists(atPath: text), let reference = HubReference(text) {
            return try fetched(reference, text, HubDownload(settings, progress: progress))
        }
        guard FileManager.default.fileExists(atPath: text) || isWeights(text) else {
            _ = try Registry.architecture(text)
            throw Failure(.usage, "\(text) is a network without weights", advice: "Name a file of weights.")
        }
        return try StartingWeights(path: text)
    }

    /// Weights of a hub.
    private static func fetched(
        _ reference: HubReference, _ text: String, _ download: HubDownload
    ) throws -> StartingWeights {
        let files = try download.files(of: reference)
        var weights = try StartingWeights(path: files.path, name: text, origin: files.origin)
        if case .torchvision(let name, let version) = reference {
            let preprocessing = try TorchvisionWeights(named: name, version: version).preprocessing
            weights.preprocessing = preprocessing
            (weights.configuration.height, weights.configuration.width) = (preprocessing.height, preprocessing.width)
            weights.licence = "BSD-3-Clause"
        }
        weights.notes += files.notes
        return weights
    }

    /// A model to predict and to measure with. `labels` is a file of class names, if there is one.
    package static func open(
        _ text: String, labels: String? = nil, progress: HubProgress? = nil
    ) throws -> Opened {
        if labels == nil, isModelFile(text) { return Opened(model: try LoadedModel(path: text), notes: []) }
        let weights = try named(text, labels, progress)
        return Opened(
            model: try LoadedModel(weights, program: ProgramVersion.name), notes: weights.notes + weights.assumptions)
    }

    /// The card of a model.
    package static func card(_ text: String, labels: String? = nil, progress: HubProgress? = nil) throws -> ModelCard {
        if labels == nil, isModelFile(text) { return try ModelFile.loadCard(text) }
        return try named(text, labels, progress).usableCard(program: ProgramVersion.name)
    }

    private static func named(
        _ text: String, _ labels: String?, _ progress: HubProgress?
    ) throws -> StartingWeights {
        let weights = try startingWeights(text, progress: progress)
        guard let labels else { return weights }
        return try weights.named(Labels.read(labels), from: labels)
    }

    /// True for files with a card: they are opened without reading everything first, and in eight bits too.
    private static func isModelFile(_ path: String) -> Bool { ModelFile.isOne(path) }
}
