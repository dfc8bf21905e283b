// Max pooling by kernels of our own (CKernels/max_pooling.h), or by oneDNN's where maps lie otherwise: those take up to ten times
// as long as memory does in bf16. What either remembers of its winners only it can read, so the backward pass keeps to the
// layouts of the forward pass.

import CKernels
import COneDNN
import FoveaCompiler
import FoveaOperators
import FoveaTensorCore

extension MaxPooling: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        if let maps = PooledMaps(request.inputs[0], window, y: request.outputs[0].shape) {
            return proposeOwn(request, maps)
        }
        let (primitive, x, y) = try pooling(request, engine, FoveaDNNPoolingMax, window)
        guard let winners = primitive.layout(FoveaDNNWorkspace) else {
            var proposal = primitive.proposal(request, inputs: [FoveaDNNSource], outputs: [FoveaDNNDestination])
            proposal.outputs.append(TensorFormat([0]))
            return proposal
        }
        var proposal = primitive.proposal(
            request, inputs: [FoveaDNNSource], outputs: [FoveaDNNDestination, FoveaDNNWorkspace])
        proposal.outputs[1].layout = .library(
            name: "winners", byteCount: winners.byteCount, descriptor: OneDNNWorkspace(x: x, y: y))
        return proposal
    }

    private func proposeOwn(_ request: KernelRequest, _ maps: PooledMaps) -> KernelProposal {
        let (pooling, isTraining) = (maps.pooling, request.isTraining)
        var winners = request.outputs[1]
        winners.layout = .library(name: "winners", byteCount: maps.winnersByteCount, descriptor: maps)
        return KernelProposal(
            inputs: [maps.x], outputs: [maps.y, isTraining ? winners : TensorFormat([0])],
            implementation: ownKernelName("max_pooling")
        ) { memory in
            let (x, y) = (memory.inputs[0], memory.outputs[0])
            let winners = isTraining ? memory.outputs[1].assumingMemoryBound(to: UInt8.self) : nil
            return OwnKernel { withUnsafePointer(to: pooling) { fovea_max_pool($0, x, y, winners) } }
        }
    }
}

extension MaxPoolingBackward: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        guard case .library(_, _, let descriptor) = request.inputs[1].layout else {
            preconditionFailure("max pooling's winners come from its forward pass")
        }
        if let maps = descriptor as? PooledMaps { return proposeOwn(request, maps) }
        guard let winners = descriptor as? OneDNNWorkspace else {
            preconditionFailure("nothing else remembers winners")
        }
        let primitive = try OneDNNPrimitive(engine, reading: [winners.x, winners.y]) { engine, error in
            FoveaDNNPoolingBackward(
                engine, FoveaDNNPoolingMax, winners.x.handle, winners.x.handle, winners.y.handle, window.oneDNN, error)
        }
        var proposal = primitive.proposal(
            request, inputs: [FoveaDNNDestinationGradient, FoveaDNNWorkspace], outputs: [FoveaDNNSourceGradient])
        proposal.inputs[1] = request.inputs[1]
        return proposal
    }

    private func proposeOwn(_ request: KernelRequest, _ maps: PooledMaps) -> KernelProposal {
        let pooling = maps.pooling
        return KernelProposal(
            inputs: [maps.y, request.inputs[1]], outputs: [maps.x], implementation: ownKernelName("max_pooling")
        ) { memory in
            let (dy, dx) = (memory.inputs[0], memory.outputs[0])
            let winners = memory.inputs[1].assumingMemoryBound(to: UInt8.self)
            return OwnKernel { withUnsafePointer(to: pooling) { fovea_max_pool_backward($0, dy, winners, dx) } }
        }
    }
}

/// A max pooling as our kernels see it, and the formats of its maps; what its winners' layout knows.
private final class PooledMaps: LayoutDescriptor, @unchecked Sendable {
    // @unchecked: never changed.
    let pooling: fovea_max_pooling
    let x, y: TensorFormat

    /// Nil for what they do not know: other layouts than blocks of 16 channels and channels last, eight bits, windows with
    /// gaps or of more elements than a byte counts.
    init?(_ x: TensorFormat, _ window: Window, y: Shape) {
        guard case .library(let name, _, _) = x.layout, ["aBcd16b", OneDNNLayout.channelsLast].contains(name),
            x.dataType == .f32 || x.dataType == .bf16, window.dilation == SIMD2(1, 1),
            window.kernel[0] * window.kernel[1] <= 256
        else { return nil }
        self.x = x
        self.y = TensorFormat(y, x.dataType).laidOut(x.oneDNN().like(y))
        pooling = fovea_max_pooling(
            n: Int64(y[0]), c: Int64(y[1]), height: Int64(x.shape[2]), width: Int64(x.shape[3]), rows: Int64(y[2]),
            columns: Int64(y[3]), kernel: window.kernel.pair, stride: window.stride.pair,
            padding: window.paddingBefore.pair, has_channels_last: name == OneDNNLayout.channelsLast ? 1 : 0,
            is_bf16: x.dataType == .bf16 ? 1 : 0)
    }

    var winnersByteCount: Int { Int(withUnsafePointer(to: pooling, fovea_max_pooling_winners)) }

    func isSame(as other: any LayoutDescriptor) -> Bool {
        guard let other = other as? PooledMaps else { return false }
        return x == other.x && y == other.y
    }
}
