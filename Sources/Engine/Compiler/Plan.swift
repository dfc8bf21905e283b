// A compiled network: every kernel made, every byte placed. Running it looks nothing up and allocates nothing.
// It belongs to its library's thread.

import FoveaGraph
import FoveaTensorCore

/// A network ready to run on one kernel library, for one batch size and one set of parameters.
package final class Plan {
    /// What the plan was made from, for printing.
    package let program: Program
    /// Bytes of activations, scratch memory and what is derived from parameters.
    package let arenaByteCount: Int
    private let arena: Arena
    private let gradients: Arena
    private let store: ParameterStore
    private let constantKernels: [any Kernel]
    private let kernels: [any Kernel]
    /// Positions in `program.steps` of `kernels`, for timing.
    private let kernelSteps: [Int]
    private let addresses: [UnsafeMutableRawPointer]

    init(_ program: Program, _ memory: PlanMemory, store: ParameterStore) throws {
        let arena = try Arena(byteCount: memory.byteCount)
        let gradients = try Arena(byteCount: program.gradientCount * 4)
        var addresses: [UnsafeMutableRawPointer] = []
        for (index, buffer) in program.buffers.enumerated() {
            addresses.append(
                Self.address(buffer, memory.offsets[index], arena, gradients, store, addresses))
        }
        var constant: [any Kernel] = []
        var repeated: [any Kernel] = []
        var positions: [Int] = []
        for (position, step) in program.steps.enumerated() where !step.proposal.isView {
            let kernel = try step.proposal.bind(
                KernelMemory(
                    inputs: step.inputs.map { addresses[$0] }, outputs: step.outputs.map { addresses[$0] },
                    scratch: memory.scratchOffsets[position].map { arena.base + $0 }))
            if step.isConstant {
                constant.append(kernel)
            } else {
                repeated.append(kernel)
                positions.append(position)
            }
        }
        self.program = program
        self.arena = arena
        self.gradients = gradients
        self.store = store
        self.addresses = addresses
        arenaByteCount = memory.byteCount
        constantKernels = constant
        kernels = repeated
        kernelSteps = positions
        try refresh()
    }

    private static func address(
        _ buffer: Buffer, _ offset: Int?, _ arena: Arena, _ gradients: Arena, _ store: ParameterStore,
        _ known: [UnsafeMutableRawPointer]
    ) -> UnsafeMutableRawPointer {
        switch buffer.home {
        case .arena: arena.base + (offset ?? 0)
        case .parameter(let element): UnsafeMutableRawPointer(store.base + element)
        case .gradient(let element): gradients.base + element * 4
        case .view(let source): known[source]
        }
    }

    /// Recomputes what follows from parameters alone. Call it when parameters have changed.
    package func refresh() throws {
        for kernel in constantKernels { try kernel.run() }
    }

    /// Runs all steps on the inputs as they lie in memory.
    package func run() throws {
        for kernel in kernels { try kernel.run() }
    }

    /// Runs all steps and adds the seconds that each took to `seconds`, which has one entry for each program step.
    package func run(timing seconds: inout [Double]) throws {
        let clock = ContinuousClock()
        for (kernel, step) in zip(kernels, kernelSteps) {
            let start = clock.now
            try kernel.run()
            seconds[step] += (clock.now - start).seconds
        }
    }

    /// The elements of a named input, to be filled before a run. Valid as long as the plan lives.
    package func input(_ name: String) -> UnsafeMutableBufferPointer<Float> { elements(program.inputs[name], name) }

    /// The elements of a named output, to be read after a run. Valid as long as the plan lives.
    package func output(_ name: String) -> UnsafeMutableBufferPointer<Float> { elements(program.outputs[name], name) }

    /// True if the graph has an input of this name.
    package func hasInput(_ name: String) -> Bool { program.inputs[name] != nil }

    /// The gradient of a parameter after a run of a training plan, in plain layout.
    package func gradient(_ name: String) -> UnsafeMutableBufferPointer<Float> {
        guard let slot = store.slot(name) else { preconditionFailure("no parameter is called \(name)") }
        let first = gradients.base.assumingMemoryBound(to: Float.self) + slot.offset
        return UnsafeMutableBufferPointer(start: first, count: slot.parameter.shape.count)
    }

    /// Overwrites everything that a run must not rely on, for tests.
    package func poison(_ value: Float) throws {
        let floats = arena.base.assumingMemoryBound(to: Float.self)
        for index in 0..<(arena.byteCount / 4) { floats[index] = value }
        let derived = gradients.base.assumingMemoryBound(to: Float.self)
        for index in 0..<(gradients.byteCount / 4) { derived[index] = value }
        try refresh()
    }

    private func elements(_ buffer: Int?, _ name: String) -> UnsafeMutableBufferPointer<Float> {
        guard let buffer else { preconditionFailure("the plan has no input or output called \(name)") }
        return UnsafeMutableBufferPointer(
            start: addresses[buffer].assumingMemoryBound(to: Float.self),
            count: program.buffers[buffer].format.shape.count)
    }
}
