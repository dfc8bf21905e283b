// Convolution and its gradients by oneDNN. Layouts are left free (`any`), so that oneDNN takes its fastest
// kernel, except where our own are asked first: Winograd+OneDNN.swift, Grouped+OneDNN.swift,
// Depthwise+OneDNN.swift.

import COneDNN
import FoveaCompiler
import FoveaOperators
import FoveaTensorCore

extension Window {
    var oneDNN: FoveaDNNWindow {
        FoveaDNNWindow(
            kernel: kernel.pair, stride: stride.pair, dilation: (dilation &- 1).pair, before: paddingBefore.pair,
            after: paddingAfter.pair)
    }
}

/// Filters as oneDNN wants them: (groups, O / groups, C / groups, kh, kw) if there are groups.
func filterDimensions(_ shape: Shape, groups: Int) -> [Int] {
    groups == 1 ? shape.dimensions : [groups, shape[0] / groups] + shape.dimensions.dropFirst()
}

extension Convolution: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        if request.isQuantized { return try proposeQuantized(request, engine) }
        if let own = ownWinograd(request) ?? ownGrouped(request) ?? ownDepthwise(request) { return own }
        let x = request.inputs[0].oneDNNAny()
        let w = request.inputs[1].oneDNNAny(dimensions: filterDimensions(request.inputs[1].shape, groups: groups))
        let b = hasBias ? request.inputs[2].oneDNN() : nil
        let y = request.outputs[0].oneDNNAny()
        func made(training: Bool) throws -> OneDNNPrimitive {
            try OneDNNPrimitive(engine, reading: [x, w, b, y]) {
                FoveaDNNConvolutionForward(
                    $0, training, x.handle, w.handle, b?.handle, y.handle, window.oneDNN, addsResidual,
                    activation.oneDNN, $1)
            }
        }
        var primitive = try made(training: request.isTraining)
        // Where maps are smaller than windows, oneDNN has depthwise kernels for inference alone, which serve training as well:
        // a matrix product for each channel of each picture took a hundred times as long.
        if request.isTraining, groups > 1, primitive.isByMatrixProducts {
            let other = try made(training: false)
            if !other.isByMatrixProducts { primitive = other }
        }
        let arguments = [FoveaDNNSource, FoveaDNNWeights] + (hasBias ? [FoveaDNNBias] : [])
        var proposal = primitive.proposal(request, inputs: arguments, outputs: [FoveaDNNDestination])
        if addsResidual {
            proposal.inputs.append(request.outputs[0].laidOut(primitive.layout(FoveaDNNDestination) ?? y))
            proposal.mustShare = [0: arguments.count]
        }
        return proposal
    }
}

extension ConvolutionBackwardData: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        if let own = ownWinograd(request) { return own }
        if let own = ownGrouped(request) ?? ownDepthwise(request) {
            return addsResidual ? try adding(request, own, engine) : own
        }
        if addsResidual && groups == 1 && window == Window(1) { return try proposeTransposed(request, engine) }
        let dy = request.inputs[0].oneDNNAny()
        let w = request.inputs[1].oneDNNAny(dimensions: filterDimensions(request.inputs[1].shape, groups: groups))
        let dx = request.outputs[0].oneDNNAny()
        let primitive = try OneDNNPrimitive(engine, reading: [dx, w, dy]) {
            FoveaDNNConvolutionBackwardData(
                $0, dx.handle, w.handle, dy.handle, window.oneDNN, $1)
        }
        let proposal = primitive.proposal(
            request, inputs: [FoveaDNNDestinationGradient, FoveaDNNWeights], outputs: [FoveaDNNSourceGradient])
        return addsResidual ? try adding(request, proposal, engine) : proposal
    }

    /// A 1 x 1 convolution of dy with transposed filters, which adds to what lies at its result: oneDNN's gradients cannot.
    private func proposeTransposed(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let filters = request.inputs[1]
        let dy = request.inputs[0].oneDNNAny()
        let w = filters.oneDNNAny(dimensions: [filters.shape[1], filters.shape[0], 1, 1])
        let dx = request.outputs[0].oneDNNAny()
        let primitive = try OneDNNPrimitive(engine, reading: [dy, w, dx]) {
            FoveaDNNConvolutionForward(
                $0, true, dy.handle, w.handle, nil, dx.handle, window.oneDNN, true, FoveaDNNActivationNone, $1)
        }
        var proposal = primitive.proposal(
            request, inputs: [FoveaDNNSource, FoveaDNNWeights], outputs: [FoveaDNNDestination])
        proposal.inputs[1] = filters.laidOut(try (primitive.layout(FoveaDNNWeights) ?? w).transposed())
        proposal.inputs.append(proposal.outputs[0])
        proposal.mustShare = [0: 2]
        return proposal
    }

    /// The same, then a sum in place.
    private func adding(
        _ request: KernelRequest, _ proposal: KernelProposal, _ engine: OneDNNEngine
    ) throws -> KernelProposal {
        let dx = proposal.outputs[0].oneDNN()
        let sum = try OneDNNPrimitive(engine, reading: [dx]) {
            FoveaDNNBinaryCreate($0, FoveaDNNBinaryAdd, dx.handle, dx.handle, dx.handle, $1)
        }
        var both = KernelProposal(
            inputs: proposal.inputs + [proposal.outputs[0]], outputs: proposal.outputs,
            implementation: proposal.implementation
        ) { memory in
            let (residual, result) = (memory.inputs[2], memory.outputs[0])
            var alone = memory
            alone.inputs.removeLast()
            return KernelSequence([
                try proposal.bind(alone),
                try sum.call(
                    [(FoveaDNNSource, result), (FoveaDNNSource1, residual), (FoveaDNNDestination, result)],
                    scratch: memory.scratch),
            ])
        }
        both.scratchByteCount = max(proposal.scratchByteCount, sum.scratchByteCount)
        return both
    }
}

extension ConvolutionBackwardWeights: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let narrow = ownStem(request) ?? ownGrouped(request) ?? ownDepthwise(request)
        if let own = ownWinograd(request) ?? ownPointwise(request) ?? narrow { return own }
        let x = request.inputs[0].oneDNNAny()
        let dy = request.inputs[1].oneDNNAny()
        let dw = request.outputs[0].oneDNNAny(dimensions: filterDimensions(weightShape, groups: groups))
        let db = hasBias ? request.outputs[1].oneDNN() : nil
        let primitive = try OneDNNPrimitive(engine, reading: [x, dw, db, dy]) {
            FoveaDNNConvolutionBackwardWeights(
                $0, x.handle, dw.handle, db?.handle, dy.handle, window.oneDNN, $1)
        }
        return primitive.proposal(
            request, inputs: [FoveaDNNSource, FoveaDNNDestinationGradient],
            outputs: [FoveaDNNWeightsGradient] + (hasBias ? [FoveaDNNBiasGradient] : []))
    }
}
