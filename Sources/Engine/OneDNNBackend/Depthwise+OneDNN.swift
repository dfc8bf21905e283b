// Depthwise convolutions by our own kernels (CKernels/depthwise.h) in place of the library's: gradients of filters always,
// the rest in bf16 where windows are 3 x 3. Activations keep the blocked layout that oneDNN's kernels like best on this
// processor; gradients of filters are written where the optimizer reads them.

import CKernels
import FoveaCompiler
import FoveaOperators
import FoveaTensorCore

/// A convolution x (N, C, H, W) -> y (N, C, H', W') of each channel with a filter of its own.
private struct OwnDepthwise {
    let shape: fovea_depthwise
    let x: OneDNNLayout
    let y: OneDNNLayout

    /// Nil if our kernels cannot do it here.
    init?(_ request: KernelRequest, _ window: Window, groups: Int, x: Shape, y: Shape) {
        let type = request.inputs[0].dataType
        guard groups > 1, x[1] == groups, y[1] == groups, type == .f32 || type == .bf16,
            window.kernel[0] * window.kernel[1] <= Int(FOVEA_DEPTHWISE_TAPS), !request.hasChannelsLast
        else { return nil }
        self.x = OneDNNLayout.blocked(x, type)
        self.y = self.x.like(y)
        guard let block = self.x.channelBlock, block <= fovea_depthwise_block(fovea_instructions()) else { return nil }
        guard sharesWholePlanes(x, block: block) else { return nil }
        shape = fovea_depthwise(
            n: Int64(x[0]), c: Int64(x[1]), h: Int64(x[2]), w: Int64(x[3]), y_h: Int64(y[2]), y_w: Int64(y[3]),
            kernel: window.kernel.pair, stride: window.stride.pair, dilation: window.dilation.pair,
            before: window.paddingBefore.pair, block: Int32(block), is_bf16: type == .bf16 ? 1 : 0,
            threads: fovea_pool_threads(), instructions: fovea_instructions())
    }

    /// True if forward pass and gradient of the input are ours too.
    var hasMaps: Bool { withUnsafePointer(to: shape) { fovea_depthwise_has_maps($0) != 0 } }

    func proposal(
        _ inputs: [TensorFormat], _ output: TensorFormat, scratch: (UnsafePointer<fovea_depthwise>) -> Int,
        _ run: @escaping (UnsafePointer<fovea_depthwise>, KernelMemory) -> Void
    ) -> KernelProposal {
        let shape = shape
        var proposal = KernelProposal(
            inputs: inputs, outputs: [output], implementation: ownKernelName("depthwise")
        ) { memory in
            OwnKernel { withUnsafePointer(to: shape) { run($0, memory) } }
        }
        proposal.scratchByteCount = withUnsafePointer(to: shape, scratch)
        return proposal
    }
}

extension KernelRequest {
    /// True if an input lies with channels last: moving it would cost more than our kernels win.
    var hasChannelsLast: Bool { inputs.contains { $0.layout.description == OneDNNLayout.channelsLast } }
}

extension UnsafeMutableRawPointer {
    fileprivate var halves: UnsafeMutablePointer<UInt16> { assumingMemoryBound(to: UInt16.self) }
}

extension Convolution {
    /// Our kernel for a request whose operator is `self`; nil where ours cannot do it.
    func ownDepthwise(_ request: KernelRequest) -> KernelProposal? {
        let (x, w, y) = (request.inputs[0], request.inputs[1], request.outputs[0])
        guard let limits = ownLimits, !addsResidual, w.dataType == x.dataType, y.dataType == x.dataType,
            !hasBias || request.inputs[2].dataType == .f32,
            let own = OwnDepthwise(request, window, groups: groups, x: x.shape, y: y.shape), own.hasMaps
        else { return nil }
        let hasBias = hasBias
        return own.proposal(
            [x.laidOut(own.x), w.plain] + (hasBias ? [request.inputs[2].plain] : []), y.laidOut(own.y),
            scratch: fovea_depthwise_maps_scratch
        ) { shape, memory in
            fovea_depthwise_convolve(
                shape, memory.inputs[0], memory.inputs[1].halves, hasBias ? memory.inputs[2].floats : nil,
                limits.lowerBound, limits.upperBound, memory.outputs[0], memory.scratch)
        }
    }
}

extension ConvolutionBackwardData {
    /// Our kernel, likewise.
    func ownDepthwise(_ request: KernelRequest) -> KernelProposal? {
        let (dy, w, dx) = (request.inputs[0], request.inputs[1], request.outputs[0])
        guard w.dataType == dy.dataType, dx.dataType == dy.dataType,
            let own = OwnDepthwise(request, window, groups: groups, x: dx.shape, y: dy.shape), own.hasMaps
        else { return nil }
        return own.proposal(
            [dy.laidOut(own.y), w.plain], dx.laidOut(own.x), scratch: fovea_depthwise_maps_scratch
        ) { shape, memory in
            fovea_depthwise_input_gradient(
                shape, memory.inputs[0], memory.inputs[1].halves, memory.outputs[0], memory.scratch)
        }
    }
}

extension ConvolutionBackwardWeights {
    /// Our kernel, likewise.
    func ownDepthwise(_ request: KernelRequest) -> KernelProposal? {
        let (x, dy) = (request.inputs[0], request.inputs[1])
        guard dy.dataType == x.dataType,
            let own = OwnDepthwise(request, window, groups: groups, x: x.shape, y: dy.shape)
        else { return nil }
        let filters = own.proposal(
            [x.laidOut(own.x), dy.laidOut(own.y)], request.outputs[0].plain, scratch: fovea_depthwise_scratch
        ) { shape, memory in
            fovea_depthwise_filter_gradient(
                shape, memory.inputs[0], memory.inputs[1], memory.outputs[0].floats, memory.scratch)
        }
        return hasBias ? withBias(request, filters) : filters
    }
}
