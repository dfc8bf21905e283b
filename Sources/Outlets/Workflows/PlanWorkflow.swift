// The plan that a network gets on a kernel library, for looking at and for timing. Compiles exactly what training or
// prediction would; the weights are random where there is no model file.

import Dispatch
import FoveaCompiler
import FoveaGraph
import FoveaModeling
import FoveaOperators
import FoveaRunning
import FoveaTensorCore
import FoveaTraining

/// Which plan to look at.
package struct PlanRequest: Sendable {
    /// The network, and its weights where they were read from a file.
    package var model: Model
    package var store: ParameterStore?
    /// The layers that compute in eight bits.
    package var quantization: NetworkQuantization?
    package var batchSize = 1
    /// The plan of a training step instead of the one that serves.
    package var isTraining = false
    /// The arithmetic; nil for what the processor does fastest.
    package var precision: Precision?
    /// The plan of a training step in less memory.
    package var savesMemory = false
    /// Of a training step: the rule of the updates, patterns of frozen parameters, and the statistics of norms.
    package var optimizer = TrainingConfiguration.OptimizerName.sgd
    package var freeze: [String] = []
    package var norms = TrainingConfiguration.NormStatistics.batch
    /// Runs to measure; 0 measures nothing.
    package var runs = 0

    package init(model: Model, store: ParameterStore? = nil) {
        self.model = model
        self.store = store
    }
}

/// Compiles and times plans.
package enum PlanWorkflow {
    /// Runs before the first that counts.
    private static let warmUp = 3

    /// The same network in eight bits but for its last layer, with random weights: what it costs does not depend on them.
    package static func inEightBits(_ request: PlanRequest, library: any KernelLibrary) throws -> PlanRequest {
        let quantized = try QuantizedBench.network(request.model, library: library)
        var request = request
        (request.store, request.quantization) = (quantized.store, quantized.quantization)
        return request
    }

    /// The plan as text, line by line.
    package static func describe(_ request: PlanRequest, library: any KernelLibrary) throws -> [String] {
        try library.perform {
            let (plan, store, _) = try compile(request, library)
            guard request.runs > 0 else { return PlanPrinter(plan).lines }
            let times = try measure(plan, request, library)
            return withExtendedLifetime(store) {
                PlanPrinter(plan, seconds: times.steps, total: times.total, ceilings: times.ceilings).lines
            }
        }
    }

    /// The plan as numbers.
    package static func report(_ request: PlanRequest, library: any KernelLibrary) throws -> PlanReport {
        try library.perform {
            let (plan, store, _) = try compile(request, library)
            let times = request.runs > 0 ? try measure(plan, request, library) : nil
            return withExtendedLifetime(store) { PlanReport(plan, request, times, library: library) }
        }
    }

    /// Medians of some runs, and what the machine can do at most.
    private static func measure(
        _ plan: Plan, _ request: PlanRequest, _ library: any KernelLibrary
    ) throws -> PlanTimes {
        fill(plan, request)
        let (seconds, total) = try measure(plan, runs: request.runs)
        let ceilings = try MachineCeilings.measure(
            request.precision ?? library.fastestPrecision, eightBits: request.quantization != nil, library: library)
        return PlanTimes(steps: seconds, total: total, ceilings: ceilings)
    }

    /// The plan, the store that must be kept with it, and the seconds that making the plan took.
    static func compile(
        _ request: PlanRequest, _ library: any KernelLibrary
    ) throws -> (plan: Plan, store: ParameterStore, seconds: Double) {
        let precision = request.precision ?? library.fastestPrecision
        let graph: Graph
        if request.isTraining {
            var settings = TrainingConfiguration(model: request.model.configuration.architecture, size: 1)
            settings.optimizer = request.optimizer
            let forward = try request.model.trainingGraph(batch: request.batchSize, loss: LossConfiguration())
            graph = try Compiler.trainingGraph(
                forward, precision: precision, savesMemory: request.savesMemory,
                freezing: try FrozenNames(request.freeze).freezing(
                    of: forward.parameters, fixesNorms: request.norms == .fixed)
            ) {
                $0.appendUpdates(settings.rule, weightDecay: settings.weightDecay)
            }
        } else {
            graph = Compiler.inferenceGraph(
                try request.model.inferenceGraph(batch: request.batchSize), precision: precision,
                quantization: request.quantization)
        }
        let store: ParameterStore
        if let given = request.store, !request.isTraining {
            store = given
        } else {
            store = try ParameterStore(graph.parameters)
            store.initialize(seed: 0)
        }
        let start = ContinuousClock.now
        let plan = try Compiler.plan(graph, isTraining: request.isTraining, store: store, library: library)
        return (plan, store, (ContinuousClock.now - start).seconds)
    }

    /// Pixels like those of normalised pictures; of a training step, every picture of class 0 and no change of weights.
    static func fill(_ plan: Plan, _ request: PlanRequest) {
        let pixels = plan.input("x")
        let count = pixels.count / request.batchSize
        // Each picture by itself, so that all cores draw.
        nonisolated(unsafe) let pictures = pixels
        DispatchQueue.concurrentPerform(iterations: request.batchSize) { row in
            var stream = RandomStream(seed: 0, purpose: .testing, sample: row)
            stream.fill(UnsafeMutableBufferPointer(rebasing: pictures[row * count..<(row + 1) * count]), normal: 1)
        }
        guard request.isTraining else { return }
        let targets = plan.input("targets")
        targets.update(repeating: 0)
        for row in stride(from: 0, to: targets.count, by: request.model.configuration.classCount) { targets[row] = 1 }
        plan.input("sampleWeights").update(repeating: 1)
        plan.input("rate")[0] = 0
        if plan.hasInput("step") { plan.input("step")[0] = 1 }
        if plan.hasInput("random") { plan.input("random").update(repeating: 0) }
    }

    /// The median seconds of each step, and of a whole run without the clock between steps.
    private static func measure(_ plan: Plan, runs: Int) throws -> (steps: [Double], total: Double) {
        let clock = ContinuousClock()
        for _ in 0..<warmUp { try plan.run() }
        var steps = [[Double]](repeating: [], count: plan.program.steps.count)
        var totals: [Double] = []
        for _ in 0..<runs {
            var seconds = [Double](repeating: 0, count: steps.count)
            try plan.run(timing: &seconds)
            for (position, time) in seconds.enumerated() { steps[position].append(time) }
            let start = clock.now
            try plan.run()
            totals.append(Double((clock.now - start) / .nanoseconds(1)) * 1e-9)
        }
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        return (steps.map(median), median(totals))
    }
}
