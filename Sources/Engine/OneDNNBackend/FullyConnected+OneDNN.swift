// Fully connected layers and their gradients by oneDNN's inner product.

import COneDNN
import FoveaCompiler
import FoveaOperators

extension FullyConnected: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        if request.isQuantized { return try proposeQuantized(request, engine) }
        let (x, w) = (request.inputs[0].oneDNNAny(), request.inputs[1].oneDNNAny())
        let b = hasBias ? request.inputs[2].oneDNN() : nil
        let y = request.outputs[0].oneDNNAny()
        let primitive = try OneDNNPrimitive(engine, reading: [x, w, b, y]) { engine, error in
            FoveaDNNInnerProductForward(
                engine, request.isTraining, x.handle, w.handle, b?.handle, y.handle, activation.oneDNN, error)
        }
        return primitive.proposal(
            request, inputs: [FoveaDNNSource, FoveaDNNWeights] + (hasBias ? [FoveaDNNBias] : []),
            outputs: [FoveaDNNDestination])
    }
}

extension FullyConnectedBackwardData: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let (dy, w) = (request.inputs[0].oneDNNAny(), request.inputs[1].oneDNNAny())
        let dx = request.outputs[0].oneDNNAny()
        let primitive = try OneDNNPrimitive(engine, reading: [dx, w, dy]) { engine, error in
            FoveaDNNInnerProductBackwardData(engine, dx.handle, w.handle, dy.handle, error)
        }
        return primitive.proposal(
            request, inputs: [FoveaDNNDestinationGradient, FoveaDNNWeights], outputs: [FoveaDNNSourceGradient])
    }
}

extension FullyConnectedBackwardWeights: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let (x, dy) = (request.inputs[0].oneDNNAny(), request.inputs[1].oneDNNAny())
        let dw = request.outputs[0].oneDNNAny()
        let db = hasBias ? request.outputs[1].oneDNN() : nil
        let primitive = try OneDNNPrimitive(engine, reading: [x, dw, db, dy]) { engine, error in
            FoveaDNNInnerProductBackwardWeights(engine, x.handle, dw.handle, db?.handle, dy.handle, error)
        }
        return primitive.proposal(
            request, inputs: [FoveaDNNSource, FoveaDNNDestinationGradient],
            outputs: [FoveaDNNWeightsGradient] + (hasBias ? [FoveaDNNBiasGradient] : []))
    }
}
