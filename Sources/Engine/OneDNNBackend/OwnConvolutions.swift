// What proposals of our own convolution kernels share: Depthwise, Grouped, Pointwise and Stem+OneDNN.swift.

import CKernels
import FoveaCompiler
import FoveaOperators
import FoveaTensorCore

extension SIMD2<Int> {
    /// Rows and columns as C has them.
    var pair: (Int64, Int64) { (Int64(self[0]), Int64(self[1])) }
}

/// Whether planes of `block` channels, which are shared out whole, keep all threads busy. `x` is (N, C, H, W).
func sharesWholePlanes(_ x: Shape, block: Int) -> Bool {
    let (planes, threads) = (x[0] * ((x[1] + block - 1) / block), Int(fovea_pool_threads()))
    return planes % threads == 0 || planes >= 8 * threads
}

extension Convolution {
    /// What our kernels hold results to for the activation; nil where they cannot do it.
    var ownLimits: ClosedRange<Float>? {
        switch activation {
        case nil: -.infinity ... .infinity
        case .relu: 0 ... .infinity
        case .relu6: 0...6
        default: nil
        }
    }
}

extension ConvolutionBackwardWeights {
    /// A kernel of ours that reads x and dy in bf16, in these formats, and writes dw as the optimizer reads it; and the
    /// gradient of the bias, where there is one. `kernel` gets x, dy, dw and so many bytes of scratch memory.
    func ownFilterGradient(
        _ request: KernelRequest, _ inputs: [TensorFormat], _ name: String, _ scratchByteCount: Int,
        _ kernel:
            @escaping (
                UnsafePointer<UInt16>, UnsafePointer<UInt16>, UnsafeMutablePointer<Float>, UnsafeMutableRawPointer?
            ) -> Void
    ) -> KernelProposal {
        var filters = KernelProposal(
            inputs: inputs, outputs: [request.outputs[0].plain], implementation: ownKernelName(name)
        ) { memory in
            let x = UnsafePointer(memory.inputs[0].assumingMemoryBound(to: UInt16.self))
            let dy = UnsafePointer(memory.inputs[1].assumingMemoryBound(to: UInt16.self))
            let dw = memory.outputs[0].floats
            return OwnKernel { kernel(x, dy, dw, memory.scratch) }
        }
        filters.scratchByteCount = scratchByteCount
        return hasBias ? withBias(request, filters) : filters
    }

    /// The same as `filters`, and the gradient of the bias: dy summed over pictures and positions.
    func withBias(_ request: KernelRequest, _ filters: KernelProposal) -> KernelProposal {
        let maps = FactoredMaps(filters.inputs[1]).maps
        let (n, c) = (Int(maps.n), Int(maps.c))
        let start = (filters.scratchByteCount + 63) / 64 * 64
        var both = KernelProposal(
            inputs: filters.inputs, outputs: [filters.outputs[0], request.outputs[1].plain],
            implementation: filters.implementation
        ) { memory in
            let (dy, db) = (memory.inputs[1], memory.outputs[1].floats)
            guard let scratch = memory.scratch else { preconditionFailure("sums of planes want scratch memory") }
            let sums = (scratch + start).floats
            var alone = memory
            alone.outputs.removeLast()
            let bias = OwnKernel {
                withUnsafePointer(to: maps) { fovea_channel_products($0, dy, nil, sums) }
                for channel in 0..<c { db[channel] = (0..<n).reduce(0) { $0 + sums[$1 * c + channel] } }
            }
            return KernelSequence([try filters.bind(alone), bias])
        }
        both.scratchByteCount = start + n * c * 4
        return both
    }
}
