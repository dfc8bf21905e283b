// A value while a network is being written down. Verbs such as `conv2d` stand beside their operators.

import FoveaTensorCore

/// A handle to a value of a graph under construction; not Sendable, since it belongs to its builder.
package struct Value {
    /// Its name in the graph.
    package let id: ValueID
    /// The builder it belongs to.
    package let builder: GraphBuilder

    package var shape: Shape { builder.graph.shape(id) }
    package var dataType: DataType { builder.graph.values[id.index].dataType }
    /// Extent of dimension 1: channels of (N, C, H, W), features of (N, C).
    package var channels: Int { shape[1] }

    /// Applies an operator with one output.
    package func apply(_ op: any Operator, _ others: [Value] = [], scope: Scope = .root) -> Value {
        builder.apply(op, [self] + others, scope: scope)[0]
    }
}
