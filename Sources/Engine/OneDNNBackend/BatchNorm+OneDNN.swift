// Batch norm in inference: by oneDNN, or folded into a convolution. Training stands in BatchNormTraining+OneDNN.swift.

import CKernels
import COneDNN
import FoveaCompiler
import FoveaOperators
import FoveaTensorCore

extension BatchNormInference: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        if request.isTraining || activation != nil { return proposeOwn(request) }
        let x = request.inputs[0].oneDNN()
        let primitive = try OneDNNPrimitive(engine, reading: [x]) { engine, error in
            FoveaDNNBatchNorm(engine, x.handle, epsilon, error)
        }
        var proposal = primitive.proposal(
            request, inputs: [FoveaDNNSource, FoveaDNNScale, FoveaDNNShift, FoveaDNNMean, FoveaDNNVariance],
            outputs: [FoveaDNNDestination])
        proposal.mayShare = [0: 0]
        return proposal
    }
}

extension FoldBatchNorm: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let shape = request.inputs[0].shape
        return request.own("fold_norm") { memory in
            let inputs = memory.inputs.map(\.floats)
            let norm = Array(inputs.suffix(4))
            let (w, b) = (memory.outputs[0].floats, memory.outputs[1].floats)
            return {
                fovea_fold_norm(
                    inputs[0], hasBias ? inputs[1] : nil, norm[0], norm[1], norm[2], norm[3], epsilon, Int64(shape[0]),
                    Int64(shape.count / shape[0]), w, b)
            }
        }
    }
}
