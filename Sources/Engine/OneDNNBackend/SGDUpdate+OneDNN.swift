// The optimizers' updates: passes over flat ranges of weights, gradients and state, on all cores. The store lays parameters
// of one kind out side by side, so that there are as few ranges as parameters are left out between them.

import CKernels
import FoveaCompiler
import FoveaGraph
import FoveaOperators
import FoveaTensorCore

/// Elements that lie behind one another in several blocks of memory.
struct FlatRange {
    /// Where each block's part begins: weights, gradients, then the optimizer's state.
    var addresses: [UnsafeMutablePointer<Float>]
    var count: Int

    /// Ranges of `blocks` groups of parameters, each of these sizes, as long as they come.
    static func all(_ addresses: [UnsafeMutablePointer<Float>], sizes: [Int], blocks: Int) -> [FlatRange] {
        var ranges: [FlatRange] = []
        for (index, size) in sizes.enumerated() {
            let own = (0..<blocks).map { addresses[$0 * sizes.count + index] }
            if let last = ranges.last, zip(last.addresses, own).allSatisfy({ $0 + last.count == $1 }) {
                ranges[ranges.count - 1].count += size
            } else {
                ranges.append(FlatRange(addresses: own, count: size))
            }
        }
        return ranges
    }
}

extension KernelRequest {
    /// A proposal that runs `update` on each flat range of `count` parameters and their `blocks` kinds of tensors. The
    /// addresses of the other inputs are handed on.
    func update(
        _ name: String, count: Int, blocks: Int,
        _ update: @escaping (FlatRange, [UnsafeMutablePointer<Float>]) -> Void
    ) -> KernelProposal {
        let sizes = inputs.prefix(count).map { ParameterStore.padded($0.shape.count) }
        return own(name) { memory in
            let addresses = memory.inputs.map(\.floats)
            let ranges = FlatRange.all(addresses, sizes: sizes, blocks: blocks)
            let numbers = Array(addresses[(blocks * count)...])
            return { for range in ranges { update(range, numbers) } }
        }
    }
}

extension SGDUpdate: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        request.update("sgd", count: count, blocks: momentum > 0 ? 3 : 2) { range, numbers in
            fovea_sgd(
                range.addresses[0], range.addresses[1], momentum > 0 ? range.addresses[2] : nil,
                numbers[0].pointee * rateFactor, momentum, nesterov ? 1 : 0, weightDecay, Int64(range.count))
        }
    }
}
