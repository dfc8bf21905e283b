// The one loop that validation, evaluation, prediction and export share: pictures go through the inference plan in batches,
// the last one padded, and probabilities come out. What was measured is what is served, because both come through here.

import FoveaCompiler
import FoveaGraph
import FoveaModeling
import FoveaTensorCore

/// A model's inference plan for one batch size. Made and used on the library's thread.
package final class InferenceRunner {
    /// Pictures of a full batch.
    package let batchSize: Int
    /// Classes of an answer.
    package let classCount: Int
    /// The plan, for printing and timing.
    package let plan: Plan
    private let sampleSize: Int

    /// Compiles the inference plan on the parameters in `store`, which must outlive a change of its contents:
    /// call `refresh` after one.
    package init(
        _ model: Model, store: ParameterStore, batchSize: Int, precision: Precision,
        quantization: NetworkQuantization? = nil, library: any KernelLibrary
    ) throws {
        let graph = Compiler.inferenceGraph(
            try model.inferenceGraph(batch: batchSize), precision: precision, quantization: quantization)
        plan = try Compiler.plan(graph, isTraining: false, store: store, library: library)
        self.batchSize = batchSize
        classCount = model.configuration.classCount
        let shape = model.configuration
        sampleSize = shape.channels * shape.height * shape.width
    }

    /// Takes up changed parameters.
    package func refresh() throws { try plan.refresh() }

    /// Where pictures are to be written before `run`: (batchSize, C, H, W).
    package var pixels: UnsafeMutableBufferPointer<Float> { plan.input("x") }

    /// Runs the first `count` pictures of `pixels`; the others are overwritten by zeros.
    /// Returns their probabilities (count, classes), valid until the next run.
    package func run(count: Int) throws -> UnsafeBufferPointer<Float> {
        precondition(count > 0 && count <= batchSize, "\(count) pictures in a batch of \(batchSize)")
        pixels[(count * sampleSize)...].update(repeating: 0)
        try plan.run()
        return UnsafeBufferPointer(rebasing: plan.output("probabilities")[..<(count * classCount)])
    }

    /// Copies `count` pictures in and runs them.
    package func run(_ pictures: UnsafeBufferPointer<Float>, count: Int) throws -> UnsafeBufferPointer<Float> {
        guard let source = pictures.baseAddress, let target = pixels.baseAddress else {
            return UnsafeBufferPointer(start: nil, count: 0)
        }
        target.update(from: source, count: count * sampleSize)
        return try run(count: count)
    }
}
