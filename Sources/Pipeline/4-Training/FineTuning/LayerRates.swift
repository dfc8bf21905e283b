// Layer-wise learning rates: the head learns at the full rate, every block before it at a part of the one behind (Howard and
// Ruder 2018, "ULMFiT", section 3.2; Clark et al. 2020). Early layers see edges and colours, which are the same everywhere.

import FoveaGraph

/// The factor of the learning rate for every parameter.
package struct LayerRates: Sendable, Equatable {
    /// The blocks in the order in which they first compute, and the head last: `conv1`, `layer1.0`, ... `fc`.
    package let blocks: [String]
    private let decay: Float

    /// The blocks of a forward graph. `decay` is the factor from a block to the one before it, 1 for none.
    package init(_ graph: Graph, decay: Float) {
        self.decay = decay
        let names = Dictionary(uniqueKeysWithValues: graph.parameters.map { ($0.value, $0.name) })
        var blocks: [String] = []
        for name in graph.nodes.flatMap(\.inputs).compactMap({ names[$0] }) {
            let block = Self.block(of: name)
            if !blocks.contains(block) { blocks.append(block) }
        }
        self.blocks = blocks
    }

    /// What the rate is multiplied by for the parameter of this name.
    package func factor(_ name: String) -> Float {
        guard decay != 1, let place = blocks.firstIndex(of: Self.block(of: name)) else { return 1 }
        var factor: Float = 1
        for _ in (place + 1)..<blocks.count { factor *= decay }
        return factor
    }

    /// The path up to its first number, `layer1.0` of `layer1.0.conv1.weight`; without one its first part.
    private static func block(of name: String) -> String {
        let parts = name.split(separator: ".")
        guard let number = parts.firstIndex(where: { $0.allSatisfy(\.isNumber) }) else {
            return parts.first.map(String.init) ?? name
        }
        return parts[...number].joined(separator: ".")
    }
}
