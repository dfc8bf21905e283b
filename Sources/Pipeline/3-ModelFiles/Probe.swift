// A few synthetic inputs with the outputs the network gave for them, so that an export, another kernel library or another
// machine can be checked without any picture. The inputs are defined by a seed and are not stored.

import FoveaModeling
import FoveaTensorCore

/// Inputs by seed, and what came out.
package struct Probe: Codable, Sendable, Equatable {
    /// Inputs are drawn from -range ..< range: about what normalised pictures hold.
    package static let range: Float = 2

    /// The seed of the inputs.
    package var seed: UInt64
    /// For each input, the probabilities `(C)`.
    package var outputs: [[Float]]

    package init(seed: UInt64, outputs: [[Float]]) {
        self.seed = seed
        self.outputs = outputs
    }

    /// Input `index` of a seed, (C, H, W), after preprocessing: uniform numbers, which every machine draws alike.
    package static func input(seed: UInt64, index: Int, for model: ModelConfiguration) -> Tensor<Float> {
        var stream = RandomStream(seed: seed, purpose: .testing, sample: index)
        let shape: Shape = [model.channels, model.height, model.width]
        return Tensor(shape, (0..<shape.count).map { _ in stream.uniform(-range, range) })
    }

    /// All inputs, (N, C, H, W).
    package func inputs(for model: ModelConfiguration) -> Tensor<Float> {
        let inputs = outputs.indices.map { Self.input(seed: seed, index: $0, for: model).elements }
        return Tensor([inputs.count, model.channels, model.height, model.width], inputs.flatMap { $0 })
    }
}
