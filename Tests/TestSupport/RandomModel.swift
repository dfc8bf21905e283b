// A model to ask before anything has been trained, for tests of what stands behind training.

import FoveaGraph
import FoveaModelFiles
import FoveaModeling
import FoveaPreprocessing
import FoveaRunning
import FoveaTensorCore

/// LeNet-5 with random weights.
package func randomModel(classes: [String], data: DataRecord? = nil) throws -> LoadedModel {
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
