// A network as data: values, and the nodes that compute them, in an order in which they can be run.
// Nothing here is executed; the compiler turns a graph into a plan, the reference backend interprets it.

import FoveaTensorCore

/// Names one value of a graph.
package struct ValueID: Hashable, Sendable {
    /// Position in `Graph.values`.
    package let index: Int
    package init(_ index: Int) { self.index = index }
}

/// One operator applied to values.
package struct Node: Sendable {
    package var `operator`: any Operator
    package var inputs: [ValueID]
    package var outputs: [ValueID]
    /// Where in the network it stands, such as `layer2.0.conv1`.
    package var scope: Scope
    /// The types in which the inputs are read, set by the compiler; nil: all f32.
    package var inputTypes: [DataType]?

    package init(_ op: any Operator, inputs: [ValueID], outputs: [ValueID], scope: Scope) {
        self.operator = op
        self.inputs = inputs
        self.outputs = outputs
        self.scope = scope
    }
}

/// A static graph. Nodes stand in an order in which they can be run.
package struct Graph: Sendable {
    /// Where a value comes from.
    package enum Origin: Sendable, Equatable {
        /// Handed in at every run, under this name.
        case input(String)
        /// Kept between runs, under this name.
        case parameter(String)
        /// Computed by a node.
        case node
    }

    /// What is known of a value.
    package struct ValueInfo: Sendable {
        package var shape: Shape
        package var dataType: DataType
        package var origin: Origin
        /// How the value is written where it is held or read in eight bits; set by the compiler.
        package var quantization: Quantization?

        package init(shape: Shape, dataType: DataType, origin: Origin) {
            self.shape = shape
            self.dataType = dataType
            self.origin = origin
        }
    }

    /// A value under a name that people and callers know.
    package struct Named: Sendable {
        package var name: String
        package var value: ValueID

        package init(name: String, value: ValueID) {
            self.name = name
            self.value = value
        }
    }

    /// A value that replaces or accompanies a parameter.
    package struct ForParameter: Sendable {
        package var parameter: ValueID
        package var value: ValueID
    }

    package var values: [ValueInfo] = []
    package var nodes: [Node] = []
    /// Values handed in at every run.
    package var inputs: [Named] = []
    /// Values that a caller may read after a run.
    package var outputs: [Named] = []
    /// Parameters in the order of declaration: torchvision's order.
    package var parameters: [Parameter] = []
    /// d loss / d parameter.
    package var gradients: [ForParameter] = []
    /// New contents of parameters, written back when their node has run.
    package var updates: [ForParameter] = []
    /// The arithmetic of what is not quantised; set by the compiler, which also sets the values' types.
    package var precision = Precision.f32

    package init() {}

    package func shape(_ id: ValueID) -> Shape { values[id.index].shape }

    /// The type in which a node reads one of its inputs.
    package func inputType(_ node: Node, _ index: Int) -> DataType { node.inputTypes?[index] ?? .f32 }

    /// Adds a parameter behind another one in the order of declaration, and returns its value.
    package mutating func addParameter(
        _ name: String, _ shape: Shape, _ role: ParameterRole, after other: ValueID
    ) -> ValueID {
        values.append(.init(shape: shape, dataType: .f32, origin: .parameter(name)))
        let value = ValueID(values.count - 1)
        let position = parameters.firstIndex { $0.value == other }.map { $0 + 1 } ?? parameters.endIndex
        parameters.insert(
            Parameter(name: name, shape: shape, role: role, initializer: .constant(0), value: value), at: position)
        return value
    }

    /// The values that depend on any of `roots`, roots included.
    package func dependents(of roots: Set<ValueID>) -> Set<ValueID> {
        var reached = roots
        for node in nodes where node.inputs.contains(where: reached.contains) { reached.formUnion(node.outputs) }
        return reached
    }

    /// The value of a named output, if there is one of this name.
    package func output(_ name: String) -> ValueID? { outputs.first { $0.name == name }?.value }

    /// Multiply-adds of one run of the whole graph.
    package var multiplyAdds: Int {
        nodes.reduce(0) { sum, node in
            sum + node.operator.multiplyAdds(inputs: node.inputs.map(shape), outputs: node.outputs.map(shape))
        }
    }

    /// Number of trainable elements.
    package var trainableCount: Int {
        parameters.reduce(0) { $0 + ($1.role.isTrainable ? $1.shape.count : 0) }
    }
}
