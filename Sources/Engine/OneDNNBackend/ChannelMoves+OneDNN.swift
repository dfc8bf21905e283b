// Concatenation, slices, splits and shuffles of channels by one kernel of our own (CKernels/channel_moves.h), in the layout in
// which the first of the maps lies: oneDNN's concatenation and reorders of parts of blocks fall to reference kernels, and its
// shuffle (2.6) gives wrong numbers where channels do not fill their blocks.

import CKernels
import FoveaCompiler
import FoveaOperators
import FoveaTensorCore

/// Where every channel of one output comes from.
private struct ChannelMove {
    var source: [Int32]
    var channel: [Int32]

    /// Hands the order to C; `channels` are those of the inputs.
    func withOrder<R>(_ channels: [Int64], _ body: (UnsafePointer<fovea_channel_order>) -> R) -> R {
        channels.withUnsafeBufferPointer { channels in
            source.withUnsafeBufferPointer { source in
                channel.withUnsafeBufferPointer { channel in
                    let order = fovea_channel_order(
                        x_channels: channels.baseAddress, source: source.baseAddress, channel: channel.baseAddress)
                    return withUnsafePointer(to: order, body)
                }
            }
        }
    }

    /// What makes the order quick on this processor; nil where nothing does.
    func table(_ maps: fovea_maps, _ channels: [Int64]) -> [UInt8]? {
        withUnsafePointer(to: maps) { maps in
            withOrder(channels) { order in
                let size = fovea_channel_table_bytes(maps, order)
                guard size > 0 else { return nil }
                var table = [UInt8](repeating: 0, count: size)
                fovea_channel_table(maps, order, &table)
                return table
            }
        }
    }
}

/// A proposal that fills each output of the request by its move.
private func moving(_ request: KernelRequest, _ name: String, _ moves: [ChannelMove]) -> KernelProposal {
    let known = request.inputs.lazy.map { FactoredMaps($0).format }.first { $0.layout != .plain }
    func format(_ tensor: TensorFormat) -> TensorFormat {
        guard let known, tensor.shape.rank == 4 else { return tensor.plain }
        return tensor.laidOut(known.oneDNN().like(tensor.shape))
    }
    let (inputs, outputs) = (request.inputs.map(format), request.outputs.map(format))
    let channels = request.inputs.map { Int64($0.shape[1]) }
    let maps = outputs.map { FactoredMaps($0).maps }
    let tables = zip(maps, moves).map { map, move in move.table(map, channels) }
    return KernelProposal(inputs: inputs, outputs: outputs, implementation: name) { memory in
        let sources = memory.inputs.map { UnsafeRawPointer($0) as UnsafeRawPointer? }
        let targets = memory.outputs
        return OwnKernel {
            for (index, move) in moves.enumerated() {
                withUnsafePointer(to: maps[index]) { maps in
                    move.withOrder(channels) { fovea_channel_moves(maps, $0, tables[index], sources, targets[index]) }
                }
            }
        }
    }
}

extension Concat: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        var move = ChannelMove(source: [], channel: [])
        for (index, input) in request.inputs.enumerated() {
            move.source += [Int32](repeating: Int32(index), count: input.shape[1])
            move.channel += (0..<Int32(input.shape[1]))
        }
        return moving(request, "channel_moves", [move])
    }
}

extension ChannelSlice: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let channel = (0..<count).map { Int32(start + $0) }
        return moving(
            request, "channel_moves", [ChannelMove(source: [Int32](repeating: 0, count: count), channel: channel)])
    }
}

extension ChannelSplit: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        var start = 0
        let moves = counts.map { count in
            defer { start += count }
            return ChannelMove(
                source: [Int32](repeating: 0, count: count), channel: (start..<start + count).map { Int32($0) })
        }
        return moving(request, "channel_moves", moves)
    }
}

extension ChannelShuffle: OneDNNOperator {
    func propose(_ request: KernelRequest, _ engine: OneDNNEngine) throws -> KernelProposal {
        let channels = request.inputs[0].shape[1]
        let channel = (0..<channels).map { Int32($0 % groups * (channels / groups) + $0 / groups) }
        return moving(
            request, "channel_moves", [ChannelMove(source: [Int32](repeating: 0, count: channels), channel: channel)])
    }
}
