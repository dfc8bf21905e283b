// The kernel library: oneDNN's primitives and a few kernels of our own, on one engine thread.
// An operator takes part by conforming to `OneDNNOperator` in a file of its own; there is no central switch.

import CKernels
import COneDNN
import FoveaCompiler
import FoveaGraph
import FoveaTensorCore

/// An operator that oneDNN, or a kernel of ours, can run.
protocol OneDNNOperator: Operator {
    /// Layouts and kernel for a request whose operator is `self`.
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal
}

/// Owns oneDNN's engine and stream.
final class OneDNNEngine: @unchecked Sendable {
    // @unchecked: used on the engine thread only.
    let handle: OpaquePointer

    init() throws {
        var error = FoveaDNNError()
        guard let handle = FoveaDNNEngineCreate(&error) else { throw Failure(.work, "oneDNN: \(error.text)") }
        self.handle = handle
    }

    deinit { FoveaDNNEngineFree(handle) }
}

/// Kernels for CPUs.
package final class OneDNNLibrary: KernelLibrary {
    private let engine: OneDNNEngine
    private let thread: EngineThread
    package let threadCount: Int

    /// A library whose kernels use `threads` cores; nil for all that the process may use. Throws if oneDNN cannot start.
    package init(threads: Int? = nil) throws {
        thread = EngineThread(threadCount: threads ?? 0)
        engine = try OneDNNEngine()
        // Whoever limits oneDNN (ONEDNN_MAX_CPU_ISA) limits our own kernels too.
        fovea_limit_instructions(FoveaDNNInstructionLimit().own)
        threadCount = try thread.perform { Int(fovea_pool_threads()) }
    }

    package var name: String {
        "oneDNN \(String(cString: FoveaDNNVersion())) (\(String(cString: FoveaDNNInstructionSet())))"
    }

    package var fastestPrecision: Precision { FoveaDNNHasFastBF16() ? .bf16 : .f32 }
    package var multipliesBF16: Bool { FoveaDNNHasNativeBF16() }

    package func propose(_ request: KernelRequest) throws -> KernelProposal {
        guard let op = request.operator as? any OneDNNOperator else {
            throw Failure(.work, "oneDNN has no kernel for \(request.operator.name)")
        }
        return try op.propose(request, engine)
    }

    package func proposeReorder(from: TensorFormat, to: TensorFormat) throws -> KernelProposal {
        if let own = WinogradFilters.proposal(from: from, to: to) ?? ownMatrixReorder(from: from, to: to) { return own }
        // Grouped filters have five dimensions in oneDNN and four here: the side in a layout of oneDNN decides.
        let source: OneDNNLayout
        let target: OneDNNLayout
        switch (from.layout, to.layout) {
        case (.plain, _):
            target = to.oneDNN()
            source = target.plain(as: from.dataType)
        case (_, .plain):
            source = from.oneDNN()
            target = source.plain(as: to.dataType)
        default:
            source = from.oneDNN()
            target = to.oneDNN()
        }
        let factors = reorderFactors(from: from, to: to)
        let primitive = try OneDNNPrimitive(engine, reading: [source, target]) { engine, error in
            factors.isEmpty
                ? FoveaDNNReorderCreate(engine, source.handle, target.handle, error)
                : FoveaDNNReorderScaled(engine, source.handle, target.handle, factors, Int32(factors.count), error)
        }
        var proposal = KernelProposal(inputs: [from], outputs: [to], implementation: primitive.implementation) {
            try primitive.call(
                [(FoveaDNNSource, $0.inputs[0]), (FoveaDNNDestination, $0.outputs[0])], scratch: $0.scratch)
        }
        proposal.scratchByteCount = primitive.scratchByteCount
        return proposal
    }

    package func perform<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        try thread.perform(body)
    }

    package func perform<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            thread.enqueue { continuation.resume(with: Swift.Result { try body() }) }
        }
    }
}

extension FoveaDNNInstructions {
    /// The same as our own kernels name it.
    fileprivate var own: fovea_instruction_set {
        switch self {
        case FoveaDNNInstructionsAVX512BF16: FOVEA_INSTRUCTIONS_AVX512_BF16
        case FoveaDNNInstructionsAVX512: FOVEA_INSTRUCTIONS_AVX512
        case FoveaDNNInstructionsAVX2: FOVEA_INSTRUCTIONS_AVX2
        default: FOVEA_INSTRUCTIONS_ANY
        }
    }
}

/// `norm:avx2`: the name of a kernel of ours with the instruction set that it uses.
func ownKernelName(_ name: String) -> String { "\(name):\(String(cString: fovea_instructions_name()))" }
