// Convolutions in groups of few channels, and depthwise ones with windows above 3 x 3, by our own kernels
// (CKernels/grouped.h) in place of the library's, which are slow there or want layouts that no neighbour has. Activations
// lie in blocks of channels or with channels last, as their neighbours left them; gradients of filters are written where the
// optimizer reads them.

import CKernels
import FoveaCompiler
import FoveaOperators
import FoveaTensorCore

/// A convolution x (N, C, H, W) -> y (N, C, H', W') in groups of as many channels on either side.
private struct OwnGrouped {
    let kind: fovea_grouped_kind
    let shape: fovea_grouped
    let x: OneDNNLayout
    let y: OneDNNLayout

    /// Nil if our kernels cannot do it here. `filters` is (O, C / groups, kh, kw).
    init?(
        _ kind: fovea_grouped_kind, _ request: KernelRequest, _ window: Window, groups: Int, filters: Shape, x: Shape,
        y: Shape
    ) {
        self.kind = kind
        let type = request.inputs[0].dataType
        guard groups > 1, x[1] == y[1], type == .f32 || type == .bf16,
            window.kernel[0] * window.kernel[1] <= Int(FOVEA_GROUPED_TAPS)
        else { return nil }
        let isBF16: Int32 = type == .bf16 ? 1 : 0
        let block = fovea_grouped_block(isBF16, fovea_instructions())
        let blocked = OneDNNLayout.blocked(x, type)
        let isLast = request.hasChannelsLast
        guard block > 0, isLast || blocked.channelBlock == Int(block) else { return nil }
        if isLast {
            let given = request.inputs[0].oneDNN()
            guard given.name == OneDNNLayout.channelsLast else { return nil }
            self.x = given.like(x)
        } else {
            self.x = blocked
        }
        self.y = self.x.like(y)
        shape = fovea_grouped(
            n: Int64(x[0]), c: Int64(x[1]), width: Int64(filters[1]), h: Int64(x[2]), w: Int64(x[3]),
            y_h: Int64(y[2]), y_w: Int64(y[3]), kernel: window.kernel.pair, stride: window.stride.pair,
            dilation: window.dilation.pair, before: window.paddingBefore.pair, block: block,
            channels_last: isLast ? 1 : 0, is_bf16: isBF16, threads: fovea_pool_threads(),
            instructions: fovea_instructions())
        guard withUnsafePointer(to: shape, { fovea_grouped_suits($0) != 0 }), Self.isFaster(shape, kind),
            sharesWholePlanes(x, block: Int(block))
        else { return nil }
    }

    /// Where the library is slow: groups that are no whole blocks of channels; of depthwise convolutions in bf16, gradients of
    /// filters above 3 x 3 and of inputs above 5 x 5. Measured on two cores of a Zen 5.
    private static func isFaster(_ shape: fovea_grouped, _ kind: fovea_grouped_kind) -> Bool {
        guard shape.width == 1 else { return shape.width % Int64(shape.block) != 0 }
        let taps = shape.kernel.0 * shape.kernel.1
        return shape.is_bf16 != 0
            && (kind == FOVEA_GROUPED_FILTER_GRADIENT && taps > 9 || kind == FOVEA_GROUPED_INPUT_GRADIENT && taps > 25)
    }

    func proposal(
        _ inputs: [TensorFormat], _ output: TensorFormat,
        _ run: @escaping (UnsafePointer<fovea_grouped>, KernelMemory) -> Void
    ) -> KernelProposal {
        let (shape, kind) = (shape, kind)
        var proposal = KernelProposal(
            inputs: inputs, outputs: [output], implementation: ownKernelName("grouped")
        ) { memory in
            OwnKernel { withUnsafePointer(to: shape) { run($0, memory) } }
        }
        proposal.scratchByteCount = withUnsafePointer(to: shape) { fovea_grouped_scratch($0, kind) }
        return proposal
    }
}

extension Convolution {
    /// Our kernel for a request whose operator is `self`; nil where another is faster, or ours cannot do it.
    func ownGrouped(_ request: KernelRequest) -> KernelProposal? {
        let (x, w, y) = (request.inputs[0], request.inputs[1], request.outputs[0])
        guard let limits = ownLimits, !addsResidual, w.dataType == x.dataType, y.dataType == x.dataType,
            !hasBias || request.inputs[2].dataType == .f32,
            let own = OwnGrouped(
                FOVEA_GROUPED_FORWARD, request, window, groups: groups, filters: w.shape, x: x.shape, y: y.shape)
        else { return nil }
        let hasBias = hasBias
        return own.proposal(
            [x.laidOut(own.x), w.plain] + (hasBias ? [request.inputs[2].plain] : []), y.laidOut(own.y)
        ) { shape, memory in
            fovea_grouped_convolve(
                shape, memory.inputs[0], memory.inputs[1], hasBias ? memory.inputs[2].floats : nil, limits.lowerBound,
                limits.upperBound, memory.outputs[0], memory.scratch)
        }
    }
}

extension ConvolutionBackwardData {
    /// Our kernel, likewise.
    func ownGrouped(_ request: KernelRequest) -> KernelProposal? {
        let (dy, w, dx) = (request.inputs[0], request.inputs[1], request.outputs[0])
        guard w.dataType == dy.dataType, dx.dataType == dy.dataType,
            let own = OwnGrouped(
                FOVEA_GROUPED_INPUT_GRADIENT, request, window, groups: groups, filters: w.shape, x: dx.shape,
                y: dy.shape)
        else { return nil }
        return own.proposal([dy.laidOut(own.y), w.plain], dx.laidOut(own.x)) {
            fovea_grouped_input_gradient($0, $1.inputs[0], $1.inputs[1], $1.outputs[0], $1.scratch)
        }
    }
}

extension ConvolutionBackwardWeights {
    /// Our kernel, likewise.
    func ownGrouped(_ request: KernelRequest) -> KernelProposal? {
        let (x, dy) = (request.inputs[0], request.inputs[1])
        guard dy.dataType == x.dataType,
            let own = OwnGrouped(
                FOVEA_GROUPED_FILTER_GRADIENT, request, window, groups: groups, filters: weightShape, x: x.shape,
                y: dy.shape)
        else { return nil }
        let filters = own.proposal([x.laidOut(own.x), dy.laidOut(own.y)], request.outputs[0].plain) {
            fovea_grouped_filter_gradient($0, $1.inputs[0], $1.inputs[1], $1.outputs[0].floats, $1.scratch)
        }
        return hasBias ? withBias(request, filters) : filters
    }
}
