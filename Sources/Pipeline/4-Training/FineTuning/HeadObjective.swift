// The loss of a head on cached features as a function of its weights, all pictures at once: what L-BFGS minimises. The head is
// compiled like any other training graph, so that one of several layers serves as well; only its update is left out.

import FoveaCompiler
import FoveaGraph
import FoveaModeling
import FoveaTensorCore

/// The mean loss of the head plus half of `decay` times the sum of its squared filters; biases are free.
package final class HeadObjective {
    private let plan: Plan
    private let store: ParameterStore
    private let cache: FeatureCache
    private let classCount: Int
    private let rows: Int
    /// The head's parameters, in the order of `point`.
    private let slots: [ParameterStore.Slot]
    /// What each picture counts in the loss, and their sum, which the loss divides by.
    private let pictureWeights: [Double]
    private let totalWeight: Double
    /// True while the plan's inputs hold the only part of the cache.
    private var holdsAll = false

    /// Bytes of features that one run takes at most; more pictures come in parts.
    private static let partByteCount = 256 << 20

    /// Compiles the head of a network for these features, on the library's thread.
    convenience init(
        _ model: Model, _ cache: FeatureCache, loss: LossConfiguration, library: any KernelLibrary
    ) throws {
        let rows = max(1, min(cache.count, Self.partByteCount / (4 * cache.shape.count)))
        try self.init(
            model.headGraph(batch: rows, loss: loss), cache, classCount: model.configuration.classCount, loss: loss,
            library: library)
    }

    /// Compiles a head from `features` (rows, ...) to `loss` and `probabilities`; more pictures than rows come in parts.
    package init(
        _ head: Graph, _ cache: FeatureCache, classCount: Int, loss: LossConfiguration, library: any KernelLibrary
    ) throws {
        guard let features = head.inputs.first(where: { $0.name == "features" }) else {
            preconditionFailure("a head reads features")
        }
        self.cache = cache
        self.classCount = classCount
        rows = head.shape(features.value)[0]
        let graph = try Compiler.trainingGraph(head) { _ in }
        store = try ParameterStore(graph.parameters)
        slots = store.slots.filter(\.parameter.isTrained)
        plan = try Compiler.plan(graph, isTraining: true, store: store, library: library)
        let classWeights = loss.classWeights ?? [Float](repeating: 1, count: classCount)
        pictureWeights = zip(cache.labels, cache.weights).map { Double(classWeights[$0] * $1) }
        totalWeight = pictureWeights.reduce(0, +)
    }

    /// What the head starts from: its first weights in the order of the slots.
    func start(from other: ParameterStore) -> [Float] {
        slots.flatMap { Array(other.elements($0.parameter.name)) }
    }

    /// Numbers of a point.
    package var pointCount: Int { slots.reduce(0) { $0 + $1.parameter.shape.count } }

    /// Writes a point into the parameters of the same names of another store.
    func write(_ point: [Float], to other: ParameterStore) {
        var offset = 0
        for slot in slots {
            let count = slot.parameter.shape.count
            _ = other.elements(slot.parameter.name).update(fromContentsOf: point[offset..<offset + count])
            offset += count
        }
    }

    /// The objective at a point; writes its slopes.
    package func value(at point: [Float], decay: Double, slopes: inout [Float]) throws -> Double {
        write(point, to: store)
        try plan.refresh()
        for index in slopes.indices { slopes[index] = 0 }
        var value = 0.0
        try eachPart { weight, _ in
            value += Double(plan.output("loss")[0]) * weight
            var offset = 0
            for slot in slots {
                let gradient = plan.gradient(slot.parameter.name)
                for index in 0..<gradient.count { slopes[offset + index] += gradient[index] * Float(weight) }
                offset += gradient.count
            }
        }
        var (offset, squares) = (0, 0.0)
        for slot in slots {
            let count = slot.parameter.shape.count
            if slot.parameter.role.isDecayed {
                for index in offset..<offset + count {
                    squares += Double(point[index]) * Double(point[index])
                    slopes[index] += Float(decay) * point[index]
                }
            }
            offset += count
        }
        return value + decay / 2 * squares
    }

    /// The mean loss at a point without decay, and the part of pictures whose class is found.
    package func score(at point: [Float]) throws -> (loss: Double, accuracy: Double) {
        write(point, to: store)
        try plan.refresh()
        var (loss, right, count) = (0.0, 0.0, 0.0)
        try eachPart { weight, part in
            loss += Double(plan.output("loss")[0]) * weight
            let probabilities = plan.output("probabilities")
            for (row, picture) in part.enumerated() where cache.weights[picture] > 0 {
                let own = probabilities[row * classCount..<(row + 1) * classCount]
                let best = own.indices.max { own[$0] < own[$1] }.map { $0 - own.startIndex }
                right += best == cache.labels[picture] ? 1 : 0
                count += 1
            }
        }
        return (loss, count > 0 ? right / count : 0)
    }

    /// Runs the plan on every part of the cache; `body` is given the part's share of all weight, and its pictures.
    private func eachPart(_ body: (Double, Range<Int>) throws -> Void) throws {
        for first in stride(from: 0, to: cache.count, by: rows) {
            let part = first..<min(first + rows, cache.count)
            if !holdsAll { fill(part) }
            holdsAll = rows == cache.count
            try plan.run()
            let weight = pictureWeights[part].reduce(0, +)
            try body(totalWeight > 0 ? weight / totalWeight : 0, part)
        }
    }

    private func fill(_ part: Range<Int>) {
        let size = cache.shape.count
        let (features, targets, weights) = (plan.input("features"), plan.input("targets"), plan.input("sampleWeights"))
        _ = features.update(fromContentsOf: cache.features[part.lowerBound * size..<part.upperBound * size])
        targets.update(repeating: 0)
        weights.update(repeating: 0)
        for (row, picture) in part.enumerated() {
            targets[row * classCount + cache.labels[picture]] = 1
            weights[row] = cache.weights[picture]
        }
    }
}
