// Weights that a network can start from, or be asked with, and everything their file says about them. The one value in
// which model files, weight files, folders and hubs end: training, fine-tuning, prediction and evaluation take it from here.

import FoveaGraph
import FoveaModeling
import FoveaPreprocessing
import FoveaTensorCore

/// Trained weights of a known network.
package struct StartingWeights: Sendable {
    /// What messages call them: the file, or the reference that a person typed.
    package var name: String
    /// The network as the weights have it: their classes, their channels, the size they are meant for.
    package var configuration: ModelConfiguration
    /// Whether the classifier is among them; without it they are a start for training and nothing more.
    package var hasClassifier: Bool
    /// The tensors, under the network's names.
    package var weights: NamedWeights
    /// What is done to pictures, where the file or its folder says so.
    package var preprocessing: Preprocessing?
    /// Class names in the order of the outputs, where the file or its folder says so.
    package var classes: [String]?
    /// The model file's card, where they come from one.
    package var card: ModelCard?
    /// Where they come from, in words: `timm/resnet18.a1_in1k of the hub, revision 491b427`.
    package var origin: String
    /// The licence of the weights, as their source states it.
    package var licence: String?
    /// What a person should know, in sentences.
    package var notes: [String]

    /// Weights without a card. The network is the one that they fit; `hint` may name it.
    /// Throws a `Failure` of kind `.model` with the differences from the nearest network if they fit none.
    package init(
        _ weights: NamedWeights, name: String, hint: String, size: Int? = nil, origin: String, licence: String? = nil
    ) throws {
        let found = try NetworkRecognition(weights, hint: hint, size: size)
        self.name = name
        (configuration, hasClassifier) = (found.configuration, found.hasClassifier)
        self.weights = weights
        self.origin = origin
        self.licence = licence
        notes = weights.notes
        if !found.others.isEmpty {
            notes.append(
                "\(name): taken for \(configuration.architecture); \(found.others.joined(separator: ", ")) "
                    + "\(found.others.count == 1 ? "has" : "have") the same parameters")
        }
    }

    /// The weights of one of Fovea's own files. Throws a `Failure` of kind `.model` if it is damaged, or its weights are
    /// steps of eight bits, which training cannot start from.
    package init(model path: String) throws {
        let file = try ModelFile.load(path)
        guard file.steps.isEmpty else {
            throw Failure(
                .model, "\(path): its weights are int8, and training needs those they were made from",
                advice: "Name the model that was quantised.")
        }
        name = path
        configuration = file.card.architecture
        hasClassifier = true
        weights = NamedWeights(file: path, tensors: file.tensors)
        preprocessing = file.card.preprocessing
        classes = file.card.classes
        card = file.card
        origin = "\(path.split(separator: "/").last.map(String.init) ?? path), written by \(file.card.program)"
        notes = []
    }

    /// Puts the weights into a network's memory, which holds first values already. `classes` are those that the network is
    /// to tell apart: the classifier is replaced if there are more or fewer of them, or the file's are known and others.
    /// Throws a `Failure` of kind `.model` with the full list of differences, and changes nothing then.
    @discardableResult
    package func fill(_ store: ParameterStore, of model: Model, classes: [String]) throws -> WeightFit {
        guard configuration.architecture == model.configuration.architecture else {
            throw Failure(
                .model,
                "\(name) is \(configuration.architecture), the network to be trained is "
                    + model.configuration.architecture,
                advice: "Leave the network's name away: it follows from the weights.")
        }
        return try WeightFit(
            weights, into: store, of: model, newClassifier: self.classes.map { $0 != classes } ?? false,
            knowsClasses: self.classes != nil)
    }

    /// What is done to pictures: what the file says, else what is usual for its network, which `assumptions` says.
    package var usedPreprocessing: Preprocessing { preprocessing ?? Self.usualPreprocessing(for: configuration) }

    /// The class names: the file's, else the indices of the outputs.
    package var usedClasses: [String] { classes ?? (0..<configuration.classCount).map(String.init) }

    /// What is taken for granted because the file does not say it.
    package var assumptions: [String] {
        var texts: [String] = []
        if preprocessing == nil {
            let usual = usedPreprocessing
            let path =
                usual.cropFraction < 1
                ? "shorter side to \(Int((Double(usual.height) / usual.cropFraction).rounded())), "
                    + "centre of \(usual.height)"
                : "\(usual.height) x \(usual.width)"
            let numbers = usual.mean.first == 0.5 ? "mean and deviation 0.5" : "ImageNet's mean and deviation"
            texts.append(
                "\(name) does not say how pictures are prepared; taken: \(path), \(numbers)")
        }
        if classes == nil {
            texts.append("\(name) names no classes; their indices stand for them (--labels FILE names them)")
        }
        return texts
    }

    /// A card for these weights, to predict and to measure with. Nothing in it was measured.
    /// Throws a `Failure` of kind `.model` if they cannot tell classes apart.
    package func usableCard(program: String) throws -> ModelCard {
        guard hasClassifier else {
            throw Failure(
                .model, "\(name): the weights of \(configuration.architecture) without its classifier",
                advice: "Start from them: fovea train DATA --model \(name) -o mine.fovea.")
        }
        return card
            ?? ModelCard(
                architecture: configuration, classes: usedClasses, preprocessing: usedPreprocessing,
                program: "\(program), from \(origin)")
    }

    /// The same weights with the classes' names. Throws a `Failure` of kind `.usage` if there are more or fewer names.
    package func named(_ names: [String], from file: String) throws -> StartingWeights {
        guard names.count == configuration.classCount else {
            throw Failure(
                .usage, "\(file) has \(names.count) lines, \(name) has \(configuration.classCount) classes",
                advice: "One name on each line, in the order of the network's outputs.")
        }
        var copy = self
        copy.classes = ClassNames.unique(names)
        copy.card?.classes = ClassNames.unique(names)
        return copy
    }

    /// Of ImageNet networks, torchvision's recipe: shorter side to 256 for 224, bilinear. Small pictures stay as they are.
    static func usualPreprocessing(for configuration: ModelConfiguration) -> Preprocessing {
        let isSmall = max(configuration.height, configuration.width) <= 64
        let isGray = configuration.channels == 1
        // The GoogLeNet in use was trained with a half and a half; see `TorchvisionWeights`.
        let isHalf = configuration.architecture == "googlenet" && !isGray
        return Preprocessing(
            height: configuration.height, width: configuration.width, channels: configuration.channels,
            cropFraction: isSmall ? 1 : 0.875,
            mean: isGray ? [0.449] : isHalf ? [0.5, 0.5, 0.5] : [0.485, 0.456, 0.406],
            deviation: isGray ? [0.226] : isHalf ? [0.5, 0.5, 0.5] : [0.229, 0.224, 0.225])
    }
}

/// Names of classes from files that were not made for it: a card wants each once.
enum ClassNames {
    /// The names, with their index behind those that stood before: `crane` and `crane (517)`.
    static func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.enumerated().map { index, name in
            let name = name.isEmpty ? "\(index)" : name
            if seen.insert(name).inserted { return name }
            let other = "\(name) (\(index))"
            seen.insert(other)
            return other
        }
    }
}
