// What the backbone makes of every picture, computed once with the plan that serves and kept: the head then trains on these
// numbers in seconds. Pictures are not augmented here, so the numbers are those that evaluation and prediction will see.

import FoveaCollecting
import FoveaCompiler
import FoveaGraph
import FoveaLoading
import FoveaModeling
import FoveaPreprocessing
import FoveaRunning
import FoveaTensorCore
import Foundation

/// The features of a source's pictures.
package struct FeatureCache: Sendable {
    /// Shape of one picture's features, such as (1280), or (512, 13, 13) where the head is a convolution.
    package let shape: Shape
    /// (N, shape), zeros for pictures that could not be read.
    package var features: [Float]
    /// (N): the class of each picture.
    package let labels: [Int]
    /// (N): the weight of each picture, 0 for those that could not be read.
    package var weights: [Float]
    package var failures: [PictureFailure]

    package var count: Int { labels.count }

    package init(shape: Shape, features: [Float], labels: [Int], weights: [Float]) {
        precondition(features.count == labels.count * shape.count && weights.count == labels.count)
        (self.shape, self.features, self.labels, self.weights, failures) = (shape, features, labels, weights, [])
    }

    /// The part of the machine's memory that features may take.
    private static let memoryShare = 4

    /// Throws a `Failure` of kind `.usage` if the features of so many pictures would not fit in memory.
    static func check(_ model: Model, pictures: Int) throws -> Shape {
        let graph = try model.backboneGraph(batch: 1)
        guard let value = graph.output("features") else { preconditionFailure("a backbone gives features") }
        let shape = Shape(Array(graph.shape(value).dimensions.dropFirst()))
        let (bytes, limit) = (shape.count * pictures * 4, Int(ProcessInfo.processInfo.physicalMemory) / memoryShare)
        guard bytes <= limit else {
            throw Failure(
                .usage,
                "\(pictures) pictures have \(bytes >> 20) MB of features \(shape) before the head of "
                    + "\(model.configuration.architecture), and \(limit >> 20) MB may be kept",
                advice: "Say --fine-tune full, or take a network that pools before its last layer.")
        }
        return shape
    }

    /// Runs the backbone over a source, on the library's thread. Nil if `goesOn` said no; it is told how many pictures are
    /// done.
    static func compute(
        _ model: Model, store: ParameterStore, on source: any Source, _ settings: FeatureSettings,
        library: any KernelLibrary, goesOn: (Int) -> Bool
    ) throws -> FeatureCache? {
        let entries = source.entries
        let shape = try check(model, pictures: entries.count)
        let batchSize = min(entries.count, model.usualBatchSize(settings.precision))
        let graph = Compiler.inferenceGraph(try model.backboneGraph(batch: batchSize), precision: settings.precision)
        let plan = try Compiler.plan(graph, isTraining: false, store: store, library: library)
        let loader = try BatchLoader(
            source: source, classCount: model.configuration.classCount, batchSize: batchSize,
            preprocessing: settings.preprocessing, threads: settings.loaderThreads)
        var cache = FeatureCache(
            shape: shape, features: [Float](repeating: 0, count: entries.count * shape.count),
            labels: entries.map(\.label), weights: [Float](repeating: 0, count: entries.count))
        let (batch, features) = (try loader.batch(at: plan.input("x")), plan.output("features"))
        var done = 0
        loader.startInOrder()
        while loader.next(into: batch) {
            try plan.run()
            for (row, index) in batch.indices.enumerated() where batch.sampleWeights[row] > 0 {
                cache.weights[index] = batch.sampleWeights[row]
                cache.features.withUnsafeMutableBufferPointer {
                    _ = UnsafeMutableBufferPointer(rebasing: $0[index * shape.count..<(index + 1) * shape.count])
                        .update(fromContentsOf: features[row * shape.count..<(row + 1) * shape.count])
                }
            }
            cache.failures += batch.failures
            done += batch.count
            guard goesOn(done) else { return nil }
        }
        return cache
    }
}

/// How pictures reach the backbone.
struct FeatureSettings {
    var preprocessing: Preprocessing
    var precision: Precision
    var loaderThreads: Int
}
