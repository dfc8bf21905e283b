// Softmax, cross entropy and dropout by kernels of our own: small, row-major, and exact in their sums.

import CKernels
import FoveaCompiler
import FoveaOperators

extension Softmax: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let shape = request.inputs[0].shape
        return request.own("softmax") { memory in
            let (x, y) = (memory.inputs[0].floats, memory.outputs[0].floats)
            return { fovea_softmax(x, Int64(shape[0]), Int64(shape[1]), y) }
        }
    }
}

extension SoftmaxCrossEntropy: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let (n, c) = (Int64(request.inputs[0].shape[0]), Int64(request.inputs[0].shape[1]))
        return request.own("cross_entropy") { memory in
            let inputs = memory.inputs.map(\.floats)
            let (loss, probabilities) = (memory.outputs[0].floats, memory.outputs[1].floats)
            return {
                fovea_cross_entropy(
                    inputs[0], inputs[1], inputs[2], classWeights, labelSmoothing, n, c, probabilities, loss)
            }
        }
    }
}

extension SoftmaxCrossEntropyBackward: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let (n, c) = (Int64(request.inputs[0].shape[0]), Int64(request.inputs[0].shape[1]))
        return request.own("cross_entropy_backward") { memory in
            let inputs = memory.inputs.map(\.floats)
            let dlogits = memory.outputs[0].floats
            return {
                fovea_cross_entropy_backward(
                    inputs[0], inputs[1], inputs[2], classWeights, labelSmoothing, inputs[3].pointee, n, c, dlogits)
            }
        }
    }
}

extension Dropout: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let count = Int64(request.inputs[0].shape.count)
        var proposal = request.own("dropout") { memory in
            let (x, random, y) = (memory.inputs[0].floats, memory.inputs[1].floats, memory.outputs[0].floats)
            return { fovea_dropout(x, random, rate, UInt32(salt), count, y) }
        }
        proposal.mayShare = [0: 0]
        return proposal
    }
}
