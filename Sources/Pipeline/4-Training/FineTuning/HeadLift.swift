// Of a head that is a 1x1 convolution, a ReLU and a mean (SqueezeNet's), everything but the ReLU commutes with the mean, so it
// is fitted on averaged features as if there were no ReLU. Here its biases are lifted until the ReLU cuts little: of a
// constant added to every class a softmax sees nothing, so the network then answers as was fitted. Looks at the validation
// pictures to choose how far; fits nothing.

import FoveaCollecting
import FoveaCompiler
import FoveaGraph
import FoveaLoading
import FoveaModeling
import FoveaTensorCore
import Foundation

/// Lifts the biases of a head.
enum HeadLift {
    /// Validation pictures that are looked at, and numbers that are kept of them, at most.
    private static let (pictureCount, numberCount) = (1000, 4_000_000)
    /// Parts of all responses that may lie below the ReLU; the validation loss chooses. Higher biases are rounded more coarsely.
    private static let shares = [0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.003, 0.001, 0]

    /// Lifts the head in `store`, on the library's thread; the report with the validation scores that it then has. Nil if
    /// `goesOn` said no.
    static func run(
        _ model: Model, store: ParameterStore, on source: any Source, _ settings: FeatureSettings,
        library: any KernelLibrary, report: HeadReport?, goesOn: () -> Bool
    ) throws -> HeadReport? {
        guard let seen = try responses(model, store: store, on: source, settings, library: library, goesOn: goesOn),
            !seen.labels.isEmpty
        else { return nil }
        let sorted = seen.values.sorted()
        var best: (lift: Float, score: (loss: Double, accuracy: Double))?
        for share in shares {
            let lift = max(0, -sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))])
            let score = seen.score(lift: lift)
            if best.map({ score.loss < $0.score.loss }) ?? true { best = (lift, score) }
        }
        guard let best, var report else { return report }
        let biases = store.elements((model.head / "bias").path)
        for index in biases.indices { biases[index] += best.lift }
        (report.validationLoss, report.validationAccuracy) = best.score
        return report
    }

    /// What the head's layer says of the validation pictures at every place.
    private static func responses(
        _ model: Model, store: ParameterStore, on source: any Source, _ settings: FeatureSettings,
        library: any KernelLibrary, goesOn: () -> Bool
    ) throws -> Responses? {
        let count = source.entries.count
        let batchSize = min(count, model.usualBatchSize(settings.precision))
        let raw = try model.responseGraph(batch: batchSize)
        let graph = Compiler.inferenceGraph(raw, precision: settings.precision)
        let plan = try Compiler.plan(graph, isTraining: false, store: store, library: library)
        let loader = try BatchLoader(
            source: source, classCount: model.configuration.classCount, batchSize: batchSize,
            preprocessing: settings.preprocessing, threads: settings.loaderThreads)
        let (batch, responses) = (try loader.batch(at: plan.input("x")), plan.output("responses"))
        let size = responses.count / batchSize
        var seen = Responses(classCount: model.configuration.classCount, size: size)
        let limit = max(batchSize, min(pictureCount, numberCount / size))
        let step = (count + limit - 1) / limit
        loader.start(epoch: 0, order: Array(stride(from: 0, to: count, by: step)))
        while loader.next(into: batch) {
            try plan.run()
            for (row, index) in batch.indices.enumerated() where batch.sampleWeights[row] > 0 {
                seen.labels.append(source.entries[index].label)
                seen.values += responses[row * size..<(row + 1) * size]
            }
            guard goesOn() else { return nil }
        }
        return seen
    }
}

/// The responses of some pictures.
private struct Responses {
    let classCount: Int
    /// Numbers of a picture: classes times places.
    let size: Int
    var labels: [Int] = []
    /// (N, classes, places)
    var values: [Float] = []

    init(classCount: Int, size: Int) { (self.classCount, self.size) = (classCount, size) }

    /// The mean loss and the part of the pictures whose class is found, with so much added before the ReLU.
    func score(lift: Float) -> (loss: Double, accuracy: Double) {
        let places = size / classCount
        var (loss, right) = (0.0, 0)
        for (picture, label) in labels.enumerated() {
            let logits = (0..<classCount).map { c in
                let first = picture * size + c * places
                var sum: Float = 0
                for place in first..<first + places { sum += max(0, values[place] + lift) }
                return Double(sum) / Double(places)
            }
            let largest = logits.max() ?? 0
            loss += largest - logits[label] + log(logits.reduce(0) { $0 + exp($1 - largest) })
            if logits.firstIndex(of: largest) == label { right += 1 }
        }
        return (loss / Double(labels.count), Double(right) / Double(labels.count))
    }
}
