// Runs every picture of a loader through a runner and hands each answer on, with its label.

import FoveaCollecting
import FoveaLoading
import FoveaMeasures
import FoveaTensorCore

/// What became of a source's pictures.
package struct Measurement: Sendable {
    package var measures: EvaluationMeasures
    /// Pictures that could not be read; they are in no measure.
    package var failures: [PictureFailure]
}

extension InferenceRunner {
    /// Measures the runner on all pictures of `loader`, whose batch size is the runner's. `entries` are the source's.
    ///
    /// `each` is called after every batch with the number of pictures done; returning false ends the loop early and
    /// the answer is nil. `answer` is called for every picture with its index and probabilities.
    package func measure(
        _ loader: BatchLoader, entries: [Entry], classes: [String],
        each: (Int) -> Bool = { _ in true },
        answer: ((Int, UnsafeBufferPointer<Float>) -> Void)? = nil
    ) throws -> Measurement? {
        precondition(loader.batchSize == batchSize, "the loader's batches fit the runner's")
        var result = Measurement(measures: EvaluationMeasures(classes: classes), failures: [])
        var done = 0
        let batch = try loader.batch(at: pixels)
        loader.startInOrder()
        while loader.next(into: batch) {
            let probabilities = try run(count: batch.count)
            for (row, index) in batch.indices.enumerated() where batch.sampleWeights[row] > 0 {
                let own = UnsafeBufferPointer(rebasing: probabilities[(row * classCount)..<((row + 1) * classCount)])
                result.measures.add(probabilities: own, label: entries[index].label)
                answer?(index, own)
            }
            result.failures += batch.failures
            done += batch.count
            guard each(done) else { return nil }
        }
        return result
    }
}
