// The seam between plans and kernels. A kernel library says which layouts an operator can take, makes its kernel and makes
// reorders; the compiler does everything else. A library that lacks an operator refuses by name: nothing falls back silently.

import FoveaGraph
import FoveaTensorCore

/// An operator, the formats in which its inputs lie, and the shapes its outputs will have.
package struct KernelRequest {
    package var `operator`: any Operator
    package var inputs: [TensorFormat]
    /// Shapes and types; the layouts are the library's to choose.
    package var outputs: [TensorFormat]
    /// True if a backward pass may follow, so that kernels keep what it needs.
    package var isTraining: Bool

    package init(operator op: any Operator, inputs: [TensorFormat], outputs: [TensorFormat], isTraining: Bool) {
        self.operator = op
        self.inputs = inputs
        self.outputs = outputs
        self.isTraining = isTraining
    }
}

/// Where a kernel's tensors lie. The addresses stay valid as long as the plan lives.
package struct KernelMemory {
    package var inputs: [UnsafeMutableRawPointer]
    package var outputs: [UnsafeMutableRawPointer]
    package var scratch: UnsafeMutableRawPointer?
}

/// What a library offers for a request.
package struct KernelProposal {
    /// The formats it wants its inputs in.
    package var inputs: [TensorFormat]
    /// The formats it gives its outputs in.
    package var outputs: [TensorFormat]
    /// Memory it needs while it runs, in bytes.
    package var scratchByteCount = 0
    /// Output index to input index: the output may lie where the input lay, if nobody else needs the input.
    package var mayShare: [Int: Int] = [:]
    /// Output index to input index: the output must lie where the input lay, since it is added to.
    package var mustShare: [Int: Int] = [:]
    /// True if nothing is computed: output 0 is input 0 under another shape.
    package var isView = false
    /// The kernel's name for people, such as `brgconv:avx512_core`.
    package var implementation: String
    /// Makes the kernel for these addresses.
    package var bind: (KernelMemory) throws -> any Kernel

    package init(
        inputs: [TensorFormat], outputs: [TensorFormat], implementation: String,
        bind: @escaping (KernelMemory) throws -> any Kernel
    ) {
        self.inputs = inputs
        self.outputs = outputs
        self.implementation = implementation
        self.bind = bind
    }
}

/// Something ready to run: no lookups, no allocations.
package protocol Kernel: AnyObject {
    /// Runs to the end. Throws a `Failure` if the library reports one.
    func run() throws
}

/// A source of kernels, with the one thread that may run them.
package protocol KernelLibrary: AnyObject, Sendable {
    /// Its name and version, such as `oneDNN 2.6.3 (avx512_core_bf16)`.
    var name: String { get }
    /// The arithmetic that is fastest on this processor without losing accuracy.
    var fastestPrecision: Precision { get }
    /// Whether plans in bf16 can be had, fast or not.
    var multipliesBF16: Bool { get }
    /// Kernels use this many threads.
    var threadCount: Int { get }
    /// The layouts and the kernel for an operator. Throws a `Failure` that names the operator if there is none.
    func propose(_ request: KernelRequest) throws -> KernelProposal
    /// A kernel that moves a tensor into another layout or type.
    func proposeReorder(from: TensorFormat, to: TensorFormat) throws -> KernelProposal
    /// Runs `body` on the library's thread and waits for it. Plans are made and run only there.
    func perform<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result
    /// Runs `body` on the library's thread, without blocking the caller's.
    func perform<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result
}
