// Activations by oneDNN, in whatever layout their input has; hard sigmoid by a kernel of our own.

import CKernels
import COneDNN
import FoveaCompiler
import FoveaOperators

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
