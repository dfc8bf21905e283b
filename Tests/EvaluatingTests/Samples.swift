// What the tests of this target share: pictures in memory and a model with random weights.

import FoveaCollecting
import FoveaGraph
import FoveaModelFiles
import FoveaModeling
import FoveaPictures
import FoveaPreprocessing
import FoveaRunning
import FoveaTensorCore
import FoveaTestSupport

/// Little pictures that are there without files; some may be broken.
struct PicturesInMemory: Source {
    var entries: [Entry]
    var broken: Set<Int> = []

    init(labels: [Int]) {
        entries = labels.enumerated().map { Entry(name: "picture \($0)", label: $1) }
    }

    func content(at index: Int) throws -> PictureContent {
        if broken.contains(index) { throw Failure(.data, "broken on purpose") }
        let samples = SyntheticPictures.samples(label: index % 3, number: index, side: 28, channels: 1)
        return .raw(Picture(width: 28, height: 28, channels: 1, pixels: samples))
    }
}

/// LeNet-5 with random weights.
func randomModel(classes: [String], data: DataRecord? = nil) throws -> LoadedModel {
    let configuration = ModelConfiguration(
        architecture: "lenet5", channels: 1, height: 28, width: 28, classCount: classes.count)
    let store = try ParameterStore(try Model(configuration).inferenceGraph(batch: 1).parameters)
    store.initialize(seed: 3)
    let card = ModelCard(
        architecture: configuration, classes: classes,
        preprocessing: Preprocessing(
            height: 28, width: 28, channels: 1, cropFraction: 1, mean: [0.4], deviation: [0.2]),
        data: data, program: "tests")
    return try LoadedModel(ModelFile(card: card, tensors: store.savedTensors()), name: "random.fovea")
}
