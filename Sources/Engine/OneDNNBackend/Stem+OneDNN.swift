// The gradient of the first convolution's filters in bf16 by our own kernel (CKernels/stem.h): oneDNN's are far from what
// the processor can do with up to four channels, and fall to a general product where filters do not fill their blocks.

import CKernels
import FoveaCompiler
import FoveaOperators
import FoveaTensorCore

extension ConvolutionBackwardWeights {
    /// Our kernel for a request whose operator is `self`; nil where ours cannot do it.
    func ownStem(_ request: KernelRequest) -> KernelProposal? {
        let (x, dy) = (request.inputs[0], request.inputs[1])
        guard groups == 1, window.dilation == SIMD2(1, 1), x.dataType == .bf16, dy.dataType == .bf16 else { return nil }
        let blocked = OneDNNLayout.blocked(dy.shape, .bf16)
        let shape = fovea_stem(
            n: Int64(x.shape[0]), c: Int64(x.shape[1]), o: Int64(dy.shape[1]), h: Int64(x.shape[2]),
            w: Int64(x.shape[3]), y_h: Int64(dy.shape[2]), y_w: Int64(dy.shape[3]), kernel: window.kernel.pair,
            stride: window.stride.pair, before: window.paddingBefore.pair, threads: fovea_pool_threads())
        guard blocked.channelBlock == 16, withUnsafePointer(to: shape, { fovea_stem_suits($0) != 0 }) else {
            return nil
        }
        let scratch = withUnsafePointer(to: shape) { fovea_stem_scratch($0) }
        return ownFilterGradient(request, [x.plain, dy.laidOut(blocked)], "stem", scratch) { x, dy, dw, scratch in
            withUnsafePointer(to: shape) { fovea_stem_filter_gradient($0, x, dy, dw, scratch) }
        }
    }
}
