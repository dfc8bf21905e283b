// Layer norm over channels by our own kernel (CKernels/layer_norm.h): oneDNN's wants channels last, and is `simple:any` there.
// Maps in a layout of oneDNN stay in it; row-major ones are moved to blocks of channels.

import CKernels
import FoveaCompiler
import FoveaOperators
import FoveaTensorCore

/// The maps of a layer norm, in a layout whose channels lie together where there is one.
private func layeredMaps(_ x: TensorFormat) -> FactoredMaps {
    let given = FactoredMaps(x)
    guard given.maps.layout == FOVEA_NORM_PLAIN else { return given }
    return FactoredMaps(x.laidOut(OneDNNLayout.blocked(x.shape, x.dataType)))
}

extension LayerNorm: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let own = layeredMaps(request.inputs[0])
        let (maps, epsilon) = (own.maps, epsilon)
        var proposal = KernelProposal(
            inputs: [own.format] + request.inputs.dropFirst().map(\.plain), outputs: [own.format],
            implementation: ownKernelName("layer_norm")
        ) { memory in
            let (x, y) = (memory.inputs[0], memory.outputs[0])
            let (scale, shift) = (memory.inputs[1].floats, memory.inputs[2].floats)
            return OwnKernel {
                withUnsafePointer(to: maps) { fovea_layer_norm_forward($0, x, scale, shift, epsilon, y) }
            }
        }
        proposal.mayShare = [0: 0]
        return proposal
    }
}

extension LayerNormBackward: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let own = layeredMaps(request.inputs[0])
        let (maps, epsilon) = (own.maps, epsilon)
        var proposal = KernelProposal(
            inputs: [own.format, own.format, request.inputs[2].plain],
            outputs: [own.format] + request.outputs.dropFirst().map(\.plain),
            implementation: ownKernelName("layer_norm")
        ) { memory in
            let (x, dy, dx, scratch) = (memory.inputs[0], memory.inputs[1], memory.outputs[0], memory.scratch)
            let scale = memory.inputs[2].floats
            let (dscale, dshift) = (memory.outputs[1].floats, memory.outputs[2].floats)
            return OwnKernel {
                withUnsafePointer(to: maps) {
                    fovea_layer_norm_backward($0, x, dy, scale, epsilon, dx, dscale, dshift, scratch)
                }
            }
        }
        proposal.scratchByteCount = withUnsafePointer(to: maps) { fovea_layer_norm_scratch($0) }
        proposal.mayShare = [0: 1]
        return proposal
    }
}
