// Which registered network weights belong to, seen from the names and shapes of their tensors alone. A hint (a file's or a
// hub's name for it) decides between networks that have equal parameters; it never overrules the parameters.

import FoveaGraph
import FoveaModeling
import FoveaTensorCore

/// A network that weights fit.
package struct NetworkRecognition: Sendable {
    /// The network as the file has it: its classes, its channels, the size that it is meant for.
    package let configuration: ModelConfiguration
    /// Whether the file has the classifier too; without it, it is a start for training and nothing more.
    package let hasClassifier: Bool
    /// Other networks with the very same parameters.
    package let others: [String]

    /// Finds the network. Throws a `Failure` of kind `.model` with the differences from the nearest one.
    /// `hint` is any text that may hold the network's name, `size` the pictures' side if it is known.
    package init(_ weights: NamedWeights, hint: String = "", size: Int? = nil) throws {
        var exact: [ModelConfiguration] = []
        var nearest: (configuration: ModelConfiguration, matching: Int, differences: [String])?
        for configuration in Self.candidates(hint: hint, size: size) {
            if weights.isOfTensorFlow, !configuration.architecture.hasPrefix("tf_") { continue }
            guard let tried = try? Self.compare(weights, with: configuration) else { continue }
            if tried.differences.isEmpty { exact.append(tried.configuration) }
            if tried.matching > nearest?.matching ?? 0 { nearest = tried }
            // The one that the hint names, and it fits: no need to build all others.
            if exact.count == 1, Self.names(hint, configuration.architecture) { break }
        }
        guard let first = exact.first else { throw Self.unknown(weights, nearest) }
        configuration = first
        hasClassifier = weights.shape("\(try Model(first).head).weight") != nil
        var seen: Set<String> = [first.architecture]
        others = exact.map(\.architecture).filter { seen.insert($0).inserted }
    }

    /// Networks to try, the likeliest first: those that the hint names, the longest name first; each at the size that it is
    /// meant for, then in the form that it takes for small pictures.
    private static func candidates(hint: String, size: Int?) -> [ModelConfiguration] {
        let named = Registry.architectures.filter { names(hint, $0.name) }.sorted { $0.name.count > $1.name.count }
        let rest = Registry.architectures.filter { !names(hint, $0.name) }
        return (named + rest).flatMap { architecture in
            [size, architecture.nominalSize, 32].compactMap { $0 }.reduce(into: [Int]()) {
                if !$0.contains($1) { $0.append($1) }
            }.map {
                ModelConfiguration(architecture: architecture.name, channels: 3, height: $0, width: $0, classCount: 10)
            }
        }
    }

    /// True if the hint names the network. timm's own networks have its name before theirs here, where torchvision has others
    /// of that name; those of TensorFlow's weights have equal parameters and answer otherwise.
    private static func names(_ hint: String, _ architecture: String) -> Bool {
        let (hint, name) = (hint.lowercased(), architecture.lowercased())
        if hint.contains(name) { return true }
        guard name.hasPrefix("timm_") else { return false }
        let own = name.dropFirst("timm_".count)
        return hint.contains(own) && !hint.contains("tf_" + own)
    }

    /// The configuration with the file's classes and channels, how many parameters fit it, and what differs.
    private static func compare(
        _ weights: NamedWeights, with configuration: ModelConfiguration
    ) throws -> (configuration: ModelConfiguration, matching: Int, differences: [String]) {
        var configuration = configuration
        var model = try Model(configuration)
        var parameters = try model.inferenceGraph(batch: 1).parameters.filter(\.role.isSaved)
        let shared = parameters.count { weights.shape($0.name) != nil }
        // Far from it: not worth a second look.
        guard shared * 2 > parameters.count else { return (configuration, 0, ["\(configuration.architecture)"]) }
        let classes = weights.shape("\(model.head).weight")?.dimensions.first ?? configuration.classCount
        let channels = stem(of: parameters).flatMap { weights.shape($0.name) }.map { $0.rank > 1 ? $0[1] : 3 } ?? 3
        if (classes, channels) != (configuration.classCount, configuration.channels), classes > 0,
            channels == 1 || channels == 3
        {
            (configuration.classCount, configuration.channels) = (classes, channels)
            model = try Model(configuration)
            parameters = try model.inferenceGraph(batch: 1).parameters.filter(\.role.isSaved)
        }
        let head = "\(model.head)."
        let isHeadless = !weights.entries.contains { $0.name.hasPrefix(head) }
        let differences = WeightFit.differences(weights, parameters: parameters) { isHeadless && $0.hasPrefix(head) }
        let matching = parameters.count { weights.shape($0.name) == $0.shape }
        return (configuration, matching, differences)
    }

    /// The filters that see the picture: the first ones that are declared.
    static func stem(of parameters: [Parameter]) -> Parameter? { parameters.first { $0.shape.rank == 4 } }

    private static func unknown(
        _ weights: NamedWeights, _ nearest: (configuration: ModelConfiguration, matching: Int, differences: [String])?
    ) -> Failure {
        guard let nearest, nearest.matching * 2 > nearest.differences.count else {
            let names = weights.entries.prefix(4).map(\.name.printable).joined(separator: ", ")
            return Failure(
                .model,
                "\(weights.file): the \(weights.entries.count) tensors belong to no network that is known here "
                    + "(\(names)\(weights.entries.count > 4 ? ", ..." : ""))",
                advice: "`fovea models` lists the networks; `fovea models NAME` shows the names of one.")
        }
        let network = nearest.configuration
        return Failure(
            .model,
            "\(weights.file) belongs to no network that is known here; the nearest is \(network.architecture), but:\n  "
                + nearest.differences.joined(separator: "\n  "),
            advice: "Was it saved with another network or width, or only in part?")
    }
}
