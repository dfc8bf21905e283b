// Chooses layouts and inserts reorders: walks the graph in order, asks the kernel library what each operator wants, and
// puts a visible reorder step wherever a value lies differently. A value that is wanted twice in one layout is moved once.

import FoveaGraph
import FoveaTensorCore

/// Turns a graph into a program for one kernel library.
struct Lowering {
    private let graph: Graph
    private let isTraining: Bool
    private let store: ParameterStore
    private let library: any KernelLibrary
    private var program = Program()
    /// The buffers that hold a value, the one it was computed into first.
    private var places: [[Int]]
    /// The values that training changes; nil where nothing is frozen, and everything is taken to change.
    private let changing: Set<ValueID>?
    /// Where a value must end up in plain layout: gradients and updated parameters.
    private var destinations: [ValueID: Buffer.Home] = [:]

    static func lower(
        _ graph: Graph, isTraining: Bool, store: ParameterStore, library: any KernelLibrary
    ) throws -> Program {
        var lowering = Lowering(graph: graph, isTraining: isTraining, store: store, library: library)
        lowering.addParametersAndInputs()
        for node in graph.nodes { try lowering.lower(node) }
        try lowering.finish()
        return lowering.program
    }

    private init(graph: Graph, isTraining: Bool, store: ParameterStore, library: any KernelLibrary) {
        self.graph = graph
        self.isTraining = isTraining
        self.store = store
        self.library = library
        places = [[Int]](repeating: [], count: graph.values.count)
        let trained = graph.parameters.filter(\.isTrained).map(\.value)
        changing = graph.parameters.contains(where: \.isFrozen) ? graph.dependents(of: Set(trained)) : nil
    }

    /// Whether a backward pass may want what this node leaves behind.
    private func isTrained(_ node: Node) -> Bool {
        isTraining && (changing.map { !$0.isDisjoint(with: node.inputs) } ?? true)
    }

    private func slot(_ id: ValueID) -> ParameterStore.Slot {
        guard case .parameter(let name) = graph.values[id.index].origin, let slot = store.slot(name) else {
            preconditionFailure("the parameter store has no place for \(graph.values[id.index].origin)")
        }
        precondition(slot.parameter.shape == graph.shape(id), "\(slot.parameter.name) has another shape in the store")
        return slot
    }

    private mutating func addParametersAndInputs() {
        // In training too, what no step writes stays as it is from one run to the next.
        let written = Set(graph.updates.map(\.parameter))
        for parameter in graph.parameters {
            let buffer = Buffer(
                format: TensorFormat(parameter.shape), home: .parameter(offset: slot(parameter.value).offset),
                isConstant: !isTraining || !written.contains(parameter.value))
            places[parameter.value.index] = [add(buffer)]
        }
        for input in graph.inputs {
            let info = graph.values[input.value.index]
            let buffer = Buffer(format: TensorFormat(info.shape, info.dataType), home: .arena, isInput: true)
            places[input.value.index] = [add(buffer)]
            program.inputs[input.name] = places[input.value.index][0]
        }
        for gradient in graph.gradients {
            let slot = slot(gradient.parameter)
            destinations[gradient.value] = .gradient(offset: slot.offset)
            let end = slot.offset + ParameterStore.padded(slot.parameter.shape.count)
            program.gradientCount = max(program.gradientCount, end)
        }
        for update in graph.updates { destinations[update.value] = .parameter(offset: slot(update.parameter).offset) }
    }

    private mutating func add(_ buffer: Buffer) -> Int {
        program.buffers.append(buffer)
        return program.buffers.count - 1
    }

    private mutating func lower(_ node: Node) throws {
        let outputs = node.outputs.map {
            plainFormat(of: $0, as: graph.values[$0.index].dataType)
        }
        let inputs = node.inputs.enumerated().map { index, value in
            format(of: value, as: graph.inputType(node, index))
        }
        let proposal: KernelProposal
        do {
            proposal = try library.propose(
                KernelRequest(operator: node.operator, inputs: inputs, outputs: outputs, isTraining: isTrained(node)))
        } catch let failure as Failure {
            throw Failure(
                failure.kind, "\(node.scope) (\(node.operator.name)): \(failure.message)", advice: failure.advice)
        }
        var sources: [Int] = []
        for (input, wanted) in zip(node.inputs, proposal.inputs) {
            sources.append(try place(of: input, as: wanted, scope: node.scope))
        }
        let isConstant = sources.allSatisfy { program.buffers[$0].isConstant }
        let results = zip(node.outputs, proposal.outputs).map { value, format in
            let home: Buffer.Home =
                proposal.isView
                ? .view(of: sources[0]) : format.layout == .plain ? destinations[value] ?? .arena : .arena
            let buffer = add(Buffer(format: format, home: home, isConstant: isConstant))
            places[value.index] = [buffer]
            return buffer
        }
        program.steps.append(
            ProgramStep(
                name: node.operator.name, attributes: node.operator.attributes, scope: node.scope, inputs: sources,
                outputs: results, proposal: proposal,
                multiplyAdds: node.operator.multiplyAdds(
                    inputs: node.inputs.map(graph.shape), outputs: node.outputs.map(graph.shape)),
                isConstant: isConstant))
        if proposal.isView { try settle(node.outputs[0], scope: node.scope) }
    }

