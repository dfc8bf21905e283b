// Builds a graph: layers call it through `Value`s. Collects what does not fit instead of throwing from every layer,
// so that networks read like their papers; `finish` throws the first complaint with the place where it arose.

import FoveaTensorCore

/// Whether a graph is built to learn or to answer.
package enum GraphMode: Sendable {
    /// Norms use the batch's statistics, dropout drops.
    case training
    /// Norms use running statistics, dropout is the identity.
    case inference
}

/// Collects nodes and parameters.
package final class GraphBuilder {
    /// Whether layers build their training or their inference form.
    package let mode: GraphMode
    /// What has been built so far.
    package private(set) var graph = Graph()
    private var failure: Failure?
    private var names: Set<String> = []

    package init(mode: GraphMode) { self.mode = mode }

    /// Goes on building a graph that a pass has changed.
    package init(continuing graph: Graph, mode: GraphMode) {
        self.graph = graph
        self.mode = mode
        names = Set(graph.parameters.map(\.name))
    }

    /// A value that is handed in at every run. Asked for twice, an input of the same name is the same value.
    package func input(_ name: String, _ shape: Shape, _ dataType: DataType = .f32) -> Value {
        if let known = graph.inputs.first(where: { $0.name == name }) { return value(known.value) }
        let value = add(shape, dataType, .input(name))
        graph.inputs.append(.init(name: name, value: value.id))
        return value
    }

    /// A value that is kept between runs. A name used twice is a mistake in the network and traps.
    package func parameter(
        _ scope: Scope, _ shape: Shape, _ role: ParameterRole, _ initializer: Initializer
    ) -> Value {
        precondition(names.insert(scope.path).inserted, "two parameters are called \(scope.path)")
        let value = add(shape, .f32, .parameter(scope.path))
        graph.parameters.append(
            Parameter(name: scope.path, shape: shape, role: role, initializer: initializer, value: value.id))
        return value
    }

    /// Applies an operator and returns its outputs.
    package func apply(_ op: any Operator, _ inputs: [Value], scope: Scope) -> [Value] {
        let shapes: [Shape]
        do {
            shapes = try op.outputShapes(inputs.map(\.shape))
        } catch {
            if failure == nil { failure = Self.located(error, op, scope) }
            shapes = [inputs.first?.shape ?? []]
        }
        let outputs = shapes.map { add($0, inputs.first?.dataType ?? .f32, .node) }
        graph.nodes.append(Node(op, inputs: inputs.map(\.id), outputs: outputs.map(\.id), scope: scope))
        return outputs
    }

    /// Makes a value readable after a run.
    package func output(_ name: String, _ value: Value) { graph.outputs.append(.init(name: name, value: value.id)) }

    /// Replaces a parameter's contents by `value` once that has been computed.
    package func update(_ parameter: Value, with value: Value) {
        graph.updates.append(.init(parameter: parameter.id, value: value.id))
    }

    /// States that `gradient` is d loss / d `parameter`.
    func setGradient(_ gradient: Value, of parameter: ValueID) {
        graph.gradients.append(.init(parameter: parameter, value: gradient.id))
    }

    /// The value behind an id.
    package func value(_ id: ValueID) -> Value { Value(id: id, builder: self) }

    /// The graph, or the first thing that did not fit, as a `Failure` of kind `.usage`.
    package func finish() throws -> Graph {
        if let failure { throw failure }
        return graph
    }

    /// Records that the network cannot be built this way, for example because the pictures are too small for it.
    package func complain(_ message: String, at scope: Scope, advice: String? = nil) {
        let place = scope.path.isEmpty ? "" : "\(scope): "
        if failure == nil { failure = Failure(.usage, place + message, advice: advice) }
    }

    private func add(_ shape: Shape, _ dataType: DataType, _ origin: Graph.Origin) -> Value {
        graph.values.append(.init(shape: shape, dataType: dataType, origin: origin))
        return Value(id: ValueID(graph.values.count - 1), builder: self)
    }

    private static func located(_ error: any Error, _ op: any Operator, _ scope: Scope) -> Failure {
        let inner = error as? Failure
        let place = scope.path.isEmpty ? op.name : "\(scope) (\(op.name))"
        return Failure(.usage, "\(place): \(inner?.message ?? "\(error)")", advice: inner?.advice)
    }
}
