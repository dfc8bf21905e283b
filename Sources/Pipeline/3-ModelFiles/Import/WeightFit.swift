// Puts the weights of a file into a network's memory. Strict: every tensor used, every parameter filled, every shape equal,
// else the full list of differences. Two things are adapted, and said: the classifier for other classes stays as it was
// drawn, and filters that see the picture follow its channels.

import FoveaGraph
import FoveaModeling
import FoveaTensorCore

/// What was adapted when weights were put into a network.
package struct WeightFit: Sendable, Equatable {
    /// Whether the classifier that the file has was left out, and the network's is new.
    package private(set) var replacedClassifier = false
    /// Whether filters for three channels were summed for one, or those for one spread over three.
    package private(set) var adaptedStem = false
    /// The same in sentences.
    package private(set) var notes: [String] = []
    /// A sentence where the file's classifier was taken for as many classes, of which nobody knows whether they are the same.
    package private(set) var unnamedClassifier: String?

    /// Fills `store`, which holds first values already, with `weights`, or throws and changes nothing.
    /// With `newClassifier`, or where the class counts differ, the classifier keeps the values it was drawn. Where the
    /// file's classes are not known by name (`knowsClasses`), one for as many classes is taken and that is said.
    package init(
        _ weights: NamedWeights, into store: ParameterStore, of model: Model, newClassifier: Bool = false,
        knowsClasses: Bool = true
    ) throws {
        let parameters = store.slots.map(\.parameter).filter(\.role.isSaved)
        let head = "\(model.head)."
        let count = model.configuration.classCount
        let given = weights.shape(head + "weight")?.dimensions.first
        let replaces = newClassifier || given != count
        func isHead(_ name: String) -> Bool { replaces && name.hasPrefix(head) }
        let stem = NetworkRecognition.stem(of: parameters).flatMap { parameter in
            Self.channels(weights.shape(parameter.name), for: parameter.shape).map { (parameter, $0) }
        }
        let differences = Self.differences(weights, parameters: parameters) { name in
            isHead(name) || name == stem?.0.name
        }
        guard differences.isEmpty else {
            throw Failure(
                .model,
                "\(weights.file) does not fit \(model.configuration.architecture):\n  "
                    + differences.joined(separator: "\n  "),
                advice: "Was it saved with another network or width, or for pictures of another size?")
        }
        // Everything is read before anything is changed.
        var tensors: [(String, Tensor<Float>)] = []
        for parameter in parameters where !isHead(parameter.name) {
            let tensor = try weights.tensor(parameter.name)
            tensors.append((parameter.name, parameter.name == stem?.0.name ? Self.adapted(tensor, parameter) : tensor))
        }
        for (name, tensor) in tensors { store.set(name, tensor) }
        if replaces {
            replacedClassifier = true
            notes.append(
                "the classifier \(model.head) is new, for \(count) classes: "
                    + (given.map { $0 == count ? "those of the file are others" : "the file's is for \($0)" }
                        ?? "the file has none"))
        }
        if !replaces, !knowsClasses {
            unnamedClassifier =
                "the classifier \(model.head) is kept: the file is for \(count) classes too, and does not name them; if they "
                + "are others, it is only a start"
        }
        if let (parameter, channels) = stem {
            adaptedStem = true
            notes.append(
                channels == 3
                    ? "the filters of \(parameter.name) were summed over the three channels: the pictures have one"
                    : "the filters of \(parameter.name) were spread over three channels: the file's network has one")
        }
    }

    /// What keeps `weights` from being these parameters; empty if nothing does. Names that `ignoring` says true to are not
    /// looked at, nor is what no network computes with.
    package static func differences(
        _ weights: NamedWeights, parameters: [Parameter], ignoring: (String) -> Bool
    ) -> [String] {
        var differences: [String] = []
        for parameter in parameters where !ignoring(parameter.name) {
            guard let shape = weights.shape(parameter.name) else {
                differences.append("\(parameter.name): missing, the model wants \(parameter.shape)")
                continue
            }
            if shape != parameter.shape {
                differences.append("\(parameter.name): the file has \(shape), the model wants \(parameter.shape)")
            }
        }
        let known = Set(parameters.map(\.name))
        for entry in weights.entries.sorted(by: { $0.name < $1.name })
        where !known.contains(entry.name) && !ignoring(entry.name) && !isIdle(entry.name) {
            differences.append("\(entry.name.printable): the model has no such parameter \(entry.shape)")
        }
        return differences
    }

    /// Counters that PyTorch keeps in norms and averages of weights, and GoogLeNet's auxiliary heads, which only training had:
    /// nothing here reads them.
    static func isIdle(_ name: String) -> Bool {
        name.hasSuffix("num_batches_tracked") || name == "n_averaged" || name.hasPrefix("aux1.")
            || name.hasPrefix("aux2.")
    }

    /// The file's channels where they are all that differs, and 1 there are 3 here or the other way round.
    private static func channels(_ given: Shape?, for wanted: Shape) -> Int? {
        guard let given, given.rank == 4, given != wanted else { return nil }
        let isSame = [0, 2, 3].allSatisfy { given[$0] == wanted[$0] }
        return isSame && [[1, 3], [3, 1]].contains([given[1], wanted[1]]) ? given[1] : nil
    }

    /// Filters (F, 3, H, W) to (F, 1, H, W) by their sum over the channels, which answers a gray picture as before; the
    /// other way a third of the filter for each channel.
    private static func adapted(_ tensor: Tensor<Float>, _ parameter: Parameter) -> Tensor<Float> {
        let area = tensor.shape[2] * tensor.shape[3]
        var elements: [Float] = []
        elements.reserveCapacity(parameter.shape.count)
        for filter in 0..<tensor.shape[0] {
            if parameter.shape[1] == 1 {
                for position in 0..<area {
                    elements.append((0..<3).reduce(0) { $0 + tensor.elements[(filter * 3 + $1) * area + position] })
                }
            } else {
                for _ in 0..<3 {
                    for position in 0..<area { elements.append(tensor.elements[filter * area + position] / 3) }
                }
            }
        }
        return Tensor(parameter.shape, elements)
    }
}
