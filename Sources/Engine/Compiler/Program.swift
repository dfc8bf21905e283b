// A graph after layouts have been chosen: steps over buffers, not yet placed in memory.

import FoveaGraph
import FoveaTensorCore

/// A piece of memory with a format.
package struct Buffer {
    /// Where the memory is.
    package enum Home: Equatable {
        /// In the plan's arena, at an offset that the memory planner chooses.
        case arena
        /// In the parameter store, this many elements from its start.
        case parameter(offset: Int)
        /// In the plan's gradient memory, this many elements from its start.
        case gradient(offset: Int)
        /// Where another buffer is.
        case view(of: Int)
    }
    package var format: TensorFormat
    package var home: Home
    /// True if the buffer is handed in by the caller.
    package var isInput = false
    /// True if the caller may read the buffer after a run.
    package var isOutput = false
    /// True if the contents follow from parameters alone that no step writes.
    package var isConstant = false
}

/// One thing to do.
package struct ProgramStep {
    /// What it is for people: an operator's name, or `reorder`.
    package var name: String
    package var attributes: String
    package var scope: Scope
    package var inputs: [Int]
    package var outputs: [Int]
    package var proposal: KernelProposal
    package var multiplyAdds: Int
    /// True if the step need only run when parameters have changed.
    package var isConstant: Bool
}

/// Steps in the order in which they run, constant ones first, over buffers.
package struct Program {
    package var steps: [ProgramStep] = []
    package var buffers: [Buffer] = []
    /// Buffers by the name of a graph input or output.
    package var inputs: [String: Int] = [:]
    package var outputs: [String: Int] = [:]
    /// Elements of the gradient memory.
    package var gradientCount = 0
}
