// Weights and pictures of whole networks by a formula that the scripts have too (Tests/Golden/drawn.py), so that their goldens
// hold results alone.

import FoveaGraph
import FoveaTensorCore

/// Numbers by that formula.
package enum Drawn {
    /// -1 ..< 1 for every index.
    package static func uniform(_ name: String, _ count: Int) -> [Double] { each(name, count) { $0 } }

    /// `body` of -1 ..< 1 for every index; networks have up to 140 million of them.
    private static func each<Element>(_ name: String, _ count: Int, _ body: (Double) -> Element) -> [Element] {
        let seed = name.utf8.reduce(0x811C_9DC5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        return Array(unsafeUninitializedCapacity: count) { elements, filled in
            for index in 0..<count {
                var x = UInt32(truncatingIfNeeded: index) &* 0x9E37_79B9 &+ seed
                x ^= x >> 16
                x = x &* 0x85EB_CA6B
                x ^= x >> 13
                x = x &* 0xC2B2_AE35
                x ^= x >> 16
                elements.initializeElement(at: index, to: body(Double(x >> 8) * 0x1p-23 - 1))
            }
            filled = count
        }
    }

    package static func parameter(_ name: String, _ shape: Shape) -> Tensor<Float> {
        let last = name.split(separator: ".").last ?? ""
        if ["bias", "running_mean"].contains(last) {
            return Tensor(shape, each(name, shape.count) { Float($0 * 0.2) })
        }
        if shape.rank == 1 || ["gamma", "layer_scale"].contains(last) {
            return Tensor(shape, each(name, shape.count) { Float(1 + $0 * 0.5) })
        }
        let bound = (3 / Double(shape.count / shape[0])).squareRoot()
        return Tensor(shape, each(name, shape.count) { Float($0 * bound) })
    }

    package static func picture(_ batch: Int, _ size: Int) -> Tensor<Float> {
        Tensor([batch, 3, size, size], uniform("x", batch * 3 * size * size).map { Float($0) })
    }

    package static func digest(_ name: String, _ tensor: Tensor<Double>) -> Tensor<Double> {
        let length = tensor.elements.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let product = zip(tensor.elements, uniform("probe/\(name)", tensor.shape.count)).reduce(0) { $0 + $1.0 * $1.1 }
        return Tensor([2], [length, product])
    }
}

extension ParameterStore {
    /// The parameters of a graph as the formula draws them.
    package static func drawn(_ graph: Graph) throws -> ParameterStore {
        let store = try ParameterStore(graph.parameters)
        for parameter in graph.parameters {
            store.set(parameter.name, Drawn.parameter(parameter.name, parameter.shape))
        }
        return store
    }
}
