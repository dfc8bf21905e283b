// Measures what a network does a second on this machine: the plan that trains, the one that serves, from its compilation to
// the slowest of its runs. Inputs lie in memory already; loading pictures is measured elsewhere.

import FoveaCompiler
import FoveaModeling
import FoveaTensorCore
import Foundation

/// The arithmetic that a network is measured in.
package enum BenchPrecision: String, Sendable, Codable, CaseIterable {
    case f32, bf16
    /// Eight bits for all layers but the last; serves, and is not trained.
    case int8

    init(_ precision: Precision) { self = precision == .bf16 ? .bf16 : .f32 }

    /// The arithmetic of all layers that are not in eight bits; nil for what the processor does fastest.
    var ofFloats: Precision? { Precision(rawValue: rawValue) }
}

/// What is measured.
package struct BenchRequest: Sendable {
    package var networks: [String]
    /// Rows and columns; nil for each network's own.
    package var size: Int?
    package var channels = 3
    package var classes: Int?
    package var batchSizes: [Int] = [1, 32]
    /// Empty: what the processor does fastest.
    package var precisions: [BenchPrecision] = []
    package var trains = true
    package var infers = true
    /// Seconds that each plan is run for, at least.
    package var seconds = 2.0

    package init(networks: [String]) { self.networks = networks }
}

/// One plan's figures.
package struct BenchRow: Sendable, Codable, Equatable {
    package let network: String
    /// `training` or `inference`.
    package let work: String
    package let precision: BenchPrecision
    package let channels: Int
    package let size: Int
    package let batch: Int
    /// Whole runs that were measured.
    package let runs: Int
    /// Pictures a second, from the median run.
    package let picturesPerSecond: Double
    /// Seconds of a run: the median, and what nine of ten and 99 of 100 stay below.
    package let median: Double
    package let percentile90: Double
    package let percentile99: Double
    /// Two operations for each multiply-add of the median run; those of Winograd's algorithm counted as direct ones.
    package let operationsPerSecond: Double
    /// Making the plan: layouts, memory and every kernel.
    package let compileSeconds: Double
    /// The first run, which touches all memory.
    package let firstRunSeconds: Double
    /// From the network's name to the end of its first run: graph, weights, plan and that run.
    package let startSeconds: Double
    /// The plan's activations and scratch memory.
    package let arenaBytes: Int
    /// The most memory that the process has held so far.
    package let peakBytes: Int
}

/// Measures networks.
package enum BenchWorkflow {
    /// No plan is run fewer times, or more.
    private static let runRange = 5...2000

    /// Measures one plan after the other and hands each row on. Throws a `Failure` if a network cannot be built this way.
    package static func run(
        _ request: BenchRequest, library: any KernelLibrary, each: (BenchRow) -> Void
    ) throws {
        let precisions =
            request.precisions.isEmpty ? [BenchPrecision(library.fastestPrecision)] : request.precisions
        for name in request.networks {
            let model = try model(name, request)
            for isTraining in [true, false] where isTraining ? request.trains : request.infers {
                for precision in precisions where precision != .int8 || !isTraining {
                    let quantized = precision == .int8 ? try QuantizedBench.network(model, library: library) : nil
                    for batch in request.batchSizes {
                        var plan = PlanRequest(model: model, store: quantized?.store)
                        (plan.batchSize, plan.isTraining) = (batch, isTraining)
                        (plan.precision, plan.quantization) = (precision.ofFloats, quantized?.quantization)
                        let (asked, seconds) = (plan, request.seconds)
                        each(try library.perform { try measure(asked, precision, seconds, library) })
                    }
                }
            }
        }
    }

    /// What a single large convolution and a sum of large tensors reach on this machine, in a precision.
    package static func ceilings(_ precision: Precision, library: any KernelLibrary) throws -> Ceilings {
        try library.perform { try MachineCeilings.measure(precision, library: library) }
    }

    private static func model(_ name: String, _ request: BenchRequest) throws -> Model {
        let architecture = try Registry.architecture(name)
        let side = request.size ?? architecture.nominalSize
        return try Model(
            ModelConfiguration(
                architecture: architecture.name, channels: request.channels, height: side, width: side,
                classCount: request.classes ?? (side <= 64 ? 10 : 1000)))
    }

    private static func measure(
        _ request: PlanRequest, _ precision: BenchPrecision, _ seconds: Double, _ library: any KernelLibrary
    ) throws -> BenchRow {
        let clock = ContinuousClock()
        let begun = clock.now
        let (plan, store, compiling) = try PlanWorkflow.compile(request, library)
        PlanWorkflow.fill(plan, request)
        let started = clock.now
        try plan.run()
        let (first, start) = ((clock.now - started).seconds, (clock.now - begun).seconds)
        var times: [Double] = []
        var spent = 0.0
        while times.count < runRange.lowerBound || (spent < seconds && times.count < runRange.upperBound) {
            let start = clock.now
            try plan.run()
            times.append((clock.now - start).seconds)
            spent += times[times.count - 1]
        }
        times.sort()
        func percentile(_ part: Double) -> Double { times[min(times.count - 1, Int(part * Double(times.count)))] }
        let work = plan.program.steps.reduce(0) { $0 + ($1.isConstant ? 0 : $1.multiplyAdds) }
        let configuration = request.model.configuration
        return withExtendedLifetime(store) {
            BenchRow(
                network: configuration.architecture, work: request.isTraining ? "training" : "inference",
                precision: precision, channels: configuration.channels, size: configuration.height,
                batch: request.batchSize, runs: times.count,
                picturesPerSecond: Double(request.batchSize) / percentile(0.5), median: percentile(0.5),
                percentile90: percentile(0.9), percentile99: percentile(0.99),
                operationsPerSecond: 2 * Double(work) / percentile(0.5), compileSeconds: compiling,
                firstRunSeconds: first, startSeconds: start, arenaBytes: plan.arenaByteCount, peakBytes: peakMemory())
        }
    }

    private static func peakMemory() -> Int {
        var usage = rusage()
        #if os(Linux)
            // In KiB; on a Mac in bytes.
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            return usage.ru_maxrss * 1024
        #else
            getrusage(RUSAGE_SELF, &usage)
            return usage.ru_maxrss
        #endif
    }
}
