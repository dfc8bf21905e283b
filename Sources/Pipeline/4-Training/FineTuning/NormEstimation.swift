// Gives norms that do nothing their work back. Weights that were exported for inference often have their batch norms folded
// into the convolutions: running means of 0, variances and scales of 1, shifts that are the convolutions' biases. Training
// with the batch's statistics would change what such a network computes from the first step on. Here each norm gets the
// statistics of what really enters it, and the scale and shift that undo them: the network computes the same as before, and
// can be trained like any other.

import FoveaCollecting
import FoveaCompiler
import FoveaGraph
import FoveaLoading
import FoveaModeling
import FoveaPreprocessing
import FoveaTensorCore

/// Looks for norms that were folded away, and measures them anew.
package enum NormEstimation {
    /// Pictures that statistics are taken from. One picture gives a channel of the deepest maps 49 numbers.
    static let pictureCount = 512
    /// Pictures a run: all maps of a network are kept.
    private static let batchSize = 16
    /// How far from 0 and 1 the numbers of a norm that does nothing may lie; its variance may be short of epsilon.
    private static let tolerance: Float = 1e-3

    /// True if the network has norms and every one of them only shifts.
    package static func isNeeded(_ model: Model, store: ParameterStore) throws -> Bool {
        guard let (_, norms) = MeasureNorms.apply(try model.inferenceGraph(batch: 1)) else { return false }
        func all(_ name: String, near value: Float) -> Bool {
            store.elements(name).allSatisfy { ($0 - value).magnitude <= tolerance }
        }
        return norms.allSatisfy {
            all($0.mean, near: 0) && all($0.variance, near: 1) && all($0.scale, near: 1)
        }
    }

    /// Measures the norms on some training pictures and rewrites their parameters in `store`, on the library's thread.
    /// Returns the number of pictures looked at.
    package static func run(
        _ model: Model, store: ParameterStore, on source: any Source, preprocessing: Preprocessing, loaderThreads: Int,
        seed: UInt64, library: any KernelLibrary, goesOn: () -> Bool
    ) throws -> Int {
        let entries = source.entries.count
        let batch = min(batchSize, entries)
        guard let (graph, norms) = MeasureNorms.apply(try model.inferenceGraph(batch: batch)) else { return 0 }
        let plan = try Compiler.plan(graph, isTraining: false, store: store, library: library)
        let loader = try BatchLoader(
            source: source, classCount: model.configuration.classCount, batchSize: batch,
            preprocessing: preprocessing, threads: loaderThreads)
        var moments = norms.map { Moments(channels: $0.channels) }
        var looked = 0
        // Whole batches of pictures drawn at random: a source's order is often that of its classes.
        let order = epochOrder(count: entries, seed: seed, epoch: 0).prefix(max(batch, min(pictureCount, entries)))
        loader.start(epoch: 0, order: Array(order.prefix(order.count / batch * batch)))
        let pictures = try loader.batch(at: plan.input("x"))
        while goesOn(), loader.next(into: pictures) {
            guard pictures.failures.isEmpty else { continue }
            try plan.run()
            for (index, norm) in norms.enumerated() {
                moments[index].add(
                    means: plan.output(norm.meanOutput), variances: plan.output(norm.varianceOutput), count: norm.count)
            }
            looked += pictures.count
        }
        guard looked > 0 else { return 0 }
        for (norm, moments) in zip(norms, moments) { rewrite(norm, moments, store) }
        return looked
    }

    /// y = s (x - m) / sqrt(v + e) + b stays the same function of x when m and v change.
    private static func rewrite(_ norm: MeasureNorms.Norm, _ moments: Moments, _ store: ParameterStore) {
        let (scale, shift) = (store.elements(norm.scale), store.elements(norm.shift))
        let (mean, variance) = (store.elements(norm.mean), store.elements(norm.variance))
        for c in 0..<norm.channels {
            let slope = Double(scale[c]) / (Double(variance[c]) + Double(norm.epsilon)).squareRoot()
            let newVariance = moments.squares[c] / max(1, moments.count - 1)
            shift[c] += Float(slope * (moments.means[c] - Double(mean[c])))
            scale[c] = Float(slope * (newVariance + Double(norm.epsilon)).squareRoot())
            mean[c] = Float(moments.means[c])
            variance[c] = Float(newVariance)
        }
    }
}

/// Mean and squared differences of the numbers of each channel, batches merged (Chan et al. 1979).
private struct Moments {
    var means: [Double]
    var squares: [Double]
    var count = 0.0

    init(channels: Int) {
        means = [Double](repeating: 0, count: channels)
        squares = means
    }

    mutating func add(
        means other: UnsafeMutableBufferPointer<Float>, variances: UnsafeMutableBufferPointer<Float>, count more: Int
    ) {
        let (more, held) = (Double(more), count)
        for c in means.indices {
            let distance = Double(other[c]) - means[c]
            means[c] += distance * more / (held + more)
            squares[c] += Double(variances[c]) * more + distance * distance * held * more / (held + more)
        }
        count += more
    }
}
