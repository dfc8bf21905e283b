// What the tests of this target share: a folder with splits that a small network learns, and a request to train on it.

import FoveaCollecting
import FoveaOneDNNBackend
import FoveaTensorCore
import FoveaTestSupport
import FoveaTraining
import FoveaWorkflows
import Foundation

/// A folder of little pictures and a place for the model.
struct TrainingGround {
    static let classes = ["ant", "bee", "fly"]
    let folder: TemporaryFolder
    var data: String { folder.path + "/data" }
    var model: String { folder.path + "/out/model.fovea" }

    /// Pictures a class: 24 to train, 10 to validate, 6 to test.
    init(test: Bool = true) throws {
        folder = try TemporaryFolder()
        folder.folder("out")
        try SyntheticPictures.write(24, classes: Self.classes, in: folder, below: "data/train/")
        try SyntheticPictures.write(10, classes: Self.classes, in: folder, below: "data/validation/", from: 100)
        if test { try SyntheticPictures.write(6, classes: Self.classes, in: folder, below: "data/test/", from: 200) }
    }

    /// LeNet-5 for two epochs.
    func request(epochs: Int = 2) -> TrainingRequest {
        var request = TrainingRequest(data: data, output: model)
        request.overrides.model = "lenet5"
        request.overrides.size = 28
        request.overrides.epochs = epochs
        request.overrides.batchSize = 8
        request.overrides.learningRate = 0.01
        request.loaderThreads = 2
        return request
    }

    /// What lies in the folder of models.
    var written: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/out")) ?? []).sorted()
    }
}

/// Trains with one kernel thread and says nothing.
func train(
    _ request: TrainingRequest, stop: StopSignal = StopSignal(), observers: [any TrainingObserver] = [],
    tell: (TrainingNotice) -> Void = { _ in }
) throws -> TrainingOutcome {
    try TrainingWorkflow.run(
        request, stop: stop, observers: observers, makeLibrary: { _ in try OneDNNLibrary(threads: 1) }, tell: tell)
}

/// Calls a closure with every event.
struct Watcher: TrainingObserver {
    let body: @Sendable (TrainingEvent) -> Void
    func receive(_ event: TrainingEvent) { body(event) }
}
