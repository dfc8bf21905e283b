// Gradients of the filters of 1 x 1 convolutions in bf16 by our own kernel (CKernels/pointwise.h) in place of the library's.
// Activations keep the library's layout; the gradient is written where the optimizer reads it.

import CKernels
import FoveaCompiler
import FoveaOperators
import FoveaTensorCore

extension ConvolutionBackwardWeights {
    /// Our kernel for a request whose operator is `self`; nil where another is faster, or ours cannot do it.
    func ownPointwise(_ request: KernelRequest) -> KernelProposal? {
        guard window == Window(1), groups == 1, request.inputs.allSatisfy({ $0.dataType == .bf16 }),
            fovea_instructions() == FOVEA_INSTRUCTIONS_AVX512_BF16, !request.hasChannelsLast
        else { return nil }
        // Of single pixels with a bias, as in squeeze and excitation, oneDNN's are faster.
        guard !hasBias || request.inputs[0].shape[2] * request.inputs[0].shape[3] > 1 else { return nil }
        let layouts = request.inputs.map { OneDNNLayout.blocked($0.shape, .bf16) }
        guard layouts.allSatisfy({ $0.channelBlock == 16 }) else { return nil }
        let formats = zip(request.inputs, layouts).map { $0.laidOut($1) }
        let x = request.inputs[0].shape
        let shape = fovea_pointwise(
            n: Int64(x[0]), c: Int64(x[1]), o: Int64(weightShape[0]), positions: Int64(x[2] * x[3]),
            threads: fovea_pool_threads(), instructions: fovea_instructions())
        let scratch = withUnsafePointer(to: shape) { fovea_pointwise_scratch($0) }
        return ownFilterGradient(request, formats, "pointwise", scratch) { x, dy, dw, scratch in
            withUnsafePointer(to: shape) { fovea_pointwise_filter_gradient($0, x, dy, dw, scratch) }
        }
    }
}
