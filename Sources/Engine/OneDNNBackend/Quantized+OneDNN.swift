// Convolutions and fully connected layers whose pictures and filters lie in eight bits: u8 or s8 times s8, summed in 32 bits.
// The layers are the same operators as elsewhere; what makes them quantised is the types of their inputs.

import COneDNN
import FoveaCompiler
import FoveaGraph
import FoveaOperators
import FoveaTensorCore

extension KernelRequest {
    /// True if the first input lies in eight bits.
    var isQuantized: Bool { inputs[0].dataType.byteCount == 1 }

    /// What a stored 1 is worth in the inputs and the output, for the length of `body`. `residual` is the input that is added.
    fileprivate func withSteps<Result>(
        residual: TensorFormat? = nil, _ body: (FoveaDNNSteps) throws -> Result
    ) rethrows -> Result {
        try inputs[1].scales.withUnsafeBufferPointer { weights in
            try body(
                FoveaDNNSteps(
                    source: inputs[0].scales.first ?? 1, destination: outputs[0].scales.first ?? 1,
                    residual: residual?.scales.first ?? 1, weights: weights.baseAddress,
                    weightCount: Int32(weights.count),
                    residualType: (residual ?? outputs[0]).dataType.oneDNN))
        }
    }

    /// The bias as oneDNN wants it: some versions add it before anything is scaled.
    fileprivate func biasFormat(_ format: TensorFormat) -> TensorFormat {
        var result = format
        if FoveaDNNBiasIsInSteps() {
            let source = inputs[0].scales.first ?? 1
            result.scales = inputs[1].scales.map { $0 * source }
        }
        return result
    }
}

extension KernelRequest {
    /// y = a + b, all three in eight bits; b and y lie as a does.
    func quantizedSum(_ engine: OneDNNEngine) throws -> KernelProposal {
        precondition(self.operator is Add, "only sums are made in eight bits")
        let a = inputs[0].oneDNN()
        let (b, y) = (try a.typed(inputs[1].dataType), try a.typed(outputs[0].dataType))
        let step = outputs[0].scales.first ?? 1
        let factors = inputs.map { ($0.scales.first ?? 1) / step }
        let primitive = try OneDNNPrimitive(engine, reading: [a, b, y]) {
            FoveaDNNQuantizedSum($0, a.handle, b.handle, y.handle, factors[0], factors[1], $1)
        }
        return primitive.proposal(
            self, inputs: [FoveaDNNSource, FoveaDNNSource1], outputs: [FoveaDNNDestination])
    }
}

extension Convolution {
    func proposeQuantized(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let x = request.inputs[0].oneDNNAny()
        let w = request.inputs[1].oneDNNAny(dimensions: filterDimensions(request.inputs[1].shape, groups: groups))
        let b = hasBias ? request.inputs[2].oneDNN() : nil
        let y = request.outputs[0].oneDNNAny()
        let arguments = [FoveaDNNSource, FoveaDNNWeights] + (hasBias ? [FoveaDNNBias] : [])
        let residual = addsResidual ? request.inputs[arguments.count] : nil
        let primitive = try request.withSteps(residual: residual) { steps in
            try OneDNNPrimitive(engine, reading: [x, w, b, y]) {
                FoveaDNNQuantizedConvolution(
                    $0, x.handle, w.handle, b?.handle, y.handle, window.oneDNN, addsResidual, activation.oneDNN, steps,
                    $1)
            }
        }
        var proposal = primitive.proposal(request, inputs: arguments, outputs: [FoveaDNNDestination])
        if hasBias { proposal.inputs[2] = request.biasFormat(proposal.inputs[2]) }
        if let residual {
            let place = try (primitive.layout(FoveaDNNDestination) ?? y).typed(residual.dataType)
            proposal.inputs.append(residual.laidOut(place))
            proposal.mustShare = [0: arguments.count]
        }
        return proposal
    }
}

extension FullyConnected {
    func proposeQuantized(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let (x, w) = (request.inputs[0].oneDNNAny(), request.inputs[1].oneDNNAny())
        let b = hasBias ? request.inputs[2].oneDNN() : nil
        let y = request.outputs[0].oneDNNAny()
        let primitive = try request.withSteps { steps in
            try OneDNNPrimitive(engine, reading: [x, w, b, y]) {
                FoveaDNNQuantizedInnerProduct(
                    $0, x.handle, w.handle, b?.handle, y.handle, activation.oneDNN, steps, $1)
            }
        }
        var proposal = primitive.proposal(
            request, inputs: [FoveaDNNSource, FoveaDNNWeights] + (hasBias ? [FoveaDNNBias] : []),
            outputs: [FoveaDNNDestination])
        if hasBias { proposal.inputs[2] = request.biasFormat(proposal.inputs[2]) }
        return proposal
    }
}

extension OneDNNLayout {
    /// The same placement for elements of another type of the same size.
    func typed(_ dataType: DataType) throws -> OneDNNLayout {
        var error = FoveaDNNError()
        let other = withExtendedLifetime(self) { FoveaDNNLayoutTyped(handle, dataType.oneDNN, &error) }
        guard let other else { throw Failure(.work, "oneDNN: \(error.text)") }
        return OneDNNLayout(owning: other)
    }
}

/// What stored numbers are multiplied by on their way from one format to another; empty if they stay as they are.
func reorderFactors(from: TensorFormat, to: TensorFormat) -> [Float] {
    guard from.scales != to.scales else { return [] }
    let count = max(from.scales.count, to.scales.count)
    func step(_ format: TensorFormat, _ index: Int) -> Float {
        format.scales.isEmpty ? 1 : format.scales[format.scales.count == 1 ? 0 : index]
    }
    return (0..<count).map { step(from, $0) / step(to, $0) }
}
