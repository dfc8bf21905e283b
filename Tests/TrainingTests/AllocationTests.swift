// Our code allocates nothing on the engine thread in a training step once two have been made: whole runs of the trainer,
// under a malloc that counts. A library between the trainer and oneDNN notes the count whenever a plan computes its loss.
// What oneDNN allocates while it executes a primitive is left out: it makes a map of the arguments at every call.

import CAllocationCounter
import FoveaCollecting
import FoveaCompiler
import FoveaModeling
import FoveaOneDNNBackend
import FoveaOperators
import FoveaPictures
import FoveaPreprocessing
import FoveaTensorCore
import FoveaTestSupport
import FoveaTraining
import Testing

/// How many blocks our code had asked for on the engine thread, each time a loss was computed.
private final class AllocationLog: @unchecked Sendable {
    // @unchecked: written on the engine thread only, read when the run has ended.

    private(set) var notes: [Int] = []

    init() { notes.reserveCapacity(1000) }

    /// Forgets the steps so far.
    func clear() { notes.removeAll(keepingCapacity: true) }

    func note() { notes.append(fovea_allocations() - fovea_allocations_within_onednn()) }
}

/// A kernel that makes a note before it runs.
private final class LoggingKernel: Kernel {
    private let kernel: any Kernel
    private let log: AllocationLog

    init(_ kernel: any Kernel, _ log: AllocationLog) {
        self.kernel = kernel
        self.log = log
    }

    func run() throws {
        log.note()
        try kernel.run()
    }
}

/// oneDNN, with a log.
private final class LoggingLibrary: KernelLibrary {
    private let library: OneDNNLibrary
    private let log: AllocationLog

    init(_ log: AllocationLog) throws {
        library = try OneDNNLibrary()
        self.log = log
    }

    var name: String { library.name }
    var fastestPrecision: Precision { library.fastestPrecision }
    var multipliesBF16: Bool { library.multipliesBF16 }
    var threadCount: Int { library.threadCount }

    func propose(_ request: KernelRequest) throws -> KernelProposal {
        var proposal = try library.propose(request)
        guard request.operator is SoftmaxCrossEntropy else { return proposal }
        let bind = proposal.bind
        proposal.bind = { [log] in LoggingKernel(try bind($0), log) }
        return proposal
    }

    func proposeReorder(from: TensorFormat, to: TensorFormat) throws -> KernelProposal {
        try library.proposeReorder(from: from, to: to)
    }

    func perform<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        try library.perform(body)
    }

    func perform<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await library.perform(body)
    }
}

/// Empties the log when the run has been rehearsed, so that the first note is of the first step.
private struct Starter: TrainingObserver {
    let log: AllocationLog

    func receive(_ event: TrainingEvent) {
        if case .ready = event { log.clear() }
    }
}

/// Pictures without files.
private struct MadePictures: Source {
    let entries: [Entry]
    private let pictures: [Picture]

    init(count: Int, side: Int) {
        entries = (0..<count).map { Entry(name: "made[\($0)]", label: $0 % 3) }
        pictures = entries.enumerated().map { number, entry in
            Picture(
                width: side, height: side, channels: 1,
                pixels: SyntheticPictures.samples(label: entry.label, number: number, side: side, channels: 1))
        }
    }

    func content(at index: Int) -> PictureContent { .raw(pictures[index]) }
}

@Suite(.serialized) struct AllocationTests {
    @Test(
        .enabled(if: fovea_counts_allocations() != 0, "malloc can be replaced with glibc only"),
        arguments: ["smallcnn", "plaincnn"])
    func `after the second step of a run our code allocates nothing on the engine thread`(_ network: String) throws {
        let (batch, steps, side) = (8, 104, 28)
        var configuration = TrainingConfiguration(model: network, size: side)
        configuration.epochs = 1
        configuration.batchSize = batch
        configuration.learningRate = 0.01
        let task = TrainingTask(
            model: try Model(
                ModelConfiguration(architecture: network, channels: 1, height: side, width: side, classCount: 3)),
            classes: ["a", "b", "c"], training: MadePictures(count: batch * steps, side: side),
            validation: MadePictures(count: batch, side: side),
            preprocessing: Preprocessing(
                height: side, width: side, channels: 1, cropFraction: 1, mean: [0.5], deviation: [0.5]),
            configuration: configuration, loaderThreads: 2)
        let log = AllocationLog()
        let result = try Trainer.run(
            task, library: LoggingLibrary(log), stop: StopSignal(), observers: [Starter(log: log)])
        #expect(result.reason == .finished && result.trouble == nil)
        try #require(log.notes.count == steps)
        // 100 steps, from within the third: batches taken and given back, plans run, losses accounted, reports made.
        let (first, last) = (log.notes[2], log.notes[102])
        #expect(last - first == 0)
        #expect(first > 0)  // the notes are of the thread that made the plans
    }
}
