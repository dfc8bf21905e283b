// The memory behind parameters: one flat block of f32, in which every plan of a model finds its weights by name.
// Trained parameters stand first, decayed before undecayed, so that an optimizer update is a pass over flat ranges.

import Dispatch
import FoveaTensorCore

/// Holds the parameters of a network, and of its optimizer, in one block of memory.
///
/// Written by one thread at a time: the engine thread of the run that owns it.
package final class ParameterStore: @unchecked Sendable {
    // @unchecked: see above; plans bind to its addresses, the trainer settles who runs when.

    /// Where one parameter lies.
    package struct Slot: Sendable {
        package let parameter: Parameter
        /// Offset of the first element, a multiple of 16 elements.
        package let offset: Int
    }

    /// Parameters in the order of declaration.
    package let slots: [Slot]
    /// Elements of the whole block, padding included.
    package let count: Int
    private let arena: Arena
    private let index: [String: Int]

    /// Space for these parameters, all zero. Throws if there is no memory.
    package init(_ parameters: [Parameter]) throws {
        var offsets = [Int](repeating: 0, count: parameters.count)
        var end = 0
        for section in 0..<4 {
            for (position, parameter) in parameters.enumerated() where Self.section(parameter.role) == section {
                offsets[position] = end
                end += Self.padded(parameter.shape.count)
            }
        }
        slots = zip(parameters, offsets).map { Slot(parameter: $0, offset: $1) }
        index = Dictionary(uniqueKeysWithValues: parameters.enumerated().map { ($1.name, $0) })
        count = end
        arena = try Arena(byteCount: end * 4)
    }

    /// Elements a parameter of `count` elements takes: whole lines of 64 bytes.
    package static func padded(_ count: Int) -> Int { (count + 15) / 16 * 16 }

    /// The order of sections: decayed, undecayed, statistics, optimizer state.
    private static func section(_ role: ParameterRole) -> Int {
        switch role {
        case .weight: 0
        case .bias, .normScale, .normShift: 1
        case .statistic: 2
        case .optimizerState: 3
        }
    }

    /// The first element of the block. Valid as long as the store lives.
    package var base: UnsafeMutablePointer<Float> { arena.base.assumingMemoryBound(to: Float.self) }

    /// Where a parameter lies, if the store has one of this name.
    package func slot(_ name: String) -> Slot? { index[name].map { slots[$0] } }

    /// The elements of one parameter. Traps if there is no such parameter.
    package func elements(_ name: String) -> UnsafeMutableBufferPointer<Float> {
        guard let slot = slot(name) else { preconditionFailure("no parameter is called \(name)") }
        return UnsafeMutableBufferPointer(start: base + slot.offset, count: slot.parameter.shape.count)
    }

    /// A copy of one parameter.
    package func tensor(_ name: String) -> Tensor<Float> {
        guard let slot = slot(name) else { preconditionFailure("no parameter is called \(name)") }
        return Tensor(slot.parameter.shape, Array(elements(name)))
    }

    /// Overwrites one parameter. Traps on another shape.
    package func set(_ name: String, _ tensor: Tensor<Float>) {
        guard let slot = slot(name) else { preconditionFailure("no parameter is called \(name)") }
        precondition(slot.parameter.shape == tensor.shape, "\(name) is \(slot.parameter.shape), not \(tensor.shape)")
        _ = elements(name).update(from: tensor.elements)
    }

    /// Draws first values for all parameters, on all cores: 25 million normal numbers take longer than a step.
    package func initialize(seed: UInt64) {
        let largestFirst = slots.map(\.parameter).sorted { $0.shape.count > $1.shape.count }
        DispatchQueue.concurrentPerform(iterations: largestFirst.count) {
            let parameter = largestFirst[$0]
            parameter.initializer.draw(into: elements(parameter.name), name: parameter.name, seed: seed)
        }
    }

    /// A copy of the whole block, to come back to with `restore`.
    package func snapshot() -> [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }

    /// Brings back what `snapshot` returned.
    package func restore(_ snapshot: [Float]) {
        precondition(snapshot.count == count, "the snapshot is of another network")
        _ = UnsafeMutableBufferPointer(start: base, count: count).update(from: snapshot)
    }

    /// The parameters that belong to the model, in the order of declaration.
    package func savedTensors() -> [(name: String, tensor: Tensor<Float>)] {
        slots.filter(\.parameter.role.isSaved).map { ($0.parameter.name, tensor($0.parameter.name)) }
    }

    /// Fills all saved parameters, or throws as `check` does and changes nothing.
    package func load(_ tensors: [(name: String, tensor: Tensor<Float>)], from file: String) throws {
        try check(tensors.map { ($0.name, $0.tensor.shape) }, from: file)
        for (name, tensor) in tensors where slot(name) != nil { set(name, tensor) }
    }

    /// Whether these tensors are the saved parameters. Strict: every tensor used, every parameter filled, every shape equal;
    /// else a `Failure` with the full list of differences.
    package func check(_ tensors: [(name: String, shape: Shape)], from file: String) throws {
        // PyTorch counts batches in every norm; nothing here reads that number.
        let given = Dictionary(
            tensors.filter { !$0.name.hasSuffix("num_batches_tracked") }.map { ($0.name, $0.shape) },
            uniquingKeysWith: { first, _ in first })
        let wanted = slots.map(\.parameter).filter(\.role.isSaved)
        var differences: [String] = []
        for parameter in wanted {
            guard let shape = given[parameter.name] else {
                differences.append("\(parameter.name): missing, the model wants \(parameter.shape)")
                continue
            }
            if shape != parameter.shape {
                differences.append("\(parameter.name): the file has \(shape), the model wants \(parameter.shape)")
            }
        }
        let known = Set(wanted.map(\.name))
        for name in given.keys.sorted() where !known.contains(name) {
            differences.append("\(name): the model has no such parameter")
        }
        guard differences.isEmpty else {
            throw Failure(
                .model, "\(file) does not fit the network:\n  " + differences.joined(separator: "\n  "),
                advice: "Was it saved with another network, width or number of classes?")
        }
    }
}
