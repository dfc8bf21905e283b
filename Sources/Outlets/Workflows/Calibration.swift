// Shows pictures of the training split to the network in f32 and keeps what quantisation needs of its answers: the range of
// every value between layers. Which pictures is settled by their number alone.

import FoveaCollecting
import FoveaCompiler
import FoveaEvaluating
import FoveaGraph
import FoveaLoading
import FoveaRunning
import FoveaTensorCore
import Foundation

/// Pictures as the network sees them, kept for several passes.
package struct CalibrationPictures: Sendable {
    /// (count, C, H, W)
    package let pixels: [Float]
    package let count: Int

    /// Pictures that lie in memory. `pixels`: (count, C, H, W).
    init(pixels: [Float], count: Int) {
        self.pixels = pixels
        self.count = count
    }

    /// `count` pictures of a source, evenly spread over it, so that a source that is sorted by class gives some of each.
    init(
        _ source: any Source, classes: [String], count wanted: Int, for loaded: LoadedModel, loaderThreads: Int?
    ) throws {
        let known = try RelabelledSource(source, classes: classes, known: loaded.card.classes)
        let total = known.entries.count
        let chosen = min(wanted, total)
        let indices = (0..<chosen).map { $0 * total / chosen }
        let loader = try BatchLoader(
            source: SubsetSource(of: known, indices: indices), classCount: loaded.card.classes.count,
            batchSize: min(chosen, loaded.usualBatchSize), preprocessing: loaded.card.preprocessing,
            threads: loaderThreads ?? ProcessInfo.processInfo.activeProcessorCount)
        let size = loaded.card.preprocessing.count
        var pixels: [Float] = []
        pixels.reserveCapacity(chosen * size)
        loader.forEachInOrder(into: try loader.batch()) { batch in
            for row in 0..<batch.count where batch.sampleWeights[row] > 0 {
                pixels += batch.pixels[row * size..<(row + 1) * size]
            }
        }
        self.pixels = pixels
        self.count = pixels.count / max(1, size)
        guard self.count > 0 else {
            throw Failure(.data, "none of \(chosen) training pictures can be read", advice: "Look at the data set.")
        }
    }

    /// Hands the pictures over in batches, the last one with what is left: first element and number.
    func forEachBatch(_ size: Int, _ body: (UnsafeBufferPointer<Float>, Int) throws -> Void) rethrows {
        try pixels.withUnsafeBufferPointer { pixels in
            let sample = pixels.count / count
            for start in stride(from: 0, to: count, by: size) {
                let end = min(count, start + size)
                try body(UnsafeBufferPointer(rebasing: pixels[start * sample..<end * sample]), end - start)
            }
        }
    }
}

/// The ranges of a network's values.
struct Calibration: Sendable {
    private let histograms: [(name: String, histogram: ActivationHistogram)]

    /// Pictures a run: every value of the network is kept in memory at once.
    private static let batchSize = 8

    /// Runs the network in f32 on all pictures.
    init(_ loaded: LoadedModel, _ pictures: CalibrationPictures, library: any KernelLibrary) throws {
        histograms = try library.perform {
            let batch = min(Self.batchSize, pictures.count)
            var graph = try loaded.model.inferenceGraph(batch: batch)
            let values = Compiler.inferenceGraph(graph).valuesToCalibrate()
            // Nothing is fused here, so that every value exists; values keep their ids through all passes.
            for (name, value) in values { graph.outputs.append(.init(name: "value " + name, value: value)) }
            let plan = try Compiler.plan(graph, isTraining: false, store: loaded.store, library: library)
            var histograms = values.map { (name: $0.name, histogram: ActivationHistogram()) }
            try pictures.forEachBatch(batch) { pixels, count in
                let input = plan.input("x")
                _ = input.update(from: pixels)
                input[pixels.count...].update(repeating: 0)
                try plan.run()
                for index in histograms.indices {
                    let output = plan.output("value " + histograms[index].name)
                    histograms[index].histogram.add(
                        UnsafeBufferPointer(rebasing: output[..<(output.count / batch * count)]))
                }
            }
            return histograms
        }
    }

    /// How every value is written under a rule, in the order of the network.
    func activations(_ rule: RangeRule) -> [(name: String, quantization: Quantization)] {
        histograms.map { ($0.name, $0.histogram.quantization(rule)) }
    }
}
