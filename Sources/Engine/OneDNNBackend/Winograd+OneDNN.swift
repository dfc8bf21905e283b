// Convolutions by our own Winograd kernels (CKernels/winograd.h) in place of the library's: where WinogradRule says so and
// channels come in whole blocks. Activations are f32 or bf16 and lie as oneDNN's kernels left them, channels last or blocked,
// so that neighbours need no reorder. The arithmetic is f32 in both, and so are the weights, which are read
// as they are kept: plain in training; for inference they are transformed once.

import CKernels
import COneDNN
import FoveaCompiler
import FoveaGraph
import FoveaOperators
import FoveaTensorCore

/// A convolution x (N, C, H, W) -> y (N, O, H, W) that our kernels can compute.
struct OwnWinograd {
    private let shape: fovea_winograd
    private let x: OneDNNLayout
    private let y: OneDNNLayout
    private let name: String

    /// Nil if our kernels cannot do it here.
    init?(_ request: KernelRequest, x: Shape, y: Shape) {
        let dataType = request.inputs[0].dataType
        guard dataType == .f32 || dataType == .bf16 else { return nil }
        let isLow: Int32 = dataType == .bf16 ? 1 : 0
        let blocked = OneDNNLayout.blocked(x, dataType)
        guard let block = blocked.channelBlock, block <= fovea_winograd_block(isLow), x[1] % block == 0,
            y[1] % block == 0
        else { return nil }
        let given = request.inputs[0].oneDNN()
        let isLast = given.name == OneDNNLayout.channelsLast
        self.x = isLast ? given : blocked
        self.y = self.x.like(y)
        shape = fovea_winograd(
            n: Int64(x[0]), c: Int64(x[1]), o: Int64(y[1]), h: Int64(x[2]), w: Int64(x[3]), block: Int32(block),
            threads: fovea_pool_threads(), bf16: isLow, channels_last: isLast ? 1 : 0)
        name = "fovea_wino_4x3:\(block)c"
    }

    /// A convolution whose second input are filters; `turned` for the gradient of the input.
    func convolve(
        _ request: KernelRequest, turned: Bool = false, hasBias: Bool = false, addsResidual: Bool = false,
        relu: Bool = false
    ) -> KernelProposal {
        let shape = shape
        let plain = turned ? FOVEA_WINOGRAD_TURNED : FOVEA_WINOGRAD_PLAIN
        let kind = request.isTraining ? plain : FOVEA_WINOGRAD_TRANSFORMED
        var inputs = [request.inputs[0].laidOut(x), TensorFormat(request.inputs[1].shape)]
        if !request.isTraining { inputs[1].layout = WinogradFilters(shape, plain).layout }
        if hasBias { inputs.append(request.inputs[2].plain) }
        if addsResidual { inputs.append(request.outputs[0].laidOut(y)) }
        var proposal = KernelProposal(
            inputs: inputs, outputs: [request.outputs[0].laidOut(y)], implementation: name
        ) { memory in
            let (x, w, y) = (memory.inputs[0], memory.inputs[1].floats, memory.outputs[0])
            let bias = hasBias ? memory.inputs[2].floats : nil
            let residual = addsResidual ? memory.inputs[memory.inputs.count - 1] : nil
            return OwnKernel {
                withUnsafePointer(to: shape) {
                    fovea_winograd_convolve($0, x, w, kind, bias, residual, relu ? 1 : 0, y, memory.scratch)
                }
            }
        }
        proposal.scratchByteCount = withUnsafePointer(to: shape) { fovea_winograd_convolve_scratch($0, kind) }
        if addsResidual { proposal.mayShare = [0: inputs.count - 1] }
        return proposal
    }

