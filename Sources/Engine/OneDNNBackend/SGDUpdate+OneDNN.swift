// The optimizer's update: one pass over a flat range of weights, gradients and momenta, on all cores.

import CKernels
import FoveaCompiler
import FoveaGraph
import FoveaOperators

extension SGDUpdate: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let shapes = request.inputs.prefix(count).map(\.shape)
        let sizes = shapes.map { ParameterStore.padded($0.count) }
        return request.own("sgd") { memory in
            let addresses = memory.inputs.map(\.floats)
            let (w, g) = (addresses[0], addresses[count])
            let m = momentum > 0 ? addresses[2 * count] : nil
            // The store lays parameters of one kind out side by side, so that one pass does them all.
            var offset = 0
            for index in 0..<count {
                precondition(
                    addresses[index] == w + offset && addresses[count + index] == g + offset
                        && (m.map { addresses[2 * count + index] == $0 + offset } ?? true),
                    "weights, gradients and momenta lie in the same order")
                offset += sizes[index]
            }
            guard let rate = addresses.last else { preconditionFailure("an update has a learning rate") }
            let total = Int64(offset)
            return { fovea_sgd(w, g, m, rate.pointee, momentum, nesterov ? 1 : 0, weightDecay, total) }
        }
    }
}
