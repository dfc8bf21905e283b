// A kernel library whose loss becomes NaN on command: what a network does that learns too fast, at a time that a test
// chooses.

import FoveaCompiler
import FoveaTensorCore
import Synchronization

/// Another library, until it is spoiled.
final class SpoiledLibrary: KernelLibrary {
    private let library: any KernelLibrary
    var fastestPrecision: Precision { library.fastestPrecision }
    var multipliesBF16: Bool { library.multipliesBF16 }
    private let flag = Atomic<Bool>(false)

    init(_ library: any KernelLibrary) { self.library = library }

    /// From now on every loss is NaN.
    func spoil() { flag.store(true, ordering: .relaxed) }

    private final class SpoiledKernel: Kernel {
        let kernel: any Kernel
        let loss: UnsafeMutablePointer<Float>
        let library: SpoiledLibrary

        init(_ kernel: any Kernel, loss: UnsafeMutablePointer<Float>, library: SpoiledLibrary) {
            self.kernel = kernel
            self.loss = loss
            self.library = library
        }

        func run() throws {
            try kernel.run()
            if library.flag.load(ordering: .relaxed) { loss.pointee = .nan }
        }
    }

    var name: String { library.name }
    var threadCount: Int { library.threadCount }

    func propose(_ request: KernelRequest) throws -> KernelProposal {
        var proposal = try library.propose(request)
        guard request.operator.name == "softmax cross entropy" else { return proposal }
        let bind = proposal.bind
        proposal.bind = { memory in
            SpoiledKernel(
                try bind(memory), loss: memory.outputs[0].assumingMemoryBound(to: Float.self), library: self)
        }
        return proposal
    }

    func proposeReorder(from: TensorFormat, to: TensorFormat) throws -> KernelProposal {
        try library.proposeReorder(from: from, to: to)
    }

    func perform<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        try library.perform(body)
    }

    func perform<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await library.perform(body)
    }
}
