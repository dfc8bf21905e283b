// Sums, products, concatenation, slices and reshaping.

import CKernels
import COneDNN
import FoveaCompiler
import FoveaGraph
import FoveaOperators
import FoveaTensorCore

/// y = a op b in the layout of a; b follows if it has the same shape. Where a lies in no layout of oneDNN yet, b leads.
private func binary(
    _ request: KernelRequest, _ engine: OneDNNEngine, _ kind: FoveaDNNBinary
) throws -> KernelProposal {
    if request.isQuantized { return try request.quantizedSum(engine) }
    let follows = request.inputs[1].shape == request.inputs[0].shape
    let a = (follows && request.inputs[0].layout == .plain ? request.inputs[1] : request.inputs[0]).oneDNN()
    let b = follows ? a : request.inputs[1].oneDNN()
    let primitive = try OneDNNPrimitive(engine, reading: [a, b]) { engine, error in
        FoveaDNNBinaryCreate(engine, kind, a.handle, b.handle, a.handle, error)
    }
    var proposal = primitive.proposal(
        request, inputs: [FoveaDNNSource, FoveaDNNSource1], outputs: [FoveaDNNDestination])
    proposal.mayShare = [0: 0]
    return proposal
}

extension Add: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        try binary(request, engine, FoveaDNNBinaryAdd)
    }
}

extension Multiply: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        try binary(request, engine, FoveaDNNBinaryMultiply)
    }
}

extension ChannelProduct: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let shape = request.inputs[0].shape
        return request.own("channel_product") { memory in
            let (dy, a, y) = (memory.inputs[0].floats, memory.inputs[1].floats, memory.outputs[0].floats)
            return { fovea_channel_product(dy, a, Int64(shape[0] * shape[1]), Int64(shape[2] * shape[3]), y) }
        }
    }
}

extension Concat: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let parts = request.inputs.map { $0.oneDNN() }
        let primitive = try OneDNNPrimitive(engine, reading: parts) { engine, error in
            FoveaDNNConcatCreate(engine, parts.map { $0.handle }, Int32(parts.count), error)
        }
        let first = FoveaDNNMultipleSource.rawValue
        return primitive.proposal(
            request, inputs: parts.indices.map { FoveaDNNArgument(rawValue: first + UInt32($0)) },
            outputs: [FoveaDNNDestination])
    }
}

extension ChannelSlice: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        // A part that does not start and end at a block's border cannot be seen in place: then from plain layout.
        var whole = request.inputs[0]
        var part = try? channels(of: whole.oneDNN())
        if part == nil {
            whole = whole.plain
            part = try channels(of: whole.oneDNN())
        }
        guard let part else { preconditionFailure("a plain tensor has parts") }
        let target = part.plain(as: whole.dataType)
        let primitive = try OneDNNPrimitive(engine, reading: [part, target]) { engine, error in
            FoveaDNNReorderCreate(engine, part.handle, target.handle, error)
        }
        var proposal = KernelProposal(
            inputs: [whole], outputs: [request.outputs[0].plain], implementation: primitive.implementation
        ) {
            try primitive.call(
                [(FoveaDNNSource, $0.inputs[0]), (FoveaDNNDestination, $0.outputs[0])], scratch: $0.scratch)
        }
        proposal.scratchByteCount = primitive.scratchByteCount
        return proposal
    }

    private func channels(of whole: OneDNNLayout) throws -> OneDNNLayout {
        var error = FoveaDNNError()
        let part = withExtendedLifetime(whole) {
            FoveaDNNLayoutChannels(whole.handle, Int64(start), Int64(count), &error)
        }
        guard let part else {
            throw Failure(.work, "oneDNN: \(error.text)")
        }
        return OneDNNLayout(owning: part)
    }
}

extension Reshape: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        var proposal = request.own("view") { _ in {} }
        proposal.isView = true
        return proposal
    }
}

extension Fill: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let (value, count) = (value, shape.count)
        return request.own("fill") { memory in
            let y = memory.outputs[0].floats
            return { y.update(repeating: value, count: count) }
        }
    }
}
