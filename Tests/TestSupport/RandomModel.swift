// A model to ask before anything has been trained, for tests of what stands behind training.

import FoveaGraph
import FoveaModelFiles
import FoveaModeling
import FoveaPreprocessing
import FoveaRunning
import FoveaTensorCore

/// A network with random weights; gray pictures if they are small.
package func randomModel(
    classes: [String], data: DataRecord? = nil, architecture: String = "lenet5", size: Int = 28
) throws -> LoadedModel {
    let channels = size > 28 ? 3 : 1
    let configuration = ModelConfiguration(
        architecture: architecture, channels: channels, height: size, width: size, classCount: classes.count)
    let store = try ParameterStore(try Model(configuration).inferenceGraph(batch: 1).parameters)
    store.initialize(seed: 3)
    let card = ModelCard(
        architecture: configuration, classes: classes,
        preprocessing: Preprocessing(
            height: size, width: size, channels: channels, cropFraction: 1,
            mean: [Float](repeating: 0.4, count: channels), deviation: [Float](repeating: 0.2, count: channels)),
        data: data, program: "tests")
    return try LoadedModel(ModelFile(card: card, tensors: store.savedTensors()), name: "random.fovea")
}
