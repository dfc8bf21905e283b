// Activations by oneDNN, in whatever layout their input has; hard sigmoid and GELU by kernels of our own.

import CKernels
import COneDNN
import FoveaCompiler
import FoveaOperators
import FoveaTensorCore

extension Activation.Kind {
    var oneDNN: FoveaDNNActivation {
        switch self {
        case .relu: FoveaDNNActivationReLU
        case .relu6: FoveaDNNActivationReLU6
        case .sigmoid: FoveaDNNActivationSigmoid
        case .silu: FoveaDNNActivationSiLU
        case .gelu: FoveaDNNActivationGELU
        case .hardSwish: FoveaDNNActivationHardSwish
        case .hardSigmoid: preconditionFailure("oneDNN 2.6 has no hard sigmoid; it is a kernel of our own")
        }
    }
}

extension Optional<Activation.Kind> {
    var oneDNN: FoveaDNNActivation { self?.oneDNN ?? FoveaDNNActivationNone }
}

extension Activation: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        if kind == .hardSigmoid {
            let count = Int64(request.inputs[0].shape.count)
            return request.own("hard_sigmoid") { memory in
                let (x, y) = (memory.inputs[0].floats, memory.outputs[0].floats)
                return { fovea_hard_sigmoid(x, count, y) }
            }
        }
        if kind == .gelu && request.inputs[0].dataType.byteCount > 1 { return gelu(request) }
        let x = request.inputs[0].oneDNN()
        let primitive = try OneDNNPrimitive(engine, reading: [x]) { engine, error in
            FoveaDNNActivationForward(engine, x.handle, kind.oneDNN, error)
        }
        var proposal = primitive.proposal(request, inputs: [FoveaDNNSource], outputs: [FoveaDNNDestination])
        proposal.mayShare = [0: 0]
        return proposal
    }
}

extension ActivationBackward: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        if kind == .hardSigmoid {
            let count = Int64(request.inputs[0].shape.count)
            return request.own("hard_sigmoid") { memory in
                let (dy, x, dx) = (memory.inputs[0].floats, memory.inputs[1].floats, memory.outputs[0].floats)
                return { fovea_hard_sigmoid_backward(dy, x, count, dx) }
            }
        }
        if kind == .gelu { return geluBackward(request) }
        let kept = request.inputs[1].oneDNN()
        let primitive = try OneDNNPrimitive(engine, reading: [kept]) { engine, error in
            FoveaDNNActivationBackward(engine, kept.handle, kept.handle, kind.oneDNN, error)
        }
        var proposal = primitive.proposal(
            request,
            inputs: [FoveaDNNDestinationGradient, kind.gradientUsesOutput ? FoveaDNNDestination : FoveaDNNSource],
            outputs: [FoveaDNNSourceGradient])
        proposal.mayShare = [0: 0]
        return proposal
    }
}

/// Numbers of a tensor as they lie, with what fills up its blocks: GELU of 0 is 0.
private func count(_ format: TensorFormat) -> Int64 { Int64(format.byteCount / format.dataType.byteCount) }

extension Activation {
    /// Our own kernel (CKernels/gelu.h): oneDNN's takes 2.6 times as long as memory does.
    private func gelu(_ request: KernelRequest) -> KernelProposal {
        let x = request.inputs[0]
        let (count, isBF16): (Int64, Int32) = (count(x), x.dataType == .bf16 ? 1 : 0)
        var proposal = KernelProposal(inputs: [x], outputs: [x], implementation: ownKernelName("gelu")) { memory in
            let (x, y) = (memory.inputs[0], memory.outputs[0])
            return OwnKernel { fovea_gelu(x, count, isBF16, y) }
        }
        proposal.mayShare = [0: 0]
        return proposal
    }
}

extension ActivationBackward {
    /// Likewise; dy follows the layout of x.
    private func geluBackward(_ request: KernelRequest) -> KernelProposal {
        let x = request.inputs[1]
        let (count, isBF16): (Int64, Int32) = (count(x), x.dataType == .bf16 ? 1 : 0)
        var proposal = KernelProposal(inputs: [x, x], outputs: [x], implementation: ownKernelName("gelu")) { memory in
            let (dy, x, dx) = (memory.inputs[0], memory.inputs[1], memory.outputs[0])
            return OwnKernel { fovea_gelu_backward(dy, x, count, isBF16, dx) }
        }
        proposal.mayShare = [0: 0]
        return proposal
    }
}
