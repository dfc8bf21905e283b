// Sums, products, reshaping and constants.

import CKernels
import COneDNN
import FoveaCompiler
import FoveaGraph
import FoveaOperators
import FoveaTensorCore

/// y = a op b in the layout of a, which b follows. Where a lies in no layout of oneDNN yet, b leads.
private func binary(
    _ request: KernelRequest, _ engine: OneDNNEngine, _ kind: FoveaDNNBinary
) throws -> KernelProposal {
    if request.isQuantized { return try request.quantizedSum(engine) }
    let a = (request.inputs[0].layout == .plain ? request.inputs[1] : request.inputs[0]).oneDNN()
    let primitive = try OneDNNPrimitive(engine, reading: [a]) { engine, error in
        FoveaDNNBinaryCreate(engine, kind, a.handle, a.handle, a.handle, error)
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
        if request.inputs[1].shape != request.inputs[0].shape { return proposeFactors(request) }
        return try binary(request, engine, FoveaDNNBinaryMultiply)
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
