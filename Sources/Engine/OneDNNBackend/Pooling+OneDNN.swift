// Pooling by oneDNN. It has no windows of unequal size; adaptive pooling with such is a kernel of our own, and max pooling has
// a file of its own.

import CKernels
import COneDNN
import FoveaCompiler
import FoveaOperators
import FoveaTensorCore

/// The forward primitive of any pooling, with the layouts it settled on.
func pooling(
    _ request: KernelRequest, _ engine: OneDNNEngine, _ kind: FoveaDNNPooling, _ window: Window
) throws -> (primitive: OneDNNPrimitive, x: OneDNNLayout, y: OneDNNLayout) {
    guard window.dilation == SIMD2(1, 1) else {
        throw Failure(.work, "oneDNN has no kernel for pooling with gaps: \(window.text)")
    }
    let x = request.inputs[0].oneDNN()
    let free = request.outputs[0].oneDNNAny()
    let primitive = try OneDNNPrimitive(engine, reading: [x, free]) { engine, error in
        FoveaDNNPoolingForward(engine, request.isTraining, kind, x.handle, free.handle, window.oneDNN, error)
    }
    return (primitive, x, primitive.layout(FoveaDNNDestination) ?? free)
}

/// The backward primitive of average pooling: dx follows the layout of dy.
private func averageBackward(
    _ request: KernelRequest, _ engine: OneDNNEngine, _ kind: FoveaDNNPooling, _ window: Window
) throws -> KernelProposal {
    let dx = request.inputs[0].oneDNN().like(request.outputs[0].shape)
    let dy = dx.like(request.inputs[0].shape)
    let primitive = try OneDNNPrimitive(engine, reading: [dx, dy]) { engine, error in
        FoveaDNNPoolingBackward(engine, kind, dx.handle, dx.handle, dy.handle, window.oneDNN, error)
    }
    return primitive.proposal(request, inputs: [FoveaDNNDestinationGradient], outputs: [FoveaDNNSourceGradient])
}

extension AveragePooling: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        try pooling(request, engine, countsPadding ? FoveaDNNPoolingAveragePadded : FoveaDNNPoolingAverage, window)
            .primitive.proposal(request, inputs: [FoveaDNNSource], outputs: [FoveaDNNDestination])
    }
}

extension AveragePoolingBackward: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        try averageBackward(
            request, engine, countsPadding ? FoveaDNNPoolingAveragePadded : FoveaDNNPoolingAverage, window)
    }
}

/// A window that covers the whole picture.
private func whole(_ shape: Shape) -> Window {
    var window = Window(1)
    window.kernel = SIMD2(shape[2], shape[3])
    return window
}

extension GlobalAveragePooling: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let primitive = try pooling(request, engine, FoveaDNNPoolingAverage, whole(request.inputs[0].shape)).primitive
        if primitive.implementation.hasPrefix("ref") { return proposeOwn(request) }
        return primitive.proposal(request, inputs: [FoveaDNNSource], outputs: [FoveaDNNDestination])
    }

    /// By our own kernel (CKernels/channel_factors.h): oneDNN has none for bf16 in blocks of 8 channels, nor for whole maps
    /// of channels that do not fill their blocks.
    private func proposeOwn(_ request: KernelRequest) -> KernelProposal {
        let own = FactoredMaps(request.inputs[0])
        let (maps, isBF16) = (own.maps, request.outputs[0].dataType == .bf16)
        let (count, positions) = (Int(maps.n * maps.c), Float(maps.positions))
        var proposal = KernelProposal(
            inputs: [own.format], outputs: [request.outputs[0].plain], implementation: ownKernelName("channel_products")
        ) { memory in
            let (x, y) = (memory.inputs[0], memory.outputs[0])
            guard let sums = memory.scratch?.floats else { preconditionFailure("sums of planes want scratch memory") }
            return OwnKernel {
                withUnsafePointer(to: maps) { fovea_channel_products($0, x, nil, sums) }
                fovea_means(sums, Int64(count), positions, isBF16 ? 1 : 0, y)
            }
        }
        proposal.scratchByteCount = count * 4
        return proposal
    }
}

extension GlobalAveragePoolingBackward: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        try averageBackward(request, engine, FoveaDNNPoolingAverage, whole(inputShape))
    }
}

extension AdaptiveAveragePooling: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let x = request.inputs[0].shape
        if let window = Self.evenWindow(x, extent: extent) {
            return try pooling(request, engine, FoveaDNNPoolingAverage, window)
                .primitive.proposal(request, inputs: [FoveaDNNSource], outputs: [FoveaDNNDestination])
        }
        let (planes, height, width) = (Int64(x[0] * x[1]), Int64(x[2]), Int64(x[3]))
        let (rows, columns) = (Int64(extent[0]), Int64(extent[1]))
        return request.own("adaptive_average") { memory in
            let (x, y) = (memory.inputs[0].floats, memory.outputs[0].floats)
            return { fovea_adaptive_average(x, planes, height, width, rows, columns, y) }
        }
    }
}

extension AdaptiveAveragePoolingBackward: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let x = inputShape
        if let window = AdaptiveAveragePooling.evenWindow(x, extent: extent) {
            return try averageBackward(request, engine, FoveaDNNPoolingAverage, window)
        }
        let (planes, height, width) = (Int64(x[0] * x[1]), Int64(x[2]), Int64(x[3]))
        let (rows, columns) = (Int64(extent[0]), Int64(extent[1]))
        return request.own("adaptive_average_backward") { memory in
            let (dy, dx) = (memory.inputs[0].floats, memory.outputs[0].floats)
            return { fovea_adaptive_average_backward(dy, planes, height, width, rows, columns, dx) }
        }
    }
}
