// A primitive of oneDNN, and proposals and kernels made of it.

import COneDNN
import FoveaCompiler
import FoveaTensorCore

/// Owns a primitive.
final class OneDNNPrimitive {
    let handle: OpaquePointer
    private let engine: OneDNNEngine

    /// Makes a primitive, or throws oneDNN's complaint. `layouts` are those whose handles `make` hands to oneDNN: they are
    /// kept alive until it returns, which Swift does not promise for an object whose last use was to read its handle.
    init(
        _ engine: OneDNNEngine, reading layouts: [OneDNNLayout?],
        _ make: (OpaquePointer, UnsafeMutablePointer<FoveaDNNError>) -> OpaquePointer?
    ) throws {
        var error = FoveaDNNError()
        guard let handle = withExtendedLifetime(layouts, { make(engine.handle, &error) }) else {
            throw Failure(.work, "oneDNN: \(error.text)")
        }
        self.handle = handle
        self.engine = engine
    }

    deinit { FoveaDNNPrimitiveFree(handle) }

    /// The layout of one of its tensors; nil if it has no such tensor.
    func layout(_ argument: FoveaDNNArgument) -> OneDNNLayout? {
        withExtendedLifetime(self) { FoveaDNNPrimitiveLayout(handle, argument).map(OneDNNLayout.init(owning:)) }
    }

    /// Whether a convolution became a matrix product for each group, or the library's plainest code.
    var isByMatrixProducts: Bool { implementation.contains("gemm") || implementation.hasPrefix("ref") }

    /// The name of oneDNN's implementation.
    var implementation: String {
        withExtendedLifetime(self) { String(cString: FoveaDNNPrimitiveImplementation(handle)) }
    }

    var scratchByteCount: Int { layout(FoveaDNNScratchpad)?.byteCount ?? 0 }

    /// Binds it to addresses.
    func call(_ tensors: [(FoveaDNNArgument, UnsafeMutableRawPointer)], scratch: UnsafeMutableRawPointer?) throws
        -> OneDNNCall
    {
        var arguments = tensors.map(\.0)
        var addresses: [UnsafeMutableRawPointer?] = tensors.map(\.1)
        if let scratch, scratchByteCount > 0 {
            arguments.append(FoveaDNNScratchpad)
            addresses.append(scratch)
        }
        var error = FoveaDNNError()
        guard let call = FoveaDNNCallCreate(engine.handle, handle, arguments, addresses, Int32(arguments.count), &error)
        else { throw Failure(.work, "oneDNN: \(error.text)") }
        return OneDNNCall(owning: call, keeping: self)
    }

    /// A proposal whose inputs and outputs are exactly this primitive's tensors, in this order.
    func proposal(
        _ request: KernelRequest, inputs: [FoveaDNNArgument], outputs: [FoveaDNNArgument]
    ) -> KernelProposal {
        func formats(_ given: [TensorFormat], _ arguments: [FoveaDNNArgument]) -> [TensorFormat] {
            zip(given, arguments).map { format, argument in layout(argument).map(format.laidOut) ?? format.plain }
        }
        var proposal = KernelProposal(
            inputs: formats(request.inputs, inputs), outputs: formats(request.outputs, outputs),
            implementation: implementation
        ) { memory in
            try self.call(
                Array(zip(inputs, memory.inputs)) + Array(zip(outputs, memory.outputs)), scratch: memory.scratch)
        }
        proposal.scratchByteCount = scratchByteCount
        return proposal
    }
}

/// A primitive bound to addresses.
final class OneDNNCall: Kernel {
    private let handle: OpaquePointer
    private let primitive: OneDNNPrimitive

    init(owning handle: OpaquePointer, keeping primitive: OneDNNPrimitive) {
        self.handle = handle
        self.primitive = primitive
    }

    deinit { FoveaDNNCallFree(handle) }

    func run() throws {
        guard FoveaDNNCallRun(handle) else {
            throw Failure(.work, "oneDNN could not run \(primitive.implementation)")
        }
    }
}

/// A kernel of our own: a closure over addresses.
final class OwnKernel: Kernel {
    private let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }

    func run() { body() }
}

/// Several kernels in a row.
final class KernelSequence: Kernel {
    private let kernels: [any Kernel]

    init(_ kernels: [any Kernel]) { self.kernels = kernels }

    func run() throws {
        for kernel in kernels { try kernel.run() }
    }
}

extension FoveaDNNError {
    var text: String {
        withUnsafeBytes(of: message) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}

extension KernelRequest {
    /// A proposal of our own kernel, which wants every tensor row-major.
    func own(_ implementation: String, _ make: @escaping (KernelMemory) -> () -> Void) -> KernelProposal {
        KernelProposal(inputs: inputs.map(\.plain), outputs: outputs.map(\.plain), implementation: implementation) {
            OwnKernel(make($0))
        }
    }
}

extension UnsafeMutableRawPointer {
    /// The address as one of floats. Plans only hand out f32 memory to kernels that call this.
    var floats: UnsafeMutablePointer<Float> { assumingMemoryBound(to: Float.self) }
}
