// Names of parameters as training programs leave them: behind `module.` of data-parallel training, `_orig_mod.` of a compiled
// model, in an older spelling, or in transformers'. Cuts off what stands before every name; never guesses at single ones.

import FoveaTensorCore

extension NamedWeights {
    /// What programs put before all names of a network.
    private static let prefixes = ["module.", "_orig_mod.", "model.", "net.", "network."]

    /// The same tensors under their own names.
    package func unwrapped() -> NamedWeights {
        var entries = entries
        var cut = ""
        // Averages of weights keep a counter beside the network.
        func counts(_ name: String) -> Bool { name != "n_averaged" }
        while let prefix = Self.prefixes.first(where: { prefix in
            entries.contains { counts($0.name) } && entries.allSatisfy { !counts($0.name) || $0.name.hasPrefix(prefix) }
        }) {
            for index in entries.indices where counts(entries[index].name) {
                entries[index].name.removeFirst(prefix.count)
            }
            cut += prefix
        }
        let family = TransformersNames(entries.map(\.name))
        let names = entries.map(\.name)
        for (index, name) in (family?.own(names) ?? names.map(Self.modern)).enumerated() { entries[index].name = name }
        return NamedWeights(
            file: file, entries: entries, isOfTensorFlow: family?.isOfTensorFlow ?? false,
            notes: notes + (cut.isEmpty ? [] : ["\(file): \"\(cut)\" was cut off before every name"]))
    }

    /// DenseNets of torchvision before 0.3 write `norm.1` where a module is called `norm1` now.
    private static func modern(_ name: String) -> String {
        guard name.contains("denselayer") else { return name }
        var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let layer = parts.firstIndex(where: { $0.hasPrefix("denselayer") }), layer + 3 < parts.count,
            ["norm", "conv"].contains(parts[layer + 1]), ["1", "2"].contains(parts[layer + 2])
        else { return name }
        parts[layer + 1] += parts.remove(at: layer + 2)
        return parts.joined(separator: ".")
    }
}
