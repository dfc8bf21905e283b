// Batch norm by oneDNN, fused with ReLU where the compiler asks for it; running statistics by a kernel of our own.

import CKernels
import COneDNN
import FoveaCompiler
import FoveaOperators
import FoveaTensorCore

extension BatchNormTraining: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let x = request.inputs[0].oneDNN()
        let primitive = try OneDNNPrimitive(engine, reading: [x]) { engine, error in
            FoveaDNNBatchNormForward(engine, true, x.handle, epsilon, relu, error)
        }
        let shape = request.inputs[0].shape
        let count = Float(shape.count / max(1, shape[1]))
        let unbiased = count > 1 ? count / (count - 1) : 1
        var outputs = [request.inputs[0].laidOut(x)] + request.outputs[1..<5].map(\.plain)
        if relu, let mask = primitive.layout(FoveaDNNWorkspace) {
            var format = request.outputs[5]
            format.layout = .library(
                name: "mask", byteCount: mask.byteCount, descriptor: OneDNNWorkspace(x: x, y: x))
            outputs.append(format)
        }
        var proposal = KernelProposal(
            inputs: [request.inputs[0]] + request.inputs.dropFirst().map(\.plain), outputs: outputs,
            implementation: primitive.implementation
        ) { memory in
            var tensors = [
                (FoveaDNNSource, memory.inputs[0]), (FoveaDNNScale, memory.inputs[1]),
                (FoveaDNNShift, memory.inputs[2]),
                (FoveaDNNDestination, memory.outputs[0]), (FoveaDNNMean, memory.outputs[1]),
                (FoveaDNNVariance, memory.outputs[2]),
            ]
            if relu { tensors.append((FoveaDNNWorkspace, memory.outputs[5])) }
            let norm = try primitive.call(tensors, scratch: memory.scratch)
            let (mean, variance) = (memory.outputs[1].floats, memory.outputs[2].floats)
            let (runningMean, runningVariance) = (memory.outputs[3].floats, memory.outputs[4].floats)
            let (oldMean, oldVariance) = (memory.inputs[3].floats, memory.inputs[4].floats)
            let statistics = OwnKernel {
                if oldMean != runningMean { runningMean.update(from: oldMean, count: shape[1]) }
                if oldVariance != runningVariance { runningVariance.update(from: oldVariance, count: shape[1]) }
                fovea_running_statistic(runningMean, mean, momentum, 1, Int64(shape[1]))
                fovea_running_statistic(runningVariance, variance, momentum, unbiased, Int64(shape[1]))
            }
            return KernelSequence([norm, statistics])
        }
        proposal.scratchByteCount = primitive.scratchByteCount
        return proposal
    }
}

extension BatchNormBackward: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let x = request.inputs[0].oneDNN()
        let primitive = try OneDNNPrimitive(engine, reading: [x]) { engine, error in
            FoveaDNNBatchNormBackward(engine, x.handle, x.handle, epsilon, relu, error)
        }
        let laidOut = request.inputs[0].laidOut(x)
        var inputs = [laidOut, laidOut] + request.inputs[2..<6].map(\.plain)
        if relu { inputs.append(request.inputs[6]) }
        var proposal = KernelProposal(
            inputs: inputs, outputs: [laidOut] + request.outputs.dropFirst().map(\.plain),
            implementation: primitive.implementation
        ) { memory in
            var tensors = [
                (FoveaDNNSource, memory.inputs[0]), (FoveaDNNDestinationGradient, memory.inputs[1]),
                (FoveaDNNMean, memory.inputs[2]), (FoveaDNNVariance, memory.inputs[3]),
                (FoveaDNNScale, memory.inputs[4]), (FoveaDNNSourceGradient, memory.outputs[0]),
                (FoveaDNNScaleGradient, memory.outputs[1]), (FoveaDNNShiftGradient, memory.outputs[2]),
            ]
            if FoveaDNNBatchNormBackwardTakesShift() { tensors.append((FoveaDNNShift, memory.inputs[4])) }
            if relu { tensors.append((FoveaDNNWorkspace, memory.inputs[6])) }
            return try primitive.call(tensors, scratch: memory.scratch)
        }
        proposal.scratchByteCount = primitive.scratchByteCount
        proposal.mayShare = [0: 1]
        return proposal
    }
}

extension BatchNormInference: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let x = request.inputs[0].oneDNN()
        let primitive = try OneDNNPrimitive(engine, reading: [x]) { engine, error in
            FoveaDNNBatchNormForward(engine, false, x.handle, epsilon, false, error)
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
