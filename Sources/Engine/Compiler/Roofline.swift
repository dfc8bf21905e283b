// How fast a step could be at best: the larger of its operations over what the processor multiplies a second, and its bytes
// over what memory moves a second (Williams et al. 2009, "Roofline"). Steps far from it are where time is to be won.

import FoveaTensorCore

/// What a machine can do at most, as measured.
package struct Ceilings: Sendable, Equatable, Codable {
    /// Floating-point operations a second, two for each multiply-add, of a convolution that suits the processor.
    package var operationsPerSecond: Double
    /// Bytes a second that a sum of two large tensors reads and writes.
    package var bytesPerSecond: Double

    package init(operationsPerSecond: Double, bytesPerSecond: Double) {
        self.operationsPerSecond = operationsPerSecond
        self.bytesPerSecond = bytesPerSecond
    }
}

extension Program {
    /// Bytes that a step reads and writes, each buffer once. What it keeps in scratch memory is not counted.
    package func byteCount(of step: ProgramStep) -> Int {
        guard !step.proposal.isView else { return 0 }
        return Set(step.inputs).union(step.outputs).reduce(0) { $0 + buffers[$1].format.byteCount }
    }

    /// Seconds that a step takes at least under these ceilings. Winograd's algorithm multiplies less and may take less.
    package func leastSeconds(of step: ProgramStep, _ ceilings: Ceilings) -> Double {
        max(
            2 * Double(step.multiplyAdds) / ceilings.operationsPerSecond,
            Double(byteCount(of: step)) / ceilings.bytesPerSecond)
    }
}
