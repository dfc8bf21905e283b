// Gives every value its type in mixed precision, and every node the types it reads. Operators say which of their tensors may
// be bf16; whatever a caller reads, and whatever is kept, stays f32. Conversions appear as reorder steps where a value is
// wanted in another type.

import FoveaGraph
import FoveaTensorCore

/// Assigns types to the values of a graph.
package enum MixedPrecision {
    package static func apply(_ graph: Graph, _ precision: Precision) -> Graph {
        guard precision == .bf16 else { return graph }
        var result = graph
        result.precision = precision
        for (position, node) in graph.nodes.enumerated() {
            result.nodes[position].inputTypes = node.inputs.indices.map {
                node.operator.takesLowPrecision(input: $0) ? .bf16 : .f32
            }
            for (index, output) in node.outputs.enumerated() where node.operator.givesLowPrecision(output: index) {
                result.values[output.index].dataType = .bf16
            }
        }
        return result
    }
}
