// The loop over all pictures and positions of one channel, which norms and channel sums share.

import FoveaGraph
import FoveaTensorCore

/// Walks the elements of one channel of an (N, C, H, W) tensor.
struct ChannelLoop {
    /// (N, C, H, W)
    let shape: Shape
    /// Elements of one picture's channel.
    let plane: Int

    init(_ shape: Shape) {
        self.shape = shape
        plane = shape[2] * shape[3]
    }

    /// Elements of one channel in the whole batch.
    var count: Int { shape[0] * plane }

    /// Calls `body` with the flat index of every element of `channel`.
    @inline(__always)
    func run(_ channel: Int, _ body: (Int) -> Void) {
        for n in 0..<shape[0] {
            let start = (n * shape[1] + channel) * plane
            for index in start..<start + plane { body(index) }
        }
    }
}

extension Operator {
    /// Throws unless x is a batch of maps and every named input holds one number for each of its channels.
    func requireChannelNumbers(_ x: Shape, _ named: [(String, Shape)]) throws {
        guard x.rank == 4 else {
            throw Failure(.usage, "\(name) wants maps (N, C, H, W), not \(x)")
        }
        for (role, shape) in named where shape != [x[1]] {
            throw Failure(.usage, "\(role) of \(shape) does not fit the \(x[1]) channels of \(x)")
        }
    }

    /// Throws unless x is a batch of maps.
    func requireMaps(_ x: Shape) throws { try requireChannelNumbers(x, []) }
}
