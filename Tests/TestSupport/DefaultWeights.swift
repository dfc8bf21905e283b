// A hub that has the weights which a training on photographs chooses by itself: the true network, untrained.

import FoveaGraph
import FoveaModelFiles
import FoveaModeling
import FoveaTensorCore
import Foundation

extension HubServer {
    /// Serves `reference`, whose network is `network`, at 224 px for 1,000 classes, with the configuration that timm writes.
    package static func weights(of network: String, as reference: String) throws -> HubServer {
        let model = try Model(
            ModelConfiguration(architecture: network, channels: 3, height: 224, width: 224, classCount: 1000))
        let store = try ParameterStore(model.inferenceGraph(batch: 1).parameters)
        store.initialize(seed: 1)
        let folder = try TemporaryFolder()
        let path = folder.path + "/model.safetensors"
        try SafeTensors.write(store.savedTensors(), to: path)
        let name = reference.split(separator: "/").last?.split(separator: ".").first.map(String.init) ?? network
        let configuration = """
            {"architecture": "\(name)", "num_classes": 1000, "pretrained_cfg": {"input_size": [3, 224, 224],
             "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "crop_pct": 0.875, "interpolation": "bicubic",
             "num_classes": 1000, "first_conv": "conv_stem", "classifier": "classifier"}}
            """
        return try HubServer(
            reference,
            files: [
                "config.json": Array(configuration.utf8),
                "model.safetensors": [UInt8](try Data(contentsOf: URL(filePath: path))),
            ])
    }
}
