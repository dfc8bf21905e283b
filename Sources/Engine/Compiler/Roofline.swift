// How fast a step could be at best: the larger of its operations over what the processor multiplies a second, and its bytes
// over what memory moves a second (Williams et al. 2009, "Roofline"). Steps far from it are where time is to be won.

import FoveaTensorCore

/// What a machine can do at most, as measured.
package struct Ceilings: Sendable, Equatable, Codable {
    /// Floating-point operations a second, two for each multiply-add, of a convolution that suits the processor.
    package var operationsPerSecond: Double
    /// The same in eight bits; nil where nothing computes in them.
    package var eightBitOperationsPerSecond: Double?
    /// Bytes a second that a sum of two large tensors reads and writes.
    package var bytesPerSecond: Double

    package init(operationsPerSecond: Double, eightBitOperationsPerSecond: Double? = nil, bytesPerSecond: Double) {
        self.operationsPerSecond = operationsPerSecond
        self.eightBitOperationsPerSecond = eightBitOperationsPerSecond
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
        let isEightBits = step.inputs.first.map { buffers[$0].format.dataType.byteCount == 1 } ?? false
        let operationsPerSecond = isEightBits ? ceilings.eightBitOperationsPerSecond : nil
        return max(
            2 * Double(step.multiplyAdds) / (operationsPerSecond ?? ceilings.operationsPerSecond),
            Double(byteCount(of: step)) / ceilings.bytesPerSecond)
    }

    /// True if a step takes so much longer than this bound that somebody should look at it.
    package static func isFarFromBound(seconds: Double, bound: Double) -> Bool {
        seconds > startingTime + farFromBound * bound
    }

    /// Steps that take longer than this many times what they must are slow.
    private static let farFromBound = 5.0
    /// What starting a kernel on all cores may cost, in seconds, before a step counts as slow.
    private static let startingTime = 20e-6
}
