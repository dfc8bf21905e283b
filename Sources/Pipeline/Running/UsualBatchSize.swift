// How many pictures go through a network at a time when many are asked. Kernels like large batches, but where a network
// multiplies little for each byte that it moves, as those of depthwise convolutions do, values must stay in the cache from
// one step to the next: then small batches are faster.

import FoveaCompiler
import FoveaGraph
import FoveaModeling
import FoveaTensorCore

extension LoadedModel {
    /// Pictures a batch when many are asked.
    package var usualBatchSize: Int {
        model.usualBatchSize(card.quantization != nil ? nil : Precision(rawValue: card.precision) ?? .f32)
    }
}

extension Model {
    /// Multiply-adds for each number that a step reads or writes, below which memory decides. ResNet-50 has about 180 of them,
    /// MobileNetV2 22.
    private static let fewestMultiplyAdds = 64
    /// Bytes of a step's tensors that are meant to stay in the last cache: three quarters of the 32 MB that were there when
    /// MobileNetV2 at 224 px was fastest with batches of 4 in f32 and 8 in bf16 (1.47 and 1.16 x as fast as with 32).
    private static let cachedByteCount = 24 << 20
    private static let smallPicture = 64

    /// Pictures a batch when many are asked, computed in this precision; nil for eight bits.
    package func usualBatchSize(_ precision: Precision?) -> Int {
        let most = max(configuration.height, configuration.width) <= Self.smallPicture ? 128 : 32
        guard let graph = try? Compiler.inferenceGraph(inferenceGraph(batch: 1)) else { return most }
        // What depends on the pictures, as weights and what is folded into them do not.
        var moving = Set(graph.inputs.map(\.value))
        var (elements, largest) = (0, 0)
        for node in graph.nodes where !moving.isDisjoint(with: node.inputs) {
            moving.formUnion(node.outputs)
            let count = (node.inputs.filter(moving.contains) + node.outputs).reduce(0) { $0 + graph.shape($1).count }
            elements += count
            largest = max(largest, count)
        }
        guard graph.multiplyAdds < Self.fewestMultiplyAdds * elements else { return most }
        let bytes = largest * (precision.map { $0 == .bf16 ? 2 : 4 } ?? 1)
        var batch = 1
        while batch < most && 2 * batch * bytes <= Self.cachedByteCount { batch *= 2 }
        return batch
    }
}