    /// The gradients of the filters, and of the bias if there is a second output, from x and dy.
    func filterGradient(_ request: KernelRequest) -> KernelProposal {
        let shape = shape
        var proposal = KernelProposal(
            inputs: [request.inputs[0].laidOut(x), request.inputs[1].laidOut(y)], outputs: request.outputs.map(\.plain),
            implementation: name
        ) { memory in
            let (x, dy) = (memory.inputs[0], memory.inputs[1])
            let gradients = memory.outputs.map(\.floats)
            return OwnKernel {
                withUnsafePointer(to: shape) {
                    fovea_winograd_filter_gradient(
                        $0, x, dy, gradients[0], gradients.count > 1 ? gradients[1] : nil, memory.scratch)
                }
            }
        }
        proposal.scratchByteCount = withUnsafePointer(to: shape) { fovea_winograd_gradient_scratch($0) }
        return proposal
    }
}

/// Filters transformed for our kernels.
final class WinogradFilters: LayoutDescriptor {
    private let shape: fovea_winograd
    private let kind: fovea_winograd_filters_kind

    fileprivate init(_ shape: fovea_winograd, _ kind: fovea_winograd_filters_kind) {
        self.shape = shape
        self.kind = kind
    }

    fileprivate var layout: Layout {
        let byteCount = withUnsafePointer(to: shape) { fovea_winograd_filter_bytes($0) }
        return .library(name: "wino_4x3:\(shape.block)c", byteCount: byteCount, descriptor: self)
    }

    func isSame(as other: any LayoutDescriptor) -> Bool {
        guard let other = other as? WinogradFilters else { return false }
        return kind == other.kind && shape.block == other.shape.block && shape.c == other.shape.c
            && shape.o == other.shape.o
    }

    /// A kernel that transforms plain filters; nil unless `to` is such a layout.
    static func proposal(from: TensorFormat, to: TensorFormat) -> KernelProposal? {
        guard case .library(_, _, let descriptor) = to.layout, let filters = descriptor as? WinogradFilters else {
            return nil
        }
        precondition(from.layout == .plain, "filters are transformed from their plain form")
        return KernelProposal(inputs: [from], outputs: [to], implementation: "fovea_wino_4x3") { memory in
            let (w, transformed) = (memory.inputs[0].floats, memory.outputs[0].floats)
            return OwnKernel {
                withUnsafePointer(to: filters.shape) { fovea_winograd_filters($0, w, filters.kind, transformed) }
            }
        }
    }
}

extension Convolution {
    /// Our kernel for a request whose operator is `self`; nil where another is faster, or ours cannot do it.
    func ownWinograd(_ request: KernelRequest) -> KernelProposal? {
        let (x, w, y) = (request.inputs[0].shape, request.inputs[1].shape, request.outputs[0].shape)
        guard activation == nil || activation == .relu,
            WinogradRule.suits(
                window, groups: groups, filters: w, outputs: y, request.inputs[0].dataType,
                isTraining: request.isTraining)
        else { return nil }
        return OwnWinograd(request, x: x, y: y)?
            .convolve(request, hasBias: hasBias, addsResidual: addsResidual, relu: activation == .relu)
    }
}

extension ConvolutionBackwardData {
    /// Our kernel, likewise.
    func ownWinograd(_ request: KernelRequest) -> KernelProposal? {
        let (dy, w, dx) = (request.inputs[0].shape, request.inputs[1].shape, request.outputs[0].shape)
        guard
            WinogradRule.suits(
                window, groups: groups, filters: w, outputs: dx, request.inputs[0].dataType,
                isTraining: request.isTraining)
        else { return nil }
        return OwnWinograd(request, x: dy, y: dx)?.convolve(request, turned: true, addsResidual: addsResidual)
    }
}

extension ConvolutionBackwardWeights {
    /// Our kernel, likewise.
    func ownWinograd(_ request: KernelRequest) -> KernelProposal? {
        let (x, dy) = (request.inputs[0].shape, request.inputs[1].shape)
        guard
            WinogradRule.suits(
                window, groups: groups, filters: weightShape, outputs: dy, request.inputs[0].dataType, isTraining: true)
        else { return nil }
        return OwnWinograd(request, x: x, y: dy)?.filterGradient(request)
    }
}