    /// Copies a value that only looks at another one's memory to where it must end up, if anywhere.
    private mutating func settle(_ value: ValueID, scope: Scope) throws {
        guard let home = destinations[value] else { return }
        let view = places[value.index][0]
        let format = TensorFormat(graph.shape(value))
        let proposal = try library.proposeReorder(from: program.buffers[view].format, to: format)
        let buffer = add(Buffer(format: format, home: home))
        places[value.index] = [buffer]
        program.steps.append(
            ProgramStep(
                name: "reorder", attributes: "copy", scope: scope, inputs: [view], outputs: [buffer],
                proposal: proposal, multiplyAdds: 0, isConstant: false))
    }

    /// The first format in which `value` is held in this type; row-major if it is not yet.
    private func format(of value: ValueID, as dataType: DataType) -> TensorFormat {
        let held = places[value.index].lazy.map { program.buffers[$0].format }
        return held.first { $0.dataType == dataType && ($0.scales.isEmpty || dataType.byteCount == 1) }
            ?? plainFormat(of: value, as: dataType)
    }

    /// Row-major, in this type; in eight bits with the steps that the value is written in.
    private func plainFormat(of value: ValueID, as dataType: DataType) -> TensorFormat {
        let info = graph.values[value.index]
        guard dataType.byteCount == 1 else { return TensorFormat(info.shape, dataType) }
        guard let quantization = info.quantization, quantization.dataType == dataType else {
            preconditionFailure("value \(value.index) is read as \(dataType), which no pass has prepared")
        }
        return TensorFormat(info.shape, dataType, scales: quantization.scales)
    }

    /// A buffer that holds `value` in this format, moved there if need be.
    private mutating func place(of value: ValueID, as wanted: TensorFormat, scope: Scope) throws -> Int {
        let candidates = places[value.index]
        if let found = candidates.first(where: {
            let format = program.buffers[$0].format
            return format.layout == wanted.layout && format.dataType == wanted.dataType
                && format.scales == wanted.scales
        }) {
            return found
        }
        let source = program.buffers[candidates[0]]
        let proposal = try library.proposeReorder(from: source.format, to: wanted)
        let home = wanted.layout == .plain ? destinations[value] ?? .arena : .arena
        let buffer = add(Buffer(format: wanted, home: home, isConstant: source.isConstant))
        places[value.index].append(buffer)
        program.steps.append(
            ProgramStep(
                name: "reorder", attributes: Self.change(from: source.format, to: wanted), scope: scope,
                inputs: [candidates[0]], outputs: [buffer], proposal: proposal, multiplyAdds: 0,
                isConstant: source.isConstant))
        return buffer
    }

    private static func change(from: TensorFormat, to: TensorFormat) -> String {
        func text(_ format: TensorFormat) -> String {
            from.dataType == to.dataType ? "\(format.layout)" : "\(format.dataType) \(format.layout)"
        }
        let verb =
            switch (from.dataType.byteCount == 1, to.dataType.byteCount == 1) {
            case (false, true): "quantise "
            case (true, false): "dequantise "
            default: from.scales == to.scales ? "" : "scale "
            }
        return "\(verb)\(text(from)) to \(text(to))"
    }

    /// Brings outputs, gradients and updates into plain layout, and constant steps to the front.
    private mutating func finish() throws {
        for destination in graph.gradients.map(\.value) + graph.updates.map(\.value) {
            _ = try plainPlace(of: destination)
        }
        for output in graph.outputs {
            let buffer = try plainPlace(of: output.value)
            program.outputs[output.name] = buffer
            program.buffers[buffer].isOutput = true
        }
        program.steps = program.steps.filter(\.isConstant) + program.steps.filter { !$0.isConstant }
    }

    /// Where `value` lies in f32 and plain layout, as callers and parameters want it.
    private mutating func plainPlace(of value: ValueID) throws -> Int {
        try place(of: value, as: TensorFormat(graph.shape(value)), scope: .root)
    }
}
