// Batch norm in training by kernels of our own, with the batch's statistics or given ones, and with the activation behind
// it where the compiler has fused one. oneDNN's knows ReLU alone, for which it writes a mask; ours compute the slope again,
// and are as fast without any.

import CKernels
import FoveaCompiler
import FoveaOperators
import FoveaTensorCore

/// What both passes are told about the maps, and the format they want them in.
private struct NormMaps {
    var norm: fovea_norm
    var format: TensorFormat

    /// Layouts other than row-major, blocks of 8 or 16 channels and channels last are moved to row-major first.
    init(_ x: TensorFormat, _ activation: Activation.Kind?, epsilon: Float) {
        let shape = x.shape
        var layout = FOVEA_NORM_PLAIN
        format = x
        if case .library(let name, _, _) = x.layout {
            switch name {
            case "aBcd8b": layout = FOVEA_NORM_BLOCKS_OF_8
            case "aBcd16b": layout = FOVEA_NORM_BLOCKS_OF_16
            case OneDNNLayout.channelsLast: layout = FOVEA_NORM_CHANNELS_LAST
            default: format = x.plain
            }
        }
        var (pictures, positions) = (shape[0], shape[2] * shape[3])
        // Maps of one position each are rows of channels, as one picture's are with channels last.
        if positions == 1, layout == FOVEA_NORM_PLAIN || layout == FOVEA_NORM_CHANNELS_LAST {
            (pictures, positions, layout) = (1, shape[0], FOVEA_NORM_CHANNELS_LAST)
        }
        norm = fovea_norm(
            n: Int64(pictures), c: Int64(shape[1]), positions: Int64(positions), layout: layout,
            activation: activation.norm, is_bf16: x.dataType == .bf16 ? 1 : 0, epsilon: epsilon)
    }

    var scratchByteCount: Int { withUnsafePointer(to: norm) { fovea_norm_scratch($0) } }
}

extension Optional<Activation.Kind> {
    fileprivate var norm: fovea_norm_activation {
        switch self {
        case nil: FOVEA_NORM_IDENTITY
        case .relu: FOVEA_NORM_RELU
        case .relu6: FOVEA_NORM_RELU6
        case .silu: FOVEA_NORM_SILU
        case .hardSwish: FOVEA_NORM_HARD_SWISH
        case .sigmoid, .gelu, .hardSigmoid: preconditionFailure("the compiler does not fuse a norm with it")
        }
    }
}

extension BatchNormTraining: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let maps = NormMaps(request.inputs[0], activation, epsilon: epsilon)
        let (norm, channels) = (maps.norm, maps.norm.c)
        let count = Float(norm.n * norm.positions)
        var proposal = KernelProposal(
            inputs: [maps.format] + request.inputs.dropFirst().map(\.plain),
            outputs: [maps.format] + request.outputs.dropFirst().map(\.plain), implementation: ownKernelName("norm")
        ) { memory in
            let (x, y, scratch) = (memory.inputs[0], memory.outputs[0], memory.scratch)
            let (scale, shift) = (memory.inputs[1].floats, memory.inputs[2].floats)
            let (mean, variance) = (memory.outputs[1].floats, memory.outputs[2].floats)
            let (oldMean, oldVariance) = (memory.inputs[3].floats, memory.inputs[4].floats)
            let (newMean, newVariance) = (memory.outputs[3].floats, memory.outputs[4].floats)
            return OwnKernel {
                withUnsafePointer(to: norm) { fovea_norm_forward($0, x, scale, shift, y, mean, variance, scratch) }
                if oldMean != newMean { newMean.update(from: oldMean, count: Int(channels)) }
                if oldVariance != newVariance { newVariance.update(from: oldVariance, count: Int(channels)) }
                fovea_running_statistic(newMean, mean, momentum, 1, channels)
                fovea_running_statistic(newVariance, variance, momentum, count / (count - 1), channels)
            }
        }
        proposal.scratchByteCount = maps.scratchByteCount
        return proposal
    }
}

extension BatchNormInference {
    /// By our own kernel, which fuses activations and whose backward pass computes the slope again.
    func proposeOwn(_ request: KernelRequest) -> KernelProposal {
        let maps = NormMaps(request.inputs[0], activation, epsilon: epsilon)
        let norm = maps.norm
        var proposal = KernelProposal(
            inputs: [maps.format] + request.inputs.dropFirst().map(\.plain), outputs: [maps.format],
            implementation: ownKernelName("norm")
        ) { memory in
            let (x, y, scratch) = (memory.inputs[0], memory.outputs[0], memory.scratch)
            let numbers = memory.inputs.dropFirst().map(\.floats)
            let (scale, shift, mean, variance) = (numbers[0], numbers[1], numbers[2], numbers[3])
            return OwnKernel {
                withUnsafePointer(to: norm) {
                    fovea_norm_fixed_forward($0, x, mean, variance, scale, shift, y, scratch)
                }
            }
        }
        proposal.scratchByteCount = maps.scratchByteCount
        return proposal
    }
}

extension BatchNormBackward: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let maps = NormMaps(request.inputs[0], activation, epsilon: epsilon)
        let (norm, isFixed) = (maps.norm, hasFixedStatistics)
        var proposal = KernelProposal(
            inputs: [maps.format, maps.format] + request.inputs.dropFirst(2).map(\.plain),
            outputs: [maps.format] + request.outputs.dropFirst().map(\.plain), implementation: ownKernelName("norm")
        ) { memory in
            let (x, dy, dx, scratch) = (memory.inputs[0], memory.inputs[1], memory.outputs[0], memory.scratch)
            let (mean, variance) = (memory.inputs[2].floats, memory.inputs[3].floats)
            let (scale, shift) = (memory.inputs[4].floats, memory.inputs[5].floats)
            let (dscale, dshift) = (memory.outputs[1].floats, memory.outputs[2].floats)
            return OwnKernel {
                let backward = isFixed ? fovea_norm_fixed_backward : fovea_norm_backward
                withUnsafePointer(to: norm) {
                    backward($0, x, dy, mean, variance, scale, shift, dx, dscale, dshift, scratch)
                }
            }
        }
        proposal.scratchByteCount = maps.scratchByteCount
        proposal.mayShare = [0: 1]
        return proposal
    }
}
