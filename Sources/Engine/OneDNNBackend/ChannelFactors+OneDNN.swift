// Products with one number a channel or a picture by our own kernels (CKernels/channel_factors.h), in whatever layout the maps
// have; the numbers are read in f32. oneDNN's broadcast over planes falls to its reference kernel in blocked layouts.

import CKernels
import COneDNN
import FoveaCompiler
import FoveaOperators
import FoveaTensorCore

/// Maps as our kernels see them, and the format they want them in.
struct FactoredMaps {
    let maps: fovea_maps
    let format: TensorFormat

    /// Layouts other than row-major, blocks of 8 or 16 channels and channels last are moved to row-major first.
    init(_ x: TensorFormat) {
        var layout = FOVEA_NORM_PLAIN
        var format = x
        if case .library(let name, _, _) = x.layout {
            switch name {
            case "aBcd8b": layout = FOVEA_NORM_BLOCKS_OF_8
            case "aBcd16b": layout = FOVEA_NORM_BLOCKS_OF_16
            case OneDNNLayout.channelsLast: layout = FOVEA_NORM_CHANNELS_LAST
            default: format = x.plain
            }
        }
        self.format = format
        maps = fovea_maps(
            n: Int64(x.shape[0]), c: Int64(x.shape[1]), positions: Int64(x.shape.dimensions.dropFirst(2).reduce(1, *)),
            layout: layout, is_bf16: x.dataType == .bf16 ? 1 : 0)
    }
}

extension Multiply {
    /// The kernel for one number a channel.
    func proposeFactors(_ request: KernelRequest) -> KernelProposal {
        let own = FactoredMaps(request.inputs[0])
        let maps = own.maps
        let isSame: Int32 = request.inputs[1].shape[0] == 1 ? 1 : 0
        var proposal = KernelProposal(
            inputs: [own.format, TensorFormat(request.inputs[1].shape)], outputs: [own.format],
            implementation: ownKernelName("channel_factors")
        ) { memory in
            let (x, factors, y) = (memory.inputs[0], memory.inputs[1].floats, memory.outputs[0])
            return OwnKernel { withUnsafePointer(to: maps) { fovea_channel_factors($0, x, factors, isSame, y) } }
        }
        proposal.mayShare = [0: 0]
        return proposal
    }
}

extension ChannelProduct: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let own = FactoredMaps(request.inputs[0])
        let (maps, sumsPictures) = (own.maps, sumsPictures)
        let (n, c) = (Int(maps.n), Int(maps.c))
        var proposal = KernelProposal(
            inputs: [own.format, own.format], outputs: [request.outputs[0].plain],
            implementation: ownKernelName("channel_products")
        ) { memory in
            let (dy, a, y) = (memory.inputs[0], memory.inputs[1], memory.outputs[0].floats)
            guard sumsPictures, let sums = memory.scratch?.floats else {
                return OwnKernel { withUnsafePointer(to: maps) { fovea_channel_products($0, dy, a, y) } }
            }
            return OwnKernel {
                withUnsafePointer(to: maps) { fovea_channel_products($0, dy, a, sums) }
                for channel in 0..<c { y[channel] = (0..<n).reduce(0) { $0 + sums[$1 * c + channel] } }
            }
        }
        proposal.scratchByteCount = sumsPictures ? n * c * 4 : 0
        return proposal
    }
}

extension StochasticDepth: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let own = FactoredMaps(request.inputs[0])
        let (n, rate, salt) = (own.maps.n, dropout.rate, UInt32(dropout.salt))
        let isBF16 = own.maps.is_bf16
        let count = Int64(own.format.byteCount / (isBF16 == 1 ? 2 : 4)) / n
        var proposal = KernelProposal(
            inputs: [own.format, request.inputs[1].plain], outputs: [own.format],
            implementation: ownKernelName("picture_factors")
        ) { memory in
            let (x, random, y) = (memory.inputs[0], memory.inputs[1].floats, memory.outputs[0])
            guard let factors = memory.scratch?.floats else {
                preconditionFailure("stochastic depth asked for scratch memory")
            }
            return OwnKernel {
                factors.update(repeating: 1, count: Int(n))
                fovea_dropout(factors, random, rate, salt, n, factors)
                fovea_picture_factors(x, factors, n, count, isBF16, y)
            }
        }
        proposal.scratchByteCount = Int(n) * 4
        proposal.mayShare = [0: 0]
        return proposal
    }
}
