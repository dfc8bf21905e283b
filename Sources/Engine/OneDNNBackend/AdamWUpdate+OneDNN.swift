// AdamW's update: one pass over a flat range of weights, gradients and both moments, on all cores.

import CKernels
import FoveaCompiler
import FoveaOperators

extension AdamWUpdate: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        request.update("adamw", count: count, blocks: 4) { range, numbers in
            fovea_adamw(
                range.addresses[0], range.addresses[1], range.addresses[2], range.addresses[3],
                numbers[0].pointee * rateFactor, numbers[1].pointee, beta1, beta2, epsilon, weightDecay,
                Int64(range.count))
        }
    }
}
