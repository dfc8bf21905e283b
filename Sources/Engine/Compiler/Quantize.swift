// Inference pass, the last one: lets the layers that a quantisation names compute in eight bits. Values between two such
// layers are held in eight bits, pooling and reshaping leave them there; everybody else reads them as they were before.
// Conversions appear as reorder steps, since the types that nodes read and values have say where they are needed.

import FoveaGraph
import FoveaOperators
import FoveaTensorCore

/// Assigns eight-bit types.
struct Quantize {
    private var graph: Graph
    private let quantization: NetworkQuantization
    private let names: [ValueID: String]
    private let outside: Set<ValueID>

    static func apply(_ graph: Graph, _ quantization: NetworkQuantization) -> Graph {
        var pass = Quantize(
            graph: graph, quantization: quantization, names: graph.valueNames(), outside: graph.readOutside())
        pass.assign(wanted: pass.wanted())
        return pass.graph
    }

    /// How a value is written in eight bits; nil if nobody knows.
    private func written(_ value: ValueID) -> Quantization? { names[value].flatMap { quantization.activations[$0] } }

    private func isQuantized(_ node: Node) -> Bool {
        node.isQuantizable && quantization.filters[node.scope.path] != nil && written(node.inputs[0]) != nil
    }

    /// Operators that move numbers without changing them.
    private func passes(_ node: Node) -> Bool { node.operator is MaxPooling || node.operator is Reshape }

    /// Sums of values that lie in eight bits, where the sum is read in eight bits as well.
    private func isQuantizedSum(_ node: Node, _ wanted: Set<ValueID>) -> Bool {
        let y = node.outputs[0]
        return node.operator is Add && wanted.contains(y) && !outside.contains(y)
            && (node.inputs + [y]).allSatisfy { written($0) != nil }
    }

    /// The values that somebody would read in eight bits.
    private func wanted() -> Set<ValueID> {
        var wanted: Set<ValueID> = []
        for node in graph.nodes.reversed() {
            if isQuantized(node) {
                wanted.insert(node.inputs[0])
                if let residual = node.residual, wanted.contains(node.outputs[0]) { wanted.insert(residual) }
            } else if isQuantizedSum(node, wanted) {
                wanted.formUnion(node.inputs)
            } else if passes(node), wanted.contains(node.outputs[0]) {
                wanted.insert(node.inputs[0])
            }
        }
        return wanted
    }

    private mutating func assign(wanted: Set<ValueID>) {
        for value in wanted { graph.values[value.index].quantization = written(value) }
        for position in graph.nodes.indices {
            let node = graph.nodes[position]
            let y = node.outputs[0]
            if isQuantized(node), let x = written(node.inputs[0]), let filters = quantization.filters[node.scope.path] {
                var types = node.inputs.indices.map { graph.inputType(node, $0) }
                types[0] = x.dataType
                types[1] = .s8
                graph.values[node.inputs[1].index].quantization = Quantization(.s8, scales: filters)
                // Without ranges for both, a sum is made of real numbers.
                let sum = node.residual.map(written)
                if wanted.contains(y), !outside.contains(y), let result = written(y), sum != .some(nil) {
                    graph.values[y.index].dataType = result.dataType
                    if let sum, let residual = sum { types[types.count - 1] = residual.dataType }
                }
                graph.nodes[position].inputTypes = types
            } else if isQuantizedSum(node, wanted), let result = written(y) {
                graph.nodes[position].inputTypes = node.inputs.map { written($0)?.dataType ?? .f32 }
                graph.values[y.index].dataType = result.dataType
            } else if passes(node), !outside.contains(y), let x = held(node.inputs[0]) {
                graph.nodes[position].inputTypes = [x.dataType]
                graph.values[y.index].dataType = x.dataType
                graph.values[y.index].quantization = x
            }
        }
    }

    /// How a value is held, if in eight bits.
    private func held(_ value: ValueID) -> Quantization? {
        let info = graph.values[value.index]
        return info.dataType == info.quantization?.dataType ? info.quantization : nil
    }
}

/// Inference pass: layers whose norm was folded before their weights were stored read those weights.
enum FoldedParameters {
    static func apply(_ graph: Graph, layers: Set<String>) -> Graph {
        var graph = graph
        var folded: Set<Int> = []
        for (position, node) in graph.nodes.enumerated()
        where node.operator is Convolution && layers.contains(node.scope.path) {
            guard
                let fold = graph.nodes.firstIndex(where: {
                    $0.operator is FoldBatchNorm && $0.outputs[0] == node.inputs[1]
                })
            else { continue }
            let sources = graph.nodes[fold].inputs
            let hasBias = (graph.nodes[fold].operator as? FoldBatchNorm)?.hasBias == true
            let bias =
                hasBias
                ? sources[1]
                : graph.addParameter(
                    node.scope.path + ".bias", graph.shape(node.inputs[2]), .bias, after: sources[0])
            graph.nodes[position].inputs[1] = sources[0]
            graph.nodes[position].inputs[2] = bias
            folded.insert(fold)
        }
        graph.nodes = graph.nodes.indices.filter { !folded.contains($0) }.map { graph.nodes[$0] }
        let read = Set(graph.nodes.flatMap(\.inputs))
        graph.parameters.removeAll { !read.contains($0.value) }
        return graph
    }
}
